/* All heads at once: layers down, heads across, one small canvas each. */
import { paintCells } from "../../core/colours.js";
import { esc, setText } from "../../core/text.js";
import { shortGlyph } from "../../core/tokens.js";
import { headTiles } from "../../charts/head-tiles.js";

/** Positions that get a tick: about four. A stride that is a multiple of the text's period would show one token four
    times, so the first stride around a quarter whose tokens differ is taken. */
const ticks = tokens => {
  const step = Math.max(1, Math.ceil(tokens.length / 4));
  const every = by => [...tokens.keys()].filter(i => i % by === 0);
  const strides = [0, -1, 1, -2, 2].map(by => step + by).filter(by => by >= 1 && by >= tokens.length / 6);
  const differ = strides.find(by => new Set(every(by).map(i => tokens[i])).size > 1);
  return every(differ ?? step);
};
const middle = (i, n) => `${((i + 0.5) / n * 100).toFixed(2)}%`;

/** `choose(layer, head)` on press, `ablate(layer, head)` on a right click; arrows move between heads. */
export const headMosaic = (host, { choose, ablate }) => {
  let built = "", tiles = [], canvases = [], plates = [], roles = [], numbers = [], on = -1, heads = 0;

  const labels = (tokens, edge, name = "") => ticks(tokens).map(i =>
    `<span class="${name}" style="${edge}:${middle(i, tokens.length)}" data-t="${esc(shortGlyph(tokens[i], 2))}"></span>`).join("");
  const tile = (frame, layer, head) => `<button class="tile" data-l="${layer}" data-h="${head}" tabindex="-1" aria-pressed="false">
    <span class="tokline" aria-hidden="true">${labels(frame.keys, "left")}</span>
    <span class="well" style="aspect-ratio:${frame.S}/${frame.T}"><canvas></canvas><span class="plate" hidden></span></span>
    <span class="cap"><b>H${head}</b> <span class="role"></span></span> <span class="cap2"></span></button>`;
  const side = (frame, layer) => `<span class="side" aria-hidden="true"><span class="lay"><span class="word">layer </span>${layer}</span>
    <span class="qks">${labels(frame.queries, "top", "qk")}</span></span>`;

  const build = frame => {
    built = frame.shape + frame.axes;
    heads = frame.heads;
    host.style.setProperty("--heads", heads);
    host.classList.toggle("dense", heads > 6);
    host.classList.toggle("fine", Math.max(frame.T, frame.S) > 48);   // more cells than pixels: let the browser average
    let html = "";
    for (let layer = 0; layer < frame.layers; layer++) {
      html += side(frame, layer);
      for (let head = 0; head < heads; head++) html += tile(frame, layer, head);
    }
    host.innerHTML = html;
    tiles = [...host.querySelectorAll(".tile")];
    const each = name => tiles.map(t => t.querySelector(name));
    canvases = each("canvas"); plates = each(".plate"); roles = each(".role"); numbers = each(".cap2");
    on = -1;
  };
  const describe = (i, info) => {
    const score = info.score ?? null, role = info.role || "no clear role", number = score === null ? "" : score.toFixed(2);
    // one place to break: where the tile is narrow, the second measure is left to the table and the hover, whole
    numbers[i].title = info.bits === null ? "No entropy: these rows are not probability distributions. Distance by absolute weight." : "";
    const rest = `${info.bits?.toFixed(1) ?? "–"}\u00a0bits ·\u00a0${info.back.toFixed(1)}\u00a0back`;
    setText(plates[i], number);
    plates[i].hidden = !number || host.classList.contains("dense") && score < 0.5;
    setText(roles[i], role.split(",")[0]);               // "one key, unnamed" does not fit; it is spoken and listed whole
    setText(numbers[i], rest);
    const spoken = `${plates[i].hidden ? "" : `${number} `}H${i % heads} ${roles[i].textContent} ${rest}, layer ${Math.floor(i / heads)}`;
    if (tiles[i].getAttribute("aria-label") === spoken) return;
    tiles[i].setAttribute("aria-label", spoken);
    tiles[i].title = host.classList.contains("dense") ? `L${Math.floor(i / heads)} H${i % heads} ${role} ${number}\n${rest}` : "";
  };
  const select = i => {
    if (i === on) return;
    for (const [j, pressed] of [[on, false], [i, true]]) {
      if (!tiles[j]) continue;
      tiles[j].setAttribute("aria-pressed", pressed);
      tiles[j].tabIndex = pressed ? 0 : -1;
    }
    on = i;
  };
  /** Repaint the canvases, unless only the selection moved. */
  const draw = (frame, { layer, head }, repaint = true) => {
    if (built !== frame.shape + frame.axes) { build(frame); repaint = true; }
    const { ablation } = frame, without = ablation ? ablation.layer * heads + ablation.head : -1;
    if (repaint) for (let i = 0; i < tiles.length; i++) {
      paintCells(canvases[i], frame.bytes, i * frame.T * frame.S, frame.S, frame.T, frame.scale.table());
      if (frame.info[i]) describe(i, frame.info[i]);
      tiles[i].classList.toggle("ablated", i === without);
    }
    select(layer * heads + head);
  };
  headTiles(host, ".tile", () => ({ tiles, heads, on }), { choose, ablate });
  return { draw };
};
