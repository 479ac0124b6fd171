/* Weights written into the map's cells, where a cell is large enough to hold them (24 px). */
import { inkOn } from "../core/colours.js";

const LARGE = 24;
/** 0.314 -> ".31", -0.02 -> "−.02", 1.24 -> "1.2". */
const short = weight => (Math.abs(weight) > 0.995 ? String(+weight.toFixed(1)) : weight.toFixed(2).replace("0.", ".")).replace("-", "−");

export const cellNumbers = (canvas, frame, { layer, head }, side) => {
  canvas.hidden = side < LARGE;
  if (canvas.hidden) return;
  const scale = devicePixelRatio || 1, w = side * frame.S, h = side * frame.T, table = frame.scale.table();
  canvas.width = Math.round(w * scale);                               // also wipes the canvas
  canvas.height = Math.round(h * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const font = `11px ${getComputedStyle(document.body).getPropertyValue("--sans")}`;
  Object.assign(context, { font, textAlign: "center", textBaseline: "middle" });
  for (let query = 0; query < frame.T; query++) for (let key = 0; key < frame.S; key++) {
    const weight = frame.weight(layer, head, query, key);
    if (weight === null || Math.abs(weight) < 0.005) continue;
    context.fillStyle = inkOn(table[frame.scale.byte(weight)]);
    context.fillText(short(weight), (key + 0.5) * side, (query + 0.5) * side + 0.5);
  }
};
