/* A picture of ways from one layer to the next, drawn by Plotly, which is fetched when the first is about to be seen. */
import { saveBlob } from "../core/files.js";
import { mount } from "../core/mount.js";
import { fillSlot } from "../core/slots.js";
import { esc, reader, setText } from "../core/text.js";
import { menu } from "../controls/choice.js";
import { pageOf, plotly, themed } from "./plotly.js";
/** @import { Json } from "../core/values.js"
    @import { Make } from "../core/widget.js" */

/** The component: a figure that is Plotly's already. props: title, note, tall (px), slot; value: { fig, said }.
    @type {Make} */
export const sankey = (element, props, trigger, watch) => {
  const node = document.createElement("div"), parse = reader(), name = props.title.toLowerCase().replace(/\W+/g, "-");
  node.className = "plot sankey";
  node.innerHTML = `<div class="pt"><h2>${esc(props.title)}</h2><span>${esc(props.note)}</span><span class="grow"></span><span class="menu"></span></div>
    <div class="chart" role="figure" style="height:${props.tall}px"></div><p class="axt" hidden></p>`;
  const $ = part => node.querySelector(part), chart = $(".chart"), words = $(".axt");
  fillSlot(props.slot, node);
  let /** @type {Json} */ figure = null;
  const save = format => async () => figure?.data && (await plotly()).downloadImage({ ...themed(figure, "var(--page)") },
    { format, filename: name, width: chart.clientWidth, height: props.tall, scale: format === "png" ? 2 : 1 });
  menu($(".menu"), "Export", "down", [["Picture as PNG", save("png")], ["Picture as SVG", save("svg")],
    ["Interactive HTML", async () => figure?.data && saveBlob(new Blob([await pageOf(figure, props.title)], { type: "text/html" }), `${name}.html`)]]);
  const draw = async value => {
    figure = parse("fig", value.fig);
    const drawn = !!figure?.data;
    chart.setAttribute("aria-label", value.said || props.title);
    setText(words, drawn ? "" : value.said);
    [words.hidden, chart.hidden] = [drawn, !drawn];
    if (!drawn) return;
    try {
      const { data, layout } = themed(figure);
      await (await plotly()).react(chart, data, { ...layout, height: props.tall }, { responsive: true, displayModeBar: false });
    } catch (error) { words.hidden = false; setText(words, /** @type {Error} */ (error).message); }
  };
  new ResizeObserver(() => {
    const wide = chart.clientWidth, drawn = chart._fullLayout?.width;
    if (wide && drawn && Math.abs(wide - drawn) > 1) window.Plotly.Plots.resize(chart);
  }).observe(chart);
  mount(element, props, watch, value => { draw(value); });
};
