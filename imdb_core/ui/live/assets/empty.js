// A page from which everything has gone comes back.

const APP = "IMDB RNN Studio"; // whose pages all have a bar of pages
const LOOK_MS = 1_000;
const EMPTY_LOOKS = 8; // no script that draws takes so long to draw the bar of pages

/**
 * A connection that is cut while a script runs can lose what the script drew and keep its end:
 * then Streamlit takes everything away, and nothing would ever come again.
 */
export function neverStayEmpty() {
  let looks = 0;
  setInterval(() => {
    looks = isEmpty() ? looks + 1 : 0;
    if (looks === EMPTY_LOOKS) location.reload();
  }, LOOK_MS);
}

function isEmpty() {
  const { testScriptState, testConnectionState } = document.querySelector("[data-testid=stApp]")?.dataset ?? {};
  const isAtRest = testScriptState === "notRunning" && testConnectionState === "CONNECTED";
  return isAtRest && document.title.endsWith(APP) && !document.querySelector(".st-key-pages");
}
