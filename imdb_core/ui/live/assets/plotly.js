// Plotly's script, fetched once a browser.

let loading;

export function loadPlotly(version) {
  loading ??= load(version).catch((error) => {
    loading = undefined; // so that the next message tries again
    throw error;
  });
  return loading;
}

async function load(version) {
  // Streamlit sends the file with neither a date nor a lifetime, so a <script src> would
  // fetch its 5 MB on every visit. 'force-cache' takes what the browser has, however old;
  // the version in the address tells one Plotly from the next.
  const url = new URL(`../imdb_rnn_studio.plotly/plotly.min.js?v=${version}`, import.meta.url);
  let response = await fetch(url, { cache: "force-cache" });
  if (!response.ok) response = await fetch(url, { cache: "reload" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await run(await response.blob());
  return window.Plotly;
}

function run(code) {
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  return new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error("Plotly's script does not run"));
    document.head.append(script);
  }).finally(() => {
    URL.revokeObjectURL(script.src);
    script.remove();
  });
}
