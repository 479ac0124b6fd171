/* The pictures of all variants side by side, for a file. */
import { bytesOf, colourTable } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { glyphOf, shortGlyph } from "../../core/tokens.js";
import { BOLD, SOFT, svgGroup, svgHeat, svgRect, svgText } from "../../charts/svg-file.js";

const CELL = 18, TOP = 72, GAP = 36, ROW = 20, WIDE = 300;
const INK = "var(--text)", NOTES = { attention: "key → (query down), square-root scale, not visible grey",
  experts: "choices taken of those asked for (line) in one update", predictions: "likeliest token at each place of the answer" };
const cutTo = (words, most) => words.length > most ? `${words.slice(0, most - 1)}…` : words;
const lines = (texts, h = 20) => ({ markup: texts.join(""), w: WIDE, h });

/** Each lens -> { markup, w, h } of one variant's picture. */
const attention = frame => {
  if (!frame.cells) return lines([svgText(0, 14, "no attention")]);
  const named = most => frame.tokens.map(each => shortGlyph(each, most)), at = frame.cut * CELL;
  const map = svgHeat({ rows: named(3), columns: named(2), bytes: bytesOf(frame.cells), table: colourTable() }, CELL, CELL);
  const { left, top, w, h } = map;
  const cut = frame.cut ? svgRect(left + at, top, 1, h - top, INK) + svgRect(left, top + at, w - left, 1, INK) : "";
  return { w, h, markup: map.markup + cut };
};
const experts = ({ experts: found }) => {
  if (!found) return lines([svgText(0, 14, "This model has no experts.")]);
  const most = Math.max(...found.demand, 1), x = n => 30 + 220 * n / most;
  const bar = (asked, e) => svgGroup(0, e * ROW, svgText(0, 14, `E${e}`) + svgText(WIDE - 44, 14, `${num(found.load[e])} of ${num(asked)}`)
    + svgRect(30, 3, x(found.load[e]) - 30, ROW - 6, `var(--cat-${e % 16})`) + svgRect(x(asked), 3, 1.5, ROW - 6, INK));
  return lines(found.demand.map(bar), ROW * found.demand.length);
};
const predictions = ({ predicted = [] }) => lines([["wanted", "likeliest", "probability"], ...predicted.map(([want, got, p]) =>
  [glyphOf(want), glyphOf(got) + (want === got ? "" : " ✗"), p.toFixed(2)])].flatMap((cells, i) => cells.map((cell, k) => svgText(k * 90, i * ROW + 14, cell))),
  ROW * (predicted.length + 1));
const KINDS = { attention, experts, predictions };
const under = (lens, frame) => [lens === "attention" && frame.cells ? `L${frame.layer} H${frame.head}` : frame.experts && lens === "experts" ? frame.experts.name : "",
  `step ${num(frame.step)}`].filter(Boolean).join(", ");

export const comparePicture = (lens, cards, pictures) => {
  let x = 20, h = 0;
  const parts = pictures.map((frame, i) => {
    const drawn = KINDS[lens](frame), w = Math.max(WIDE, drawn.w), from = x;
    x += w + GAP;
    h = Math.max(h, TOP + drawn.h);
    return svgRect(from, 14, w, 3, `var(--line-${(i + 1) % 4})`) + svgText(from, 38, cutTo(cards[i].name, Math.floor(w / 7)), `${BOLD} font-size="14"`)
      + svgText(from, 56, under(lens, frame), SOFT) + svgGroup(from, TOP, drawn.markup);
  });
  return { markup: parts.join("") + svgText(20, h + 28, NOTES[lens], SOFT), w: x - GAP + 20, h: h + 44 };
};
