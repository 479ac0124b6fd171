/* The probe's tokens in a row, one tab stop: arrows move along, a press chooses. */
import { cssColour, inkOn } from "../core/colours.js";
import { esc } from "../core/text.js";
import { glyphOf, shortGlyph } from "../core/tokens.js";
import { weightText } from "./weights.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Frame } from "./weights.js" */

/** `choose(index)`; `draw({ tokens, place })` -> the cells.
    @type {(host: Drawn, choose: (index: number) => void) => {draw(value: {tokens: string[], place: number}): Drawn[]}} */
export const tokenStrip = (host, choose) => {
  let shown = "", at = -1, /** @type {Drawn[]} */ cells = [];
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", "Tokens of the probe; arrows move");
  host.addEventListener("click", event => { const cell = event.target.closest("[data-i]"); if (cell) choose(+cell.dataset.i); });
  host.addEventListener("keydown", event => {
    const last = cells.length - 1, to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.max(0, Math.min(last, to));
    choose(next);
    cells[next].focus({ preventScroll: true });
  });
  const build = tokens => {
    at = -1;
    host.classList.toggle("many", tokens.length > 44);                // then an index under every fourth token only
    host.innerHTML = tokens.map((token, i) => `<button class="c${i % 4 ? " odd" : ""}" data-i="${i}" tabindex="-1" aria-label="${esc(glyphOf(token))} ${i}">
      <span class="t">${esc(shortGlyph(token, 4))}</span> <span class="u">${i}</span></button>`).join("");
    cells = [...host.children];
  };
  return { draw({ tokens, place }) {
    const key = JSON.stringify(tokens);
    if (key !== shown) build(tokens);
    shown = key;
    if (place === at) return cells;
    cells[at]?.removeAttribute("aria-pressed");
    if (cells[at]) cells[at].tabIndex = -1;
    at = place;
    cells[at].setAttribute("aria-pressed", true);
    cells[at].tabIndex = 0;
    // Bring the chosen token into sight inside the strip only; scrollIntoView would move the page.
    const box = cells[at], left = box.offsetLeft - host.offsetLeft;
    if (left < host.scrollLeft || left + box.offsetWidth > host.scrollLeft + host.clientWidth) host.scrollLeft = left - host.clientWidth / 2;
    return cells;
  } };
};

/** The same, each token coloured by how much the selected query looks at it.
    @param {Drawn} host
    @param {(index: number) => void} choose */
export const weightStrip = (host, choose) => {
  const strip = tokenStrip(host, choose);
  return { draw(/** @type {Frame} */ frame, { layer, head, query, key }) {
    const cells = strip.draw({ tokens: frame.keys, place: frame.self ? query : key }), table = frame.scale.table();
    const from = `Source tokens, as seen from ${glyphOf(frame.queries[query])}`;
    host.setAttribute("aria-label", frame.self ? "Tokens of the probe; the chosen one is the query" : from);
    frame.row(layer, head, query).forEach((w, i) => {
      const text = cells[i].firstElementChild, packed = w === null ? null : table[frame.scale.byte(w)];
      text.style.background = packed === null ? "" : cssColour(packed);
      text.style.color = packed === null ? "" : inkOn(packed);
      cells[i].classList.toggle("off", w === null);
      cells[i].setAttribute("aria-label", `${glyphOf(frame.keys[i])} ${i}: ${weightText(w)}`);
    });
  } };
};
