/* The numbers of a figure as a table: one row per x, one column per named curve. */
/** @import { Figure } from "./figure.js" */
const MOST = 200;                                                      // rows shown: every n-th beyond that, always the last

const named = (axis, name) => axis?.title?.text || (typeof axis?.title === "string" ? axis.title : "") || name;
const round = value => typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value ?? null;

/** Lying bars stood up.
    @type {(figure: Figure) => Required<Figure>} */
const upright = ({ data = [], layout = {} }) => !data.some(trace => trace.orientation === "h") ? { data, layout }
  : { data: data.map(trace => ({ ...trace, x: trace.y, y: trace.x })), layout: { xaxis: layout.yaxis, yaxis: layout.xaxis } };

export const plotRows = (figure = {}) => {
  const { data, layout } = upright(figure);
  const curves = data.filter(trace => Array.isArray(trace.y) && trace.hoverinfo !== "skip" && (trace.name || data.length === 1));
  if (!curves.length) return { columns: ["nothing to list"], rows: [] };
  const at = new Map();                                                // x -> one value per curve
  curves.forEach((trace, i) => trace.y.forEach((y, k) => {
    const x = trace.x?.[k] ?? k;
    if (!at.has(x)) at.set(x, Array(curves.length).fill(null));
    at.get(x)[i] = round(y);
  }));
  const all = [...at].map(([x, values]) => [round(x), ...values]), every = Math.ceil(all.length / MOST);
  if (typeof all[0]?.[0] === "number") all.sort((a, b) => a[0] - b[0]);
  const columns = [named(layout.xaxis, "x"), ...curves.map(trace => trace.name || named(layout.yaxis, "y"))];
  return { columns, rows: all.filter((_, i) => i % every === 0 || i === all.length - 1) };
};
