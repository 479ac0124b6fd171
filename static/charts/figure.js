/* Figures from Python made fit for the page: css colours resolved, and what every chart of the page shares. */
import { resolved } from "../core/colours.js";
/** @import { Json } from "../core/values.js" */

const isObject = part => part && typeof part === "object" && !Array.isArray(part);
const merge = (base, over) => {
  const out = { ...base };
  for (const [key, part] of Object.entries(over || {})) out[key] = isObject(part) ? merge(base[key] || {}, part) : part;
  return out;
};

/** "var(--line-1)" -> the theme's colour, anywhere in the figure; Plotly itself does not read css variables. */
const coloured = part => {
  if (typeof part === "string") return resolved(part);
  if (Array.isArray(part)) return typeof part[0] === "number" && typeof part[1] !== "string" ? part : part.map(coloured);   // long rows of numbers as they are
  return isObject(part) ? Object.fromEntries(Object.entries(part).map(([key, item]) => [key, coloured(item)])) : part;
};

const AXIS = {
  gridcolor: "var(--line)", linecolor: "var(--line-strong)", zeroline: false, separatethousands: true, automargin: true,
  tickfont: { size: 11 }, title: { font: { size: 11 }, standoff: 8 },
};
const HOUSE = {
  autosize: true, showlegend: false, dragmode: "zoom", uirevision: "kept", margin: { l: 34, r: 16, t: 12, b: 36 },
  paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "var(--sans)", size: 11, color: "var(--text-3)" },
  xaxis: { ...AXIS, showgrid: false }, yaxis: AXIS,
  hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--line-strong)", font: { size: 12, color: "var(--text)" } },
  modebar: { bgcolor: "rgba(0,0,0,0)", color: "var(--text-3)", activecolor: "var(--accent)" },
};

/** { data, layout } for `Plotly.react`; the figure's own layout wins over the page's, its width and template do not.
    @typedef {{data?: Json[], layout?: Record<string, Json>}} Figure as Plotly reads it
    @type {(figure: Figure, tall: number) => Required<Figure>} */
export const fitFigure = ({ data = [], layout = {} }, tall) => {
  const whole = merge(HOUSE, layout);
  for (const name of Object.keys(whole)) if (/^[xy]axis\d/.test(name)) whole[name] = merge(AXIS, whole[name]);
  delete whole.width;
  delete whole.template;
  return { data: coloured(data), layout: { ...coloured(whole), height: layout.height || tall } };
};
