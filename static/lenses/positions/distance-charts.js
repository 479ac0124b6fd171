/* The charts of one head on the page: drawn in place at every frame, with one cursor over all of them. */
import { say } from "../../core/announce.js";
import { colourTable, paintCells } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { setHtml, setText } from "../../core/text.js";
import { plainCard } from "../../charts/heat-map.js";
import { awayText } from "./distance-frame.js";
import { distanceEdges, distancePictures, steadyScale } from "./distance-pictures.js";
/** @import { Json } from "../../core/values.js" */

const panel = name => `<div class="layer" data-p="${name}"><div class="pt"><h3></h3><span></span></div>
  <div class="chart"><svg role="img"></svg><canvas aria-hidden="true"></canvas></div></div>`;
const HTML = `<div class="stack" tabindex="0" role="group" aria-label="Charts over distance; arrow keys move the cursor">
  ${["weights", "scores", "pairs"].map(panel).join("")}<i class="cursor" hidden></i></div><div class="hover-card" hidden></div>`;
const signed = v => `${v < 0 ? "−" : ""}${Math.abs(v).toFixed(2)}`;
const weight = w => Math.abs(w) >= .01 || w === 0 ? signed(w) : num(w, 2);

/** What the cursor says at distance i, and of pair p if there is one. */
export const distanceCard = (frame, { layer, head }, i, /** @type {number | null} */ p = null) => {
  const mine = frame.weights(layer, head)[i], distance = frame.at(i), where = `<b>${awayText(distance)}</b>`;
  if (Number.isNaN(mine)) return `${where}<br><span class="muted">no query sees this distance</span>`;
  const lines = [`${where} &nbsp;weight <b>${weight(mine)}</b> <span class="muted">even ${weight(frame.even[i])}</span>`];
  const here = frame.scores.length && layer === frame.layer && head === frame.head;
  if (here) {
    const parts = frame.scores.slice(1).map((values, k) => `${frame.terms[k + 1]} ${signed(values[i])}`).join(" + ");
    lines.push(`${parts ? `${parts} = ` : ""}${frame.terms[0]} <b>${signed(frame.scores[0][i])}</b> ± ${frame.spread[i].toFixed(2)}`);
  }
  if (here && frame.pairs && p !== null) {
    const [name, turn] = frame.pairs.rows[p], adds = frame.pair(p, i);
    lines.push(`${turn === null ? `${frame.pairs.untouched} channels that do not turn` : `pair ${name}, one turn in ${num(turn, 3)} tokens`}: <b>${signed(adds ?? 0)}</b>`);
  }
  return lines.join("<br>");
};

export const distanceCharts = host => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), stack = $(".stack"), cursor = $(".cursor"), tip = $(".hover-card"), canvas = $("[data-p=pairs] canvas");
  const scale = steadyScale(), { left, right, top } = distanceEdges;
  let /** @type {Json} */ frame = null, /** @type {Json} */ chosen = null;
  let /** @type {number | null} */ at = null, /** @type {number | null} */ pair = null;
  let width = 0, mouse = 0;

  const place = (x, y, w, h) => { Object.assign(canvas.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` }); return ""; };
  const draw = (next, selection) => {
    frame = next;
    chosen = { ...selection };
    if (!width) return;
    const stale = frame.scores.length && (chosen.layer !== frame.layer || chosen.head !== frame.head);
    const there = distancePictures(frame, chosen, width, scale, place);
    for (const name of ["weights", "scores", "pairs"]) {
      const box = $(`[data-p=${name}]`), found = there.find(each => each[0] === name);
      box.toggleAttribute("data-busy", !!stale && !found);
      if (!found && stale) continue;                   // the old head's stays, dimmed, until the answer
      box.hidden = !found;
      if (!found) continue;
      const [, title, note, markup, high] = found, svg = box.querySelector("svg");
      setText(box.querySelector("h3"), title);
      setText(box.querySelector(".pt span"), note);
      svg.setAttribute("viewBox", `0 0 ${width} ${high}`);
      svg.style.height = `${high}px`;
      setHtml(svg, markup);
      svg.setAttribute("aria-label", `${title} of L${chosen.layer} H${chosen.head}, ${note}; the table has the numbers`);
      if (name === "pairs") paintCells(canvas, frame.pairBytes(), 0, frame.R, frame.pairs.rows.length, colourTable("signed"));
    }
    point();
  };
  const point = () => {
    cursor.hidden = tip.hidden = at === null;
    if (at === null) return;
    at = Math.min(at, frame.R - 1);
    const x = left + (at + .5) / frame.R * (width - left - right);
    cursor.style.transform = `translateX(${x}px)`;
    const html = distanceCard(frame, chosen, at, pair);
    setHtml(tip, html);
    const wide = tip.offsetWidth, beside = x + 14 + wide < width ? x + 14 : x - wide - 14;
    tip.style.transform = `translate(${Math.max(0, Math.min(beside, width - wide))}px, ${Math.max(0, mouse - tip.offsetHeight - 14)}px)`;
  };
  const hide = () => { at = pair = null; if (frame) point(); };
  stack.addEventListener("pointermove", event => {
    if (!frame || !frame.layers || event.pointerType === "touch" && !event.isPrimary) return;
    const box = stack.getBoundingClientRect(), share = (event.clientX - box.left - left) / (width - left - right);
    if (share < 0 || share >= 1) return hide();
    at = Math.floor(share * frame.R);
    mouse = event.clientY - box.top;
    const map = canvas.getBoundingClientRect(), row = frame.pairs ? Math.floor((event.clientY - map.top) / map.height * frame.pairs.rows.length) : -1;
    pair = map.height && row >= 0 && row < (frame.pairs?.rows.length ?? 0) ? row : null;
    point();
  });
  stack.addEventListener("pointerdown", event => stack.dispatchEvent(new PointerEvent("pointermove", event)));
  stack.addEventListener("pointerleave", event => { if (event.pointerType !== "touch") hide(); });
  stack.addEventListener("blur", hide);
  stack.addEventListener("keydown", event => {
    if (event.key === "Escape") return hide();
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -frame?.R, End: frame?.R }[event.key], down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!frame || !by && !down) return;
    event.preventDefault();
    event.stopPropagation();                           // the page's own arrows move the scrubber
    if (by) at = Math.max(0, Math.min(frame.R - 1, (at ?? -frame.first) + (at === null ? 0 : by)));
    else if (frame.pairs) { at ??= -frame.first; pair = Math.max(0, Math.min(frame.pairs.rows.length - 1, (pair ?? -1) + down)); }
    mouse = top + 60;
    point();
    say(plainCard(distanceCard(frame, chosen, at, pair)));
  });
  new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    if (frame && width) draw(frame, chosen);
  }).observe(host);
  return { draw };
};
