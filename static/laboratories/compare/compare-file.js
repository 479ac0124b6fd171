/* The pictures of all variants side by side as one SVG or PNG, in the page's colours. */
import { bytesOf, colourTable, cssColour } from "../../core/colours.js";
import { savePicture } from "../../core/files.js";
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";
import { glyphOf, shortGlyph } from "../../core/tokens.js";

const CELL = 18, LEFT = 40, TOP = 72, GAP = 36, ROW = 20, WIDE = 300;
const colour = name => getComputedStyle(document.body).getPropertyValue(name).trim();
const rect = (x, y, w, h, fill, more = "") => `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}" ${more}/>`;
const text = (x, y, words, more = "") => `<text x="${x}" y="${y}" ${more}>${esc(words)}</text>`;
const cutTo = (words, most) => words.length > most ? `${words.slice(0, most - 1)}…` : words;

/** Each lens -> [parts, width, height] of one variant's picture, its corner at 0, 0. */
const attention = frame => {
  if (!frame.cells) return [[text(0, 14, "no attention")], WIDE, 20];
  const n = frame.tokens.length, bytes = bytesOf(frame.cells), table = colourTable(), side = n * CELL, parts = [], ink = colour("--text");
  bytes.forEach((byte, i) => parts.push(rect(LEFT + i % n * CELL, 18 + Math.floor(i / n) * CELL, CELL, CELL, cssColour(table[byte]))));
  frame.tokens.forEach((each, i) => parts.push(text(LEFT + (i + .5) * CELL, 12, shortGlyph(each, 2), `text-anchor="middle"`),
    text(LEFT - 6, 18 + (i + .7) * CELL, shortGlyph(each, 3), `text-anchor="end"`)));
  if (frame.cut) parts.push(rect(LEFT + frame.cut * CELL, 18, 1, side, ink), rect(LEFT, 18 + frame.cut * CELL, side, 1, ink));
  return [parts, LEFT + side, 18 + side];
};
const experts = ({ experts: found }) => {
  if (!found) return [[text(0, 14, "This model has no experts.")], WIDE, 20];
  const most = Math.max(...found.demand, 1), ink = colour("--text");
  const parts = found.demand.flatMap((asked, e) => [text(0, e * ROW + 14, `E${e}`), text(WIDE - 44, e * ROW + 14, `${num(found.load[e])} of ${num(asked)}`),
    rect(30, e * ROW + 3, 220 * found.load[e] / most, ROW - 6, colour(`--cat-${e % 16}`)), rect(30 + 220 * asked / most, e * ROW + 3, 1.5, ROW - 6, ink)]);
  return [parts, WIDE + 20, ROW * found.demand.length];
};
const predictions = ({ predicted = [] }) => [[["wanted", "likeliest", "probability"], ...predicted.map(([want, got, p]) =>
  [glyphOf(want), glyphOf(got) + (want === got ? "" : " ✗"), p.toFixed(2)])].flatMap((cells, i) => cells.map((cell, k) => text(k * 90, i * ROW + 14, cell))),
  WIDE, ROW * (predicted.length + 1)];
const KINDS = { attention, experts, predictions };
const under = (lens, frame) => [lens === "attention" && frame.cells ? `L${frame.layer} H${frame.head}` : frame.experts && lens === "experts" ? frame.experts.name : "",
  `step ${num(frame.step)}`].filter(Boolean).join(", ");

/** Save what is seen as "svg" or "png" (at twice the size). */
export const saveCompare = (lens, cards, pictures, kind) => {
  let x = 20, high = 0;
  const parts = [];
  pictures.forEach((frame, i) => {
    const [drawn, wide, tall] = KINDS[lens](frame), width = Math.max(WIDE, wide), line = colour(`--line-${(i + 1) % 4}`);
    parts.push(rect(x, 14, width, 3, line), text(x, 38, cutTo(cards[i].name, Math.floor(width / 7)), `font-weight="bold" font-size="14" fill="${colour("--text")}"`),
      text(x, 56, under(lens, frame)), `<g transform="translate(${x},${TOP})">${drawn.join("")}</g>`);
    x += width + GAP;
    high = Math.max(high, TOP + tall);
  });
  const W = x - GAP + 20, H = high + 44, said = lens === "attention" ? "key → (query down), square-root scale, not visible grey"
    : lens === "experts" ? "choices taken of those asked for (line) in one update" : "likeliest token at each place of the answer";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" width="${W}" height="${H}" font-family="sans-serif" font-size="11"
    fill="${colour("--text-2")}" shape-rendering="crispEdges">${rect(0, 0, W, H, colour("--surface"))}${parts.join("")}${text(20, H - 16, said)}</svg>`;
  savePicture([svg, W, H], kind, `comparison-${lens}-step-${Math.max(0, ...pictures.map(p => p.step ?? 0))}`);
};
