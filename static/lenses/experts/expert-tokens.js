/* Tokens coloured by the expert that counts most for them; those without a seat are struck out. A card tells the router's
   probabilities, gates and seats of the token under the pointer or the focus. */
import { bytesOf, colourTable } from "../../core/colours.js";
import { focusIn } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { esc, setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { cardBeside } from "../../charts/card.js";
import { heatMap } from "../../charts/heat-map.js";
import { expertColour } from "./expert-load.js";
/** @import { Shown } from "../../core/text.js"
    @import { Json } from "../../core/values.js" */

const LEFT = 34;                                       // px for the names of experts
const look = token => !token.n ? " none" : token.d === token.n ? " drop" : token.d ? " half" : "";
const expertText = token => token.e.length ? `E${token.e[0]}` : "–";
const said = token => !token.e.length ? "goes to no expert" : `expert ${token.e[0]}${look(token) === " drop" ? ", dropped" : ""}`;

/** Tokens in one row: as few rows as fit `most` across, all of the same length. */
const across = (tokens, most) => Math.ceil(tokens / Math.ceil(tokens / most));

export const expertLines = (host, { line, select }) => {
  const /** @type {Shown & HTMLElement} */ rows = document.createElement("div"), tip = Object.assign(document.createElement("div"), { className: "hover-card routed", hidden: true });
  host.append(rows, tip);
  let /** @type {Json} */ frame = null;

  const cell = (token, i, j) => `<button class="tk${look(token)}" data-i="${i}" data-j="${j}" tabindex="${i + j ? -1 : 0}"
    style="--c:${token.e.length ? expertColour(token.e[0]) : "var(--line-strong)"}" aria-label="${esc(glyphOf(token.t))} ${expertText(token)}, ${said(token)}">
    <b>${esc(glyphOf(token.t))}</b> <i>${expertText(token)}</i></button>`;
  const bars = token => token.p.map(([e, p]) => `<span class="pr"><b>E${e}</b><u style="width:${(100 * p).toFixed(1)}px;background:${expertColour(e)}"></u>
    <span>${p.toFixed(2)}</span></span>`).join("");
  const seats = token => {
    const { capacity } = frame.load, of = capacity === null ? "" : ` of ${num(frame.seats)}`;
    const each = token.e.map((e, i) => `E${e} gate ${token.g[i].toFixed(2)}, slot <b>${num(token.s[i] + 1)}</b>${of}${token.k[i] ? "" : ", <b>dropped</b>"}`);
    const none = !token.e.length ? "No expert chose it: they add 0." : look(token) === " drop"
      ? "No slot: its experts add 0, and the token passes by the residual." : "";
    if (token.n > each.length) each.push(`${token.n - each.length} more experts`);
    return `${each.join("<br>")}${none ? `<br><span class="muted">${none}</span>` : ""}`;
  };
  const show = event => {
    const node = event.target.closest?.(".tk");
    if (!node || !frame) return;
    const row = frame.lines[+node.dataset.i], token = row?.tokens[+node.dataset.j];
    if (!token) return;
    tip.innerHTML = `<b><span class="mono">${esc(glyphOf(token.t))}</span> at position ${node.dataset.j}, ${esc(row.label)}</b>
      <div class="two"><div>${bars(token)}</div><div>${seats(token)}</div></div>`;
    tip.hidden = false;
    cardBeside(tip, node, host);
  };
  const hide = () => { tip.hidden = true; };
  host.addEventListener("pointerover", show);
  host.addEventListener("focusin", show);
  host.addEventListener("pointerleave", hide);
  host.addEventListener("focusout", hide);
  host.addEventListener("click", event => {
    const node = event.target.closest(".tk"), token = node && frame.lines[+node.dataset.i]?.tokens[+node.dataset.j];
    if (!token) return;
    line(+node.dataset.i);
    if (token.e.length) select(token.e[0]);
  });
  host.addEventListener("keydown", event => {
    const node = event.target.closest(".tk"), by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") return hide();
    if (!node || !by) return;
    event.preventDefault();
    event.stopPropagation();
    host.querySelector(`[data-i="${+node.dataset.i + by[0]}"][data-j="${+node.dataset.j + by[1]}"]`)?.focus({ preventScroll: true });
  });
  return { draw(next) {
    frame = { ...next, seats: next.load.capacity };
    const html = next.lines.map((row, i) => `<div class="seq" style="--n:${across(row.tokens.length, 18)};--m:${across(row.tokens.length, 12)};--rows:${Math.ceil(row.tokens.length / across(row.tokens.length, 18))}"><span>${esc(row.label)}</span>
      ${row.tokens.map((token, j) => cell(token, i, j)).join("")}</div>`).join("");
    if (rows.shown === html) return;
    const at = focusIn(rows)?.dataset ?? null;
    rows.innerHTML = rows.shown = html;
    if (at) host.querySelector(`[data-i="${at.i}"][data-j="${at.j}"]`)?.focus({ preventScroll: true });
    else hide();
  } };
};

/** The router's probabilities of one line: experts down, tokens across, on the square-root scale. */
export const expertProbs = host => {
  host.innerHTML = `<div class="pt"><h3>Router probabilities</h3><span></span></div><div class="map"></div>`;
  let bytes = new Uint8Array(), /** @type {[number, number] | null} */ at = null, tokens = 0;
  const card = (expert, token) => `E${expert}, position ${token} &nbsp;<b>${((bytes[expert * tokens + token] / 254) ** 2).toFixed(2)}</b>`;
  const size = (width, experts) => [(width - LEFT - 2) / tokens, experts <= 16 ? 12 : experts <= 32 ? 8 : 4];
  const map = heatMap(host.querySelector(".map"), { left: LEFT, top: 34, room: [26, 12], size, card, choose: cell => map.point(at = cell) });
  return { draw({ probs, experts }) {
    if (!probs) return;
    [bytes, tokens] = [bytesOf(probs.cells), probs.tokens];
    const said = `Probability of each of ${experts} experts at each of ${tokens} tokens of ${probs.label}`;
    map.draw({ rows: Array.from({ length: experts }, (_, e) => `E${e}`), columns: Array.from({ length: tokens }, (_, i) => `${i}`),
      titles: ["", "position in the line →"], bytes, table: colourTable(), said, name: `${said}; arrows move` }, at);
    setText(host.querySelector(".pt span"), `${probs.label}, square-root scale 0 to 1`);
  } };
};
