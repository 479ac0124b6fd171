/* Plotly, for what it alone draws here (sankey.js) and for charts that a visitor takes away: fetched then, once. */
import { cssValue, resolved } from "../core/colours.js";
import { esc } from "../core/text.js";
/** @import { Json } from "../core/values.js" */

const SOURCE = new URL("../plotly.min.js", import.meta.url).href;
let /** @type {Promise<Json> | null} */ library = null;
export const plotly = () => library ??= new Promise((resolve, reject) => {
  const script = Object.assign(document.createElement("script"), { src: SOURCE, async: true });
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { library = null; reject(new Error(`The chart library could not be loaded from ${SOURCE}.`)); };
  document.head.append(script);
});

/** Colours as the theme has them, and the page's own type and paper.
    @type {(figure: {data: Json[], layout: Json}, paper?: string) => {data: Json[], layout: Json}} */
export const themed = ({ data, layout }, paper = "rgba(0,0,0,0)") => {
  const coloured = part => typeof part === "string" ? resolved(part) : Array.isArray(part) ? part.map(coloured)
    : part && typeof part === "object" ? Object.fromEntries(Object.entries(part).map(([key, item]) => [key, coloured(item)])) : part;
  const line = cssValue("--line");
  const axes = Object.fromEntries(["xaxis", "yaxis"].filter(name => layout[name]).map(name => [name, { gridcolor: line, ...layout[name] }]));
  return coloured({ data, layout: { font: { family: cssValue("--sans"), size: 12, color: "var(--text)" }, paper_bgcolor: paper, plot_bgcolor: paper,
    hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--line-strong)", font: { color: "var(--text)" } }, ...layout, ...axes } });
};
/** A page of its own, that needs no network, with the figure to be turned and read.
    @type {(figure: {data: Json[], layout: Json}, title: string) => Promise<string>} */
export const pageOf = async (figure, title) => {
  const script = await (await fetch(SOURCE)).text(), { data, layout } = themed(figure, "var(--page)");
  const json = value => JSON.stringify(value).replaceAll("<", "\\u003c");
  const titled = { ...layout, title: { text: esc(title) } };
  return `<!doctype html><meta charset="utf-8"><title>${esc(title)}</title><body style="margin:0;background:${layout.paper_bgcolor}"><div id="chart" style="height:100vh"></div>
<script>${script}</script><script>Plotly.newPlot("chart", ${json(data)}, ${json(titled)}, { responsive: true, displaylogo: false })</script>`;
};
