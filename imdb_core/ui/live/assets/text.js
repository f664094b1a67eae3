// Words for Plotly, which takes <b>, <a href>, <br> and &amp; in any text for HTML.

export const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const shorten = (text, most) => {
  const line = text.replace(/\s+/g, " ").trim();
  const letters = Array.from(line);
  return letters.length > most ? `${letters.slice(0, most - 1).join("").trimEnd()}…` : line;
};

/** Escaped, and broken between words into lines of about `most` letters. */
export const wrap = (text, most) => {
  const lines = [""];
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map(escape);
};
