/* A heat map on the page: cells on a canvas with numbers where there is room, names along both axes, a ring on the chosen
   cell, a card for the one under the pointer or reached with the arrows. In a file it is `svgHeat` (svg-file.js). */
import { say } from "../core/announce.js";
import { cssValue, inkOn, paintCells } from "../core/colours.js";
import { esc, setHtml, setText } from "../core/text.js";
import { everyNth } from "./svg-file.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Json } from "../core/values.js" */

const LARGE = 24;                                      // px of cells that hold a number
const HTML = `<div class="scroller"><div class="heat-map"><span class="axt k"></span><span class="axt q"></span>
    <div class="xs" aria-hidden="true"></div><div class="ys" aria-hidden="true"></div>
    <div class="well" tabindex="0" role="group"><canvas class="weights" role="img" aria-label="Nothing yet"></canvas><canvas class="numbers" aria-hidden="true"></canvas>
      <i class="ring across" hidden></i><i class="ring" hidden></i></div></div>
  <div class="under"></div></div><div class="hover-card" hidden></div>`;

/** 0.314 -> ".31", -0.02 -> "−.02", 1.24 -> "1.2"; nothing where there is none or it is rounded to 0. */
export const cellText = x => x === null || Math.abs(x) < 0.005 ? ""
  : (Math.abs(x) > 0.995 ? String(+x.toFixed(1)) : x.toFixed(2).replace("0.", ".")).replace("-", "−");
/** Html of a card as one line of plain text, to be said. */
export const plainCard = html => html.replace(/<br>/g, ", ").replace(/<[^>]+>|&nbsp;/g, "");

/** Options:
    left, top      px for the names of rows and columns; `room`: [x, y] px that a name needs, else every n-th is left
    size(width, rows, columns) -> [width, height] of a cell in px
    label(name, axis, side) -> the name, as short as its cell asks for
    across         whether the row of the chosen cell has a ring, too
    card(row, column) -> html; `told(row, column)`, where there is no card, what is said when the arrows reach a cell
    choose(cell, [down, right])  a cell [row, column] is pressed, or reached with the arrows, which took that step
    over(cell)     instead of the card: the pointer is over a cell, or has left (null)
   `draw(map, at)`: `at` is the chosen cell or null; map has
    rows, columns  their names; `titles`: what both axes are called; `name`: of the whole, for the keyboard; `said`: what is seen
    bytes, offset, table        row by row, 0 to 254 through the colour table, 255 masked; `written(row, column)`: text in a cell
    @typedef {{rows: string[], columns: string[], titles?: string[], name?: string, said?: string, bytes: Uint8Array, offset?: number,
      table: Uint32Array, written?: ((row: number, column: number) => string) | null}} HeatMap
    @type {(host: Drawn, options: Json) => Json} */
export const heatMap = (host, { left, top, size, room = [12, 12], label = name => name, across, card, told, choose, over }) => {
  host.classList.add("heat-box");
  host.style.setProperty("--left", `${left}px`);
  host.style.setProperty("--top", `${top}px`);
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), scroller = $(".scroller"), well = $(".well"), tip = $(".hover-card"), under = $(".under");
  const canvas = $(".weights"), numbers = $(".numbers"), [row, ring] = host.querySelectorAll(".ring");
  let /** @type {Json} */ map = null, /** @type {[number, number] | null} */ at = null, /** @type {[number, number] | null} */ hover = null;
  let held = false, width = 0, w = 0, h = 0, laid = "", marked = "";

  const names = (box, texts, axis, side, from) => {
    box.innerHTML = texts.map((text, i) => `<span class="ax ${axis}" style="${axis === "x" ? "left" : "top"}:${from + (i + .5) * side}px"
      title="${i} ${esc(text)}">${esc(label(text, axis, side))}</span>`).join("");
  };
  const lay = () => {
    const { rows, columns, titles: [down, right] = ["", ""] } = map, next = size(width, rows.length, columns.length);
    const key = JSON.stringify([next, rows, columns, down, right]);
    if (laid === key) return;
    laid = key;
    marked = "";
    [w, h] = next;
    const wide = w * columns.length, high = h * rows.length;
    scroller.classList.toggle("wide", left + wide > width + 1);         // only then a scrollbar; rings may stand out
    $(".heat-map").style.width = `${left + wide}px`;
    Object.assign(well.style, { width: `${wide}px`, height: `${high}px` });
    setText($(".axt.k"), right);
    setText($(".axt.q"), down);
    $(".axt.q").style.top = `${top + high / 2}px`;
    $(".axt.q").hidden = high < 7 * down.length;
    names($(".xs"), columns, "x", w, left);
    names($(".ys"), rows, "y", h, top);
  };
  const write = () => {
    numbers.hidden = !map.written || Math.min(w, h) < LARGE;
    if (numbers.hidden) return;
    const scale = devicePixelRatio || 1, { rows, columns, bytes, offset = 0, table } = map;
    numbers.width = Math.round(w * columns.length * scale);            // also wipes the canvas
    numbers.height = Math.round(h * rows.length * scale);
    const context = numbers.getContext("2d");
    context.scale(scale, scale);
    Object.assign(context, { font: `11px ${cssValue("--sans")}`, textAlign: "center", textBaseline: "middle" });
    rows.forEach((_, r) => columns.forEach((_, c) => {
      context.fillStyle = inkOn(table[bytes[offset + r * columns.length + c]]);
      context.fillText(map.written(r, c), (c + .5) * w, (r + .5) * h + .5);
    }));
  };
  /** Show every n-th name, always the chosen one, and none that would touch it. */
  const thin = (box, on, side, need) => [...box.children].forEach((node, i) => {
    const every = everyNth(need / side), near = every > 1 && Math.abs(i - on) * side < need;
    node.classList.toggle("on", i === on);
    node.hidden = i !== on && (i % every !== 0 || near);
  });
  const mark = () => {
    if (marked === `${at}`) return;
    marked = `${at}`;
    thin($(".xs"), at?.[1], w, room[0]);
    thin($(".ys"), at?.[0], h, room[1]);
    ring.hidden = !at;
    row.hidden = !at || !across;
    if (!at) return;
    // Transforms, so that a frame that moves the chosen cell moves nothing in the layout.
    Object.assign(row.style, { transform: `translateY(${at[0] * h}px)`, height: `${h}px` });
    Object.assign(ring.style, { transform: `translate(${at[1] * w - 1}px, ${at[0] * h - 1}px)`, width: `${w + 2}px`, height: `${h + 2}px` });
  };
  const tell = () => {
    const cell = card ? hover ?? (held ? at : null) : null;
    tip.hidden = !cell;
    if (!cell) return;
    const html = card(...cell);
    setHtml(tip, html);
    const wide = tip.offsetWidth, x = left + cell[1] * w - scroller.scrollLeft, beside = x + w + 10;
    const above = top + cell[0] * h - tip.offsetHeight - 12, y = above > 0 ? above : top + (cell[0] + 1) * h + 12;
    tip.style.transform = `translate(${Math.max(0, Math.min(beside + wide < width ? beside : x - wide - 10, width - wide))}px, ${y}px)`;
  };
  /** Choose a cell; `stay`: its card is seen until the focus leaves. */
  const point = (cell, stay = held) => {
    at = cell && map ? [Math.min(cell[0], map.rows.length - 1), Math.min(cell[1], map.columns.length - 1)] : null;
    held = stay;
    if (!w) return;
    mark();
    tell();
  };
  const draw = (next, cell) => {
    map = next;
    if (!width || !map.rows.length) return point(cell);
    lay();
    paintCells(canvas, map.bytes, map.offset ?? 0, map.columns.length, map.rows.length, map.table);
    write();
    canvas.setAttribute("aria-label", map.said);
    well.setAttribute("aria-label", map.name);
    point(cell);
  };

  const cellAt = event => {
    const box = well.getBoundingClientRect(), clamp = (x, n) => Math.max(0, Math.min(n - 1, Math.floor(x)));
    return [clamp((event.clientY - box.top) / h, map.rows.length), clamp((event.clientX - box.left) / w, map.columns.length)];
  };
  const see = cell => { if (!w) return; if (over) return over(cell); hover = cell; tell(); };
  well.addEventListener("pointermove", event => { if (w && event.pointerType !== "touch") see(cellAt(event)); });
  well.addEventListener("pointerleave", () => see(null));
  well.addEventListener("click", event => { if (!w) return; held = true; choose(cellAt(event), [0, 0]); tell(); });
  well.addEventListener("focus", () => { held = well.matches(":focus-visible") || held; if (w) tell(); });
  well.addEventListener("blur", () => { held = false; see(null); });
  well.addEventListener("keydown", event => {
    if (event.key === "Escape") { held = false; return see(null); }
    if (!w) return;
    const [r, c] = at ?? [0, 0], last = map.columns.length - 1;
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -c], End: [0, last - c] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();                                         // the page's own arrows move the scrubber
    const to = [r + by[0], c + by[1]];
    if (to[0] < 0 || to[1] < 0 || to[0] >= map.rows.length || to[1] > last) return;
    held = true;
    hover = null;
    choose(to, by);
    tell();
    say((told ?? ((r, c) => plainCard(card(r, c))))(.../** @type {[number, number]} */ (at)));
  });
  scroller.addEventListener("scroll", () => w && tell());
  // The width is noted here, not read while drawing: reading it after something was written would lay the page out again.
  new ResizeObserver(([entry]) => {
    width = entry.contentRect.width;
    if (map && width) draw(map, at);
    under.resized?.();
  }).observe(host);
  return { draw, point, under, well, get side() { return w; } };
};
