/* Every head's mean weight by distance, layers down and heads across: one small curve each, on one scale. */
import { setText } from "../../core/text.js";
import { headTiles } from "../../charts/head-tiles.js";
import { curvePath, distanceScale } from "./distance-frame.js";

const WIDE = 100, HIGH = 60;

/** `choose(layer, head)` on press, `ablate(layer, head)` on a right click; arrows move between heads. */
export const distanceHeads = (host, { choose, ablate }) => {
  let built = "", tiles = [], heads = 0, on = -1;
  const build = frame => {
    heads = frame.heads;
    host.style.setProperty("--heads", heads);
    host.classList.toggle("dense", heads > 6);
    const tile = (layer, head) => `<button class="reach" data-l="${layer}" data-h="${head}" tabindex="-1" aria-pressed="false">
      <svg viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" aria-hidden="true"><path class="zero"/><path class="even"/><path class="w"/></svg>
      <span class="cap"><b>H${head}</b> <span class="does"></span></span></button>`;
    host.innerHTML = Array.from({ length: frame.layers }, (_, layer) => `<span class="lay" aria-hidden="true"><span class="word">layer </span>${layer}</span>`
      + Array.from({ length: heads }, (_, head) => tile(layer, head)).join("")).join("");
    tiles = [...host.querySelectorAll(".reach")];
    on = -1;
  };
  const draw = (frame, { layer, head }) => {
    const key = `${frame.layers} ${frame.heads}`, scale = distanceScale(frame);
    if (built !== key) { build(frame); built = key; }
    const x = i => (i + .5) / frame.R * WIDE, y = w => HIGH - scale.place(w) * (HIGH - 2) - 1;
    const even = curvePath(frame.even, x, y), zero = frame.first < 0 ? `M${x(-frame.first)} 0V${HIGH}` : "";
    tiles.forEach((tile, i) => {
      const l = Math.floor(i / heads), h = i % heads, [does, share] = frame.info[i], [none, usual, mine] = tile.querySelectorAll("path");
      none.setAttribute("d", zero);
      usual.setAttribute("d", even);
      mine.setAttribute("d", curvePath(frame.weights(l, h), x, y));
      mine.style.stroke = heads <= 4 ? `var(--line-${h})` : "var(--text)";
      setText(tile.querySelector(".does"), does);
      tile.classList.toggle("stands", does !== "even");
      const rest = share === null ? "" : `, distance explains ${Math.round(100 * share)} % of its scores`, spoken = `H${h} ${does}, layer ${l}${rest}`;
      if (tile.getAttribute("aria-label") !== spoken) { tile.setAttribute("aria-label", spoken); tile.title = spoken; }
    });
    const next = layer * heads + head;
    if (next === on) return;
    for (const [j, pressed] of [[on, false], [next, true]]) {
      tiles[j]?.setAttribute("aria-pressed", pressed);
      if (tiles[j]) tiles[j].tabIndex = pressed ? 0 : -1;
    }
    on = next;
  };
  headTiles(host, ".reach", () => ({ tiles, heads, on }), { choose, ablate });
  return { draw };
};
