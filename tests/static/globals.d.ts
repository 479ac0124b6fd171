/* What the page has beside what tsc knows of browsers. */
interface Window {
  /** Set by Gradio, where it serves the page. */
  gradio_config?: { root: string };
  /** Set by the chart library, once it has been fetched (charts/plot.js). any: it comes without types. */
  Plotly: any;
}
interface Uint8ArrayConstructor {
  /** In browsers since 2025. */
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}
