/* The probe's tokens in a row, each coloured by how much the selected query looks at it. */
import { cssColour, inkOn } from "../core/colours.js";
import { esc } from "../core/text.js";
import { glyphOf, shortGlyph } from "../core/tokens.js";
import { weightText } from "./weights.js";

/** One button per key, in one tab stop; arrows move along, pressing one selects it (query, or key when the two differ). */
export const tokenStrip = (host, { choose }) => {
  let /** @type {string | null} */ axes = null, cells = [], at = -1;
  host.setAttribute("role", "group");

  const build = frame => {
    axes = frame.axes;
    host.classList.toggle("many", frame.S > 44);                      // then an index under every fourth token only
    host.innerHTML = frame.keys.map((token, i) => `<button class="c${i % 4 ? " odd" : ""}" data-i="${i}" tabindex="-1">
      <span class="t">${esc(shortGlyph(token, 4))}</span> <span class="u">${i}</span></button>`).join("");
    cells = [...host.children];
    at = -1;
  };
  const draw = (frame, { layer, head, query, key }) => {
    if (frame.axes !== axes) build(frame);
    const table = frame.scale.table(), mine = frame.self ? query : key;
    const from = `Source tokens, as seen from ${glyphOf(frame.queries[query])}`;
    host.setAttribute("aria-label", frame.self ? "Tokens of the probe; the chosen one is the query" : from);
    frame.row(layer, head, query).forEach((w, i) => {
      const cell = cells[i], text = cell.firstElementChild;
      const packed = w === null ? null : table[frame.scale.byte(w)];
      text.style.background = packed === null ? "" : cssColour(packed);
      text.style.color = packed === null ? "" : inkOn(packed);
      cell.classList.toggle("off", w === null);
      cell.setAttribute("aria-label", `${glyphOf(frame.keys[i])} ${i}: ${weightText(w)}`);
    });
    if (mine === at) return;
    cells[at]?.removeAttribute("aria-pressed");
    if (cells[at]) cells[at].tabIndex = -1;
    at = mine;
    cells[at].setAttribute("aria-pressed", true);
    cells[at].tabIndex = 0;
    // Bring the chosen token into sight inside the strip only; scrollIntoView would move the page.
    const box = cells[at], left = box.offsetLeft - host.offsetLeft;
    const outside = left < host.scrollLeft || left + box.offsetWidth > host.scrollLeft + host.clientWidth;
    if (outside) host.scrollLeft = left - host.clientWidth / 2;
  };
  host.addEventListener("click", event => { const cell = event.target.closest("[data-i]"); if (cell) choose(+cell.dataset.i); });
  host.addEventListener("keydown", event => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: cells.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(Math.max(0, Math.min(cells.length - 1, to)));
    cells[at].focus({ preventScroll: true });
  });
  return { draw };
};
