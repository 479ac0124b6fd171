/* The selected row as bars under the map, on the map's own key axis, and the sentence that reads it. */
import { num } from "../../core/numbers.js";
import { esc, setHtml, setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { largestKeys, weightText } from "../../charts/weights.js";
/** @import { Frame } from "../../charts/weights.js"
    @typedef {{layer: number, head: number, query: number}} Chosen */

const HIGH = 56;                                                       // px for weight 1; where it may be negative, on either side of 0
/** What the bars of a row say: 0 to 1, or how far below and above 0, and what that comes to. */
const spanned = ({ signed }, row) => !signed ? "0 to 1"
  : `−${num(signed)} to ${num(signed)}; together ${num(row.reduce((sum, w) => sum + (w ?? 0), 0), 3)}`;

export const rowbars = (host, map) => {
  host.innerHTML = `<div class="bars" aria-hidden="true"><div class="masks"></div><div class="is"></div>
    <span class="axt v"></span><span class="axt v"></span><span class="axt unseen"></span></div><p class="axt read"></p>`;
  const $ = name => host.querySelector(name);
  const values = [...host.querySelectorAll(".v")], sentence = $(".read");
  let laid = "", /** @type {[frame: Frame, chosen: Chosen] | null} */ last = null;

  /** Runs of masked keys as [first, after] pairs: one grey box each. */
  const runs = row => row.reduce((all, weight, key) => {
    const open = all.at(-1);
    if (weight === null && open?.[1] === key) open[1]++;
    else if (weight === null) all.push([key, key + 1]);
    return all;
  }, []);

  /** Bars stand where the map's columns stand. Their height is a transform, so that a frame moves nothing in the layout. */
  const lay = (side, S) => {
    if (laid === `${side} ${S}`) return;
    laid = `${side} ${S}`;
    const gap = side > 5 ? 1 : 0;
    $(".bars").style.width = `${side * S}px`;
    const bar = (_, key) => `<i style="left:${key * side + gap}px;width:${side - 2 * gap}px"></i>`;
    $(".is").innerHTML = Array.from({ length: S }, bar).join("");
  };
  const mask = (frame, query, masked, side) => {
    const html = masked.map(([a, b]) => `<i style="left:${a * side}px;width:${(b - a) * side}px"></i>`).join("");
    setHtml($(".masks"), html);
    const wide = masked.find(([a, b]) => (b - a) * side > 72), label = $(".unseen");
    label.hidden = !wide;
    if (!wide) return;
    setText(label, frame.self && wide[0] > query ? "not yet seen" : "masked");
    label.style.left = `${wide[1] * side - 4}px`;
  };
  /** The two largest carry their number beside the bar, right or left of it, where it covers no other; else above it. */
  const number = (node, row, key, first, side) => {
    const weight = row[key];
    const touching = key !== first && Math.abs(key - first) * side < 34 && (row[first] - weight) * HIGH < 12;
    node.hidden = key === undefined || weight < 0.08 || touching;
    if (node.hidden) return;
    setText(node, weightText(weight));
    const beside = Math.max(1, Math.min(44, weight * HIGH - 12)), reach = Math.ceil(30 / side);
    const free = (from, to) => from >= 0 && to <= row.length && row.slice(from, to).every(other => (other ?? 0) * HIGH < beside);
    const [x, up] = free(key + 1, key + 1 + reach) ? [(key + 1) * side + 4, beside]
      : free(key - reach, key) ? [key * side - 28, beside]
      : [Math.max(0, Math.min(side * row.length - 24, (key + .5) * side - 12)), Math.min(44, weight * HIGH + 1)];
    node.style.transform = `translate(${x}px, ${-up}px)`;
  };
  /** Of weights on both sides of 0 only the one farthest from it has its number, on the free side of the line. */
  const signedNumber = (node, row, key, first, side) => {
    node.hidden = key === undefined || key !== first;
    if (node.hidden) return;
    setText(node, weightText(row[key]));
    const x = Math.max(0, Math.min(side * row.length - 34, (key + .5) * side - 12));
    node.style.transform = `translate(${x}px, ${row[key] < 0 ? -HIGH - 3 : 13 - HIGH}px)`;
  };
  const read = (frame, query, row, sees) => {
    const token = text => `<b class="mono">${esc(glyphOf(text))}</b>`, guess = frame.predicted[query];
    const predicts = guess ? ` The model predicts ${token(guess[0])} at ${guess[1].toFixed(2)}.` : "";
    const on = `weight on each ${frame.self ? "key" : "source token"}, ${spanned(frame.scale, row)}.${predicts} <kbd>↑</kbd> <kbd>↓</kbd>`;
    const html = `Row ${query}, ${token(frame.queries[query])}: ${sees ? on : "nothing may be looked at from here."}`;
    setHtml(sentence, html);
  };
  const draw = (/** @type {Frame} */ frame, /** @type {Chosen} */ { layer, head, query }) => {
    last = [frame, { layer, head, query }];
    const side = map.side, row = frame.row(layer, head, query), top = largestKeys(row), { signed } = frame.scale;
    if (!side) return;
    lay(side, frame.S);
    [...$(".is").children].forEach((bar, key) => {
      // A weight of zero still leaves a line of 1 px; below zero the bar is turned over, to hang from the line.
      const part = signed ? row[key] / signed : row[key], high = row[key] === null ? 0 : part < 0 ? part : Math.max(1 / HIGH, part);
      bar.style.transform = `scaleY(${high.toFixed(4)})`;
      bar.classList.toggle("below", high < 0);
    });
    mask(frame, query, runs(row), side);
    values.forEach((node, i) => (signed ? signedNumber : number)(node, row, top[i], top[0], side));
    read(frame, query, row, top.length > 0);
  };
  host.resized = () => last && draw(...last);
  return { draw };
};
