// Loads the scripts of the page's own parts, and does not give up where that fails.
//
// This one comes with the page itself: a server that goes away while the others load would leave
// a page that hears of nothing any more, for a browser asks for a module once.

const ASK_MS = 2_000;
const LEAST_BETWEEN_RELOADS_MS = 30_000;
const RELOADED_AT = "imdb-rnn-studio-reloaded-at";

// Below the address that the pages have: static/js/…
const root = new URL("../../", document.querySelector("script[src*='static/js/']").src);
let isComingBack = false;

export default function (message) {
  let end;
  let isOver = false;
  const address = new URL(`_stcore/bidi-components/${message.data[0].scripts}`, root);
  import(address).then(({ default: receive }) => { if (!isOver) end = receive(message); }, comeBack);
  return () => {
    isOver = true;
    end?.();
  };
}

/** Load the page anew as soon as the server answers. */
async function comeBack(error) {
  if (isComingBack) return;
  isComingBack = true;
  console.warn("A script of this page could not be loaded.", error);
  const since = Date.now() - Number(sessionStorage.getItem(RELOADED_AT));
  await pause(Math.max(LEAST_BETWEEN_RELOADS_MS - since, 0));
  while (!(await answers())) await pause(ASK_MS);
  sessionStorage.setItem(RELOADED_AT, Date.now());
  location.reload();
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function answers() {
  try {
    return (await fetch(new URL("_stcore/health", root), { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
