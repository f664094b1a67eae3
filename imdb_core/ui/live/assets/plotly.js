// Plotly's script, fetched once a browser and version.

let loading;

export function loadPlotly(name) {
  loading ??= load(name).catch((error) => {
    loading = undefined; // so that the next message tries again
    throw error;
  });
  return loading;
}

function load(name) {
  const script = document.createElement("script");
  // Below it: _stcore/bidi-components/…
  script.src = new URL(`../../../api/${name}`, import.meta.url);
  return new Promise((resolve, reject) => {
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error(`${script.src} cannot be had`));
    document.head.append(script);
  }).finally(() => script.remove());
}
