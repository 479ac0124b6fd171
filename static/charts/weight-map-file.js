/* The labelled map of one head as PNG, SVG or CSV. */
import { cssColour, penOf } from "../core/colours.js";
import { saveBlob, saveCsv, savePng } from "../core/files.js";
import { num } from "../core/numbers.js";
import { esc } from "../core/text.js";
import { shortGlyph } from "../core/tokens.js";

/** "square-root scale", or where teal and rust stand as well. */
const scaleSaid = ({ signed, name }) => signed ? `${name}: teal −${signed}, paper 0, rust ${signed}` : name;
const CELL = 16, LEFT = 60, TOP = 64, EDGE = 16;

/** The picture as boxes [x, y, w, h, colour] and words [x, y, text, anchor, size, colour], for either kind of file. */
const lay = (frame, { layer, head }) => {
  const colour = name => getComputedStyle(document.body).getPropertyValue(name).trim();
  const ink = colour("--text"), soft = colour("--text-2");
  const table = frame.scale.table(), boxes = [], words = [], info = frame.info[layer * frame.heads + head];
  const w = LEFT + frame.S * CELL + EDGE, h = TOP + frame.T * CELL + EDGE;
  boxes.push([0, 0, w, h, colour("--surface")]);
  for (let query = 0; query < frame.T; query++) for (let key = 0; key < frame.S; key++) {
    const weight = frame.weight(layer, head, query, key);
    boxes.push([LEFT + key * CELL, TOP + query * CELL, CELL, CELL, cssColour(table[frame.scale.byte(weight)])]);
  }
  const title = [`L${layer} H${head}`, info?.role].filter(Boolean).join(" ");
  words.push([LEFT, 20, `${title}, step ${num(frame.step)}`, "start", 14, ink]);
  words.push([LEFT, 38, `key → (query down), ${scaleSaid(frame.scale)}, masked grey`, "start", 11, soft]);
  frame.keys.forEach((token, i) => words.push([LEFT + (i + 0.5) * CELL, TOP - 6, shortGlyph(token, 2), "middle", 11, soft]));
  frame.queries.forEach((token, i) => words.push([LEFT - 6, TOP + (i + 0.7) * CELL, shortGlyph(token, 6), "end", 11, soft]));
  return { w, h, boxes, words, name: `attention-L${layer}-H${head}-step-${frame.step}` };
};

export const saveMapSvg = (frame, chosen) => {
  const { w, h, boxes, words, name } = lay(frame, chosen);
  const rect = ([x, y, width, height, fill]) => `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
  const word = ([x, y, text, anchor, size, fill]) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${fill}">${esc(text)}</text>`;
  const file = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}"
    font-family="sans-serif" shape-rendering="crispEdges">${boxes.map(rect).join("")}${words.map(word).join("")}</svg>`;
  saveBlob(new Blob([file], { type: "image/svg+xml" }), `${name}.svg`);
};

export const saveMapPng = (frame, chosen) => {
  const { w, h, boxes, words, name } = lay(frame, chosen), scale = 2;
  const canvas = Object.assign(document.createElement("canvas"), { width: w * scale, height: h * scale });
  const context = penOf(canvas);
  context.scale(scale, scale);
  for (const [x, y, bw, bh, colour] of boxes) { context.fillStyle = colour; context.fillRect(x, y, bw, bh); }
  for (const [x, y, text, anchor, size, colour] of words) {
    Object.assign(context, { fillStyle: colour, font: `${size}px sans-serif`, textAlign: anchor === "middle" ? "center" : anchor });
    context.fillText(text, x, y);
  }
  savePng(canvas, name);
};

/** The selected head, one line per query and key; masked weights are empty. */
export const saveMapCsv = (frame, { layer, head }) => {
  const rows = [["layer", "head", "query", "query token", "key", "key token", "weight"]];
  for (let query = 0; query < frame.T; query++) for (let key = 0; key < frame.S; key++) {
    const weight = frame.weight(layer, head, query, key);
    const number = weight === null ? null : Number(weight.toFixed(5));
    rows.push([layer, head, query, frame.queries[query], key, frame.keys[key], number]);
  }
  saveCsv(rows, `attention-L${layer}-H${head}-step-${frame.step}`);
};
