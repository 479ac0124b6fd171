/* The selected head, large: one square per weight, tokens along both axes, a chosen row and key, a card for the cell
   under the pointer. */
import { say } from "../core/announce.js";
import { paintCells } from "../core/colours.js";
import { num } from "../core/numbers.js";
import { esc, setHtml } from "../core/text.js";
import { glyphOf, shortGlyph } from "../core/tokens.js";
import { mapCard, plainCard } from "./weight-map-card.js";
import { cellNumbers } from "./weight-map-numbers.js";
import { weightText } from "./weights.js";
/** @import { Json } from "../core/values.js" */

const LEFT = 38, TOP = 34, MOST = 40, LEAST = 7, WIDEST = 488;         // px: axes, side of a cell, whole map
const HTML = `<div class="scroller">
    <div class="map"><span class="axt k">key: the token looked at →</span><span class="axt q">query: the token looking</span>
      <div class="xs" aria-hidden="true"></div><div class="ys" aria-hidden="true"></div>
      <div class="well" tabindex="0" role="group"><canvas class="weights" role="img"></canvas>
        <canvas class="numbers" aria-hidden="true"></canvas><div class="sel"></div><div class="cell"></div></div></div>
    <div class="under"></div></div><div class="hover-card" hidden></div>`;

/** Side of a cell in px: whole pixels where that costs little width, so that every row is equally thick. */
const sideOf = (width, T, S) => {
  const room = Math.min(width, WIDEST) - LEFT, exact = Math.min(room / S, 640 / T), whole = Math.floor(exact);
  const side = whole * S >= 0.93 * room ? whole : Math.floor(exact * 10) / 10;
  return Math.max(LEAST, Math.min(MOST, side));
};
/** Labels need about 12 px each; under that every second or fourth is written. */
const everyNth = side => side >= 12 ? 1 : side >= 8 ? 2 : 4;

/** `host` holds the map and, below it in the same scroller, `under`, whose bars share its key axis.
    `choose(query, key)` when a cell is pressed or reached with the arrows. */
export const weightMap = (host, { choose }) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name);
  const scroller = $(".scroller"), map = $(".map"), well = $(".well"), under = $(".under"), tip = $(".hover-card");
  const canvas = $(".weights"), numbers = $(".numbers");
  let /** @type {Json} */ frame = null, /** @type {Json} */ chosen = null;
  let /** @type {[number, number] | null} */ hover = null;
  let width = 0, side = 0, laid = "", card = false;

  const label = (tokens, axis, most) => tokens.map((token, i) => {
    const place = axis === "x" ? `left:${LEFT + (i + 0.5) * side}px` : `top:${TOP + (i + 0.5) * side}px`;
    return `<span class="ax ${axis}" style="${place}" title="${i} ${esc(glyphOf(token))}">${esc(shortGlyph(token, most))}</span>`;
  }).join("");
  const lay = () => {
    const next = sideOf(width, frame.T, frame.S), key = `${next} ${frame.axes}`;
    if (!width || laid === key) return;
    laid = key;
    side = next;
    const w = side * frame.S, h = side * frame.T;
    scroller.classList.toggle("wide", LEFT + w > width + 1);         // only then a scrollbar; rings may stand out
    map.style.width = `${LEFT + w}px`;
    Object.assign(well.style, { width: `${w}px`, height: `${h}px` });
    $(".axt.q").style.top = `${TOP + h / 2}px`;
    $(".axt.q").hidden = h < 130;
    $(".xs").innerHTML = label(frame.keys, "x", Math.max(1, Math.floor(side / 6.7)));
    $(".ys").innerHTML = label(frame.queries, "y", 3);
    mark.done = "";
  };
  /** Show every n-th label, always the chosen one, and none that would touch it. */
  const thin = (box, at) => [...box.children].forEach((node, i) => {
    const near = i !== at && Math.abs(i - at) * side < 12;
    node.classList.toggle("on", i === at);
    node.hidden = i !== at && (i % everyNth(side) !== 0 || near && everyNth(side) > 1);
  });
  const /** @type {{(cell: {query: number, key: number}): void, done?: string}} */ mark = ({ query, key }) => {
    if (mark.done === `${query} ${key}`) return;
    mark.done = `${query} ${key}`;
    thin($(".xs"), key);
    thin($(".ys"), query);
    // Transforms, so that a frame that moves the largest key moves nothing in the layout.
    Object.assign($(".sel").style, { transform: `translateY(${query * side}px)`, height: `${side}px` });
    const transform = `translate(${key * side - 1}px, ${query * side - 1}px)`;
    Object.assign($(".cell").style, { transform, width: `${side + 2}px`, height: `${side + 2}px` });
  };
  const showCard = () => {
    const at = hover || (card ? [chosen.query, chosen.key] : null);
    tip.hidden = !at;
    if (!at) return;
    const html = mapCard(frame, chosen, ...at);
    setHtml(tip, html);
    const wide = tip.offsetWidth, x = LEFT + at[1] * side - scroller.scrollLeft;
    const left = x + side + 10 + wide < width ? x + side + 10 : x - wide - 10;
    const above = TOP + at[0] * side - tip.offsetHeight - 12, top = above > 0 ? above : TOP + (at[0] + 1) * side + 12;
    tip.style.transform = `translate(${Math.max(0, Math.min(left, width - wide))}px, ${top}px)`;
  };
  const draw = (newFrame, selection, repaint = true) => {
    frame = newFrame;
    chosen = selection;
    lay();
    if (!side) return;
    if (repaint) paintCells(canvas, .../** @type {[Uint8Array, number]} */ (frame.picture(chosen.layer, chosen.head)), frame.S, frame.T, frame.scale.table());
    cellNumbers(numbers, frame, chosen, side);
    mark(chosen);
    const { layer, head, query, key } = chosen, name = `L${layer} H${head}`;
    const size = `${frame.T} queries by ${frame.S} keys`, weight = weightText(frame.weight(layer, head, query, key));
    const where = `Row ${query}, ${glyphOf(frame.queries[query])}, on key ${key}, ${glyphOf(frame.keys[key])}`;
    canvas.setAttribute("aria-label", `Weights of ${name} at step ${num(frame.step)}, ${size}. ${where}: ${weight}`);
    well.setAttribute("aria-label", `${name}: arrow keys choose the query row and the key`);
    showCard();
  };

  const cellAt = /** @returns {[number, number]} */ event => {
    const box = well.getBoundingClientRect(), clamp = (v, n) => Math.max(0, Math.min(n - 1, Math.floor(v)));
    return [clamp((event.clientY - box.top) / side, frame.T), clamp((event.clientX - box.left) / side, frame.S)];
  };
  well.addEventListener("pointermove", event => {
    if (!frame || event.pointerType === "touch") return;
    hover = cellAt(event);
    showCard();
  });
  well.addEventListener("pointerleave", () => { hover = null; if (frame) showCard(); });
  well.addEventListener("click", event => { if (!frame) return; card = true; choose(...cellAt(event)); });
  well.addEventListener("focus", () => { card = well.matches(":focus-visible") || card; if (frame) showCard(); });
  well.addEventListener("blur", () => { card = false; if (frame) showCard(); });
  well.addEventListener("keydown", event => {
    if (event.key === "Escape") { card = false; hover = null; return showCard(); }
    if (!frame) return;
    const { query, key } = chosen, end = { Home: [query, 0], End: [query, frame.S - 1] }[event.key];
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!by && !end) return;
    event.preventDefault();
    event.stopPropagation();                                         // the page's own arrows move the scrubber
    const to = end || [query + by[0], key + by[1]];
    if (to[0] < 0 || to[1] < 0 || to[0] >= frame.T || to[1] >= frame.S) return;
    card = true;
    hover = null;
    choose(to[0], by?.[0] ? null : to[1]);                           // another row: the key follows its largest weight
    say(plainCard(mapCard(frame, chosen, chosen.query, chosen.key)));
  });
  scroller.addEventListener("scroll", () => frame && showCard());
  // The width is noted here, not read while drawing: reading it after the tiles were written would lay the page out again.
  new ResizeObserver(([entry]) => {
    width = entry.contentRect.width;
    if (frame && width) draw(frame, chosen);
    under.resized?.();
  }).observe(host);
  return { draw, under, canvas, get side() { return side; } };
};
