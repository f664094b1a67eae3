// Making elements.

export function element(tag, name, attributes = {}) {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Only where it differs: a screen reader hears of every change, and a selection would be lost. */
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
