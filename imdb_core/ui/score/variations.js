// A text to change: what is typed is sent a moment later, without leaving the box.

const PAUSE_MS = 250;

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector('textarea');
  if (box.dataset.of !== data.of) {
    box.dataset.of = data.of;
    box.value = data.text;
  }
  const send = () => {
    clearTimeout(box.timer);
    box.timer = undefined;
    if (box.value !== box.sent) {
      box.sent = box.value;
      setStateValue('edit', { of: data.of, text: box.value });
    }
  };
  box.oninput = () => {
    clearTimeout(box.timer);
    box.timer = setTimeout(send, PAUSE_MS);
  };
  box.onblur = () => box.timer && send();
}
