/* A figure of ours as one of Plotly's, for a visitor who takes it away. */
import { esc } from "../core/text.js";
/** @import { Json } from "../core/values.js"
    @import { Axis } from "./axis.js"
    @import { Bars, Figure, Line } from "./reading.js" */

const on = ({ log }, value) => log ? Math.log10(Math.max(value, 1e-12)) : value;
const axis = (/** @type {Axis} */ of, reversed = false) => {
  const range = [on(of, of.low), on(of, of.high)];
  const named = of.ticks ? { tickvals: of.ticks.map(([value]) => value), ticktext: of.ticks.map(([, text]) => text) } : {};
  return { title: { text: esc(of.title) }, type: of.log ? "log" : "linear", zeroline: false, automargin: true, range: reversed ? range.reverse() : range, ...named };
};
const trace = (/** @type {Line} */ { name, x, y, colour, width, dash, dots, stairs }) => ({
  type: "scatter", mode: x.length > 1 && !dots ? "lines" : "lines+markers", name: esc(name), x, y,
  line: { color: colour, width: width ?? 1.8, dash: dash || "solid", ...stairs ? { shape: "hvh" } : {} },
  marker: { color: colour, size: 2 * (dots || 4) } });
const spread = (/** @type {Line} */ { name, x, low = [], high = [], colour }) => ({
  type: "scatter", mode: "lines", name: esc(`${name}, spread`), x: [...x, ...[...x].reverse()], y: [...high, ...[...low].reverse()], fill: "toself",
  fillcolor: colour, opacity: .16, line: { width: 0, color: colour }, hoverinfo: "skip", showlegend: false });
/** { data, layout }, with the page's css variables still in its colours.
    @type {(figure: Figure) => {data: Json[], layout: Json}} */
export const asPlotly = ({ x, y, lines = [], bars = [], lying, levels = [], marks = [], cursor, points = [], notes = [] }) => {
  const straight = (along, at, color, dash) => ({ type: "line", line: { color, width: 1.2, dash }, ...along === "x"
    ? { x0: at, x1: at, y0: 0, y1: 1, yref: "paper" } : { y0: at, y1: at, x0: 0, x1: 1, xref: "paper" } });
  const word = (text, place) => ({ text: esc(text), showarrow: false, ...place });
  const top = { yref: "paper", y: 1, yanchor: "bottom" }, side = { xref: "paper", x: 1, xanchor: "right", yanchor: "bottom" };
  const bar = (/** @type {Bars} */ { name, values, errors, colour, said }) => ({
    type: "bar", name: esc(name), [lying ? "x" : "y"]: values, [lying ? "y" : "x"]: values.map((_, i) => i), marker: { color: colour },
    ...lying ? { orientation: "h" } : {}, ...said ? { hovertext: said.map(esc), hoverinfo: "text" } : {},
    ...errors ? { [lying ? "error_x" : "error_y"]: { type: "data", array: errors } } : {} });
  const shown = points.map(([at, value, colour, r]) => ({ type: "scatter", mode: "markers", x: [at], y: [value],
    marker: { color: colour, size: 2 * r }, hoverinfo: "skip", showlegend: false }));
  const corners = { middle: [.5, .5], "upper left": [0, 1], "lower right": [1, 0] };
  const loose = notes.map(([text, place], i) => word(text, typeof place === "string"
    ? { xref: "paper", yref: "paper", x: corners[place][0], y: corners[place][1], yshift: -15 * i }
    : { x: on(x, place[0]), y: on(y, place[1]), yanchor: "top" }));
  return { data: [...lines.filter(line => line.low).map(spread), ...lines.filter(line => line.name).map(trace), ...bars.map(bar), ...shown], layout: {
    xaxis: axis(x), yaxis: axis(y, lying), barmode: "group", hovermode: lying ? "y unified" : "x unified", showlegend: true,
    shapes: [...levels.map(([value]) => straight(lying ? "x" : "y", value, "var(--text-3)", "dot")), ...marks.map(([value]) => straight("x", value, "var(--text-2)", "dot")),
      ...cursor ? [straight("x", cursor[0], "var(--accent)", "solid")] : []],
    annotations: [...levels.map(([value, text]) => word(text, lying ? { ...top, x: on(x, value) } : { ...side, y: on(y, value) })),
      ...marks.map(([value, text]) => word(text, { ...top, x: on(x, value) })), ...cursor?.[1] ? [word(cursor[1], { ...top, x: on(x, cursor[0]) })] : [], ...loose] } };
};
