// A text to change: what is typed is sent a moment later, without leaving the box.

const PAUSE_MS = 250;

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector('textarea');
  if (box.dataset.of !== data.of) {
    box.dataset.of = data.of;
    box.value = data.text;
  }
  const forget = () => {
    clearTimeout(box.timer);
    box.timer = undefined;
  };
  const send = () => {
    forget();
    if (box.value !== box.sent) {
      box.sent = box.value;
      setStateValue('edit', { of: data.of, text: box.value });
    }
  };
  box.oninput = () => {
    forget();
    box.timer = setTimeout(send, PAUSE_MS);
  };
  box.onblur = () => box.timer && send();
  // A message after 'back' would call the server to the page that is being left.
  addEventListener('popstate', forget);
  return () => removeEventListener('popstate', forget);
}
