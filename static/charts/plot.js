/* Curves and other charts by Plotly, redrawn in place: zoom, hover and the node itself survive every new figure. */
import { cssValue } from "../core/colours.js";
import { mount, mountOf, soon } from "../core/mount.js";
import { fillSlot } from "../core/slots.js";
import { esc, reader, setText } from "../core/text.js";
import { plotRows } from "./figure-table.js";
import { fitFigure } from "./figure.js";
import { tableView } from "./table.js";
/** @import { Json } from "../core/values.js"
    @import { Make, Props } from "../core/widget.js" */

const SVG = {                                                           // beside Plotly's own button for PNG
  name: "svg", title: "Download plot as an SVG", icon: { width: 16, height: 16, path: "M3 2h7l3 3v9H3zM5 9h6v1H5zM5 11h6v1H5z" },
  click: chart => window.Plotly.downloadImage(chart, { format: "svg", filename: "chart" }),
};
/** Save a chart that is drawn as "svg" or "png", as large as it is seen, on the page's paper. */
export const saveChart = ({ data, layout, clientWidth: width, clientHeight: height }, kind, filename) => window.Plotly?.downloadImage(
  { data, layout: { ...layout, paper_bgcolor: cssValue("--page") } }, { format: kind, width, height, scale: kind === "png" ? 2 : 1, filename });
const CONFIG = {
  responsive: true, displaylogo: false, displayModeBar: "hover", modeBarButtons: [["resetScale2d", "toImage", SVG]], doubleClick: "reset",
};
/* Plotly comes in two sizes, each fetched once, when a first chart that needs it is about to be seen. */
const CARTESIAN = new Set(["scatter", "bar", "heatmap"]);               // what the small one can draw, among others
const SOURCES = { small: "../vendor/plotly-cartesian.min.js", whole: "../plotly.min.js" };
const libraries = {};
const fetched = name => libraries[name] ??= new Promise((resolve, reject) => {
  const src = new URL(SOURCES[name], import.meta.url).href;
  const script = Object.assign(document.createElement("script"), { src, async: true });
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { delete libraries[name]; reject(new Error(`The chart library could not be loaded from ${src}.`)); };
  document.head.append(script);
});
const plotly = data => fetched(libraries.whole || data.some(({ type = "scatter" }) => !CARTESIAN.has(type)) ? "whole" : "small");

let line = Promise.resolve();
const painted = () => new Promise(done => soon(() => setTimeout(done)));
/** Charts are drawn one a frame, so that the first is seen before the next is begun. */
const inLine = work => {
  const done = line.then(work);
  line = done.catch(() => {}).then(painted);
  return done;
};

const html = (/** @type {Props} */ { title, note }, tall) => {
  const words = title ? `<h2>${esc(title)}</h2><span>${esc(note)}</span><span class="grow"></span>` : "";
  return `<div class="pt${title ? "" : " bare"}">${words}<button class="b small quiet" data-table aria-pressed="false">Table</button></div>
    <div class="chart" role="figure" style="height:${tall}px"></div><div class="plot-table" hidden></div><p class="bad" hidden></p>`;
};

/** props: title and note (heading above, optional), said (aria-label), tall (px), slot, view.
    @type {Make} */
export const plot = (element, props, trigger, watch) => {
  const node = document.createElement("div"), parse = reader(), tall = props.tall || 260;
  node.className = "plot";
  node.innerHTML = html(props, tall);
  const $ = name => node.querySelector(name), chart = $(".chart"), table = $(".plot-table"), bad = $(".bad"), swap = $("[data-table]");
  const name = (props.title || "chart").toLowerCase().replace(/\W+/g, "-");
  let /** @type {Json} */ newest = null, /** @type {Json} */ latest = null;
  let /** @type {ReturnType<typeof tableView> | null} */ twin = null;
  let busy = false, drawn = "";
  chart.setAttribute("aria-label", props.said || props.title || "chart");
  props.slot ? fillSlot(props.slot, node) : mountOf(element).append(node);

  const drawOne = async value => {
    const figure = parse("fig", value.fig) || {};
    if (twin) return twin.draw({ ...plotRows(figure), name, title: "" });
    const { data, layout } = fitFigure(figure, tall), Plotly = await plotly(data);
    const { shapes = [], annotations = [], ...rest } = layout, curves = JSON.stringify([data, rest]);
    if (curves === drawn) await Plotly.relayout(chart, { shapes, annotations });       // a cursor moved: a tenth of the work
    else await Plotly.react(chart, data, layout, CONFIG);
    drawn = curves;
    chart.style.height = `${layout.height}px`;           // or it would be 0 once Plotly has fitted it to another window
    if (value.said) chart.setAttribute("aria-label", value.said);
  };
  /** One at a time; figures that arrive meanwhile replace one another. */
  const draw = async () => {
    if (busy) return;
    busy = true;
    const next = () => { const value = newest; newest = null; return drawOne(value); };
    while (newest) {
      try { await inLine(next); bad.hidden = true; } catch (error) { bad.hidden = false; setText(bad, /** @type {Error} */ (error).message); }
    }
    busy = false;
  };
  /* Drawn while it was hidden, a chart does not know its width; Plotly itself minds the window alone. */
  new ResizeObserver(() => {
    const wide = chart.clientWidth, drawn = chart._fullLayout?.width;
    if (wide && drawn && Math.abs(wide - drawn) > 1) window.Plotly.Plots.resize(chart);
  }).observe(chart);
  swap.addEventListener("click", () => {
    twin = twin ? null : tableView(table);
    swap.setAttribute("aria-pressed", !!twin);
    table.hidden = !twin;
    chart.hidden = !!twin;
    newest = latest;
    draw();
  });
  mount(element, props, watch, value => { newest = latest = value; draw(); });
};
