/* One map of words on a canvas: dots where the vectors are, labels that do not collide, zoom, pan, selection. */
import { num } from "../../core/numbers.js";
import { setText } from "../../core/text.js";
import { paintWords, shareText, towards, wordCard, wordColours } from "./word-map-paint.js";
/** @import { Json } from "../../core/values.js" */

const EDGE = 14, NEAR = 14, CLICK = 4, MOST_ZOOM = 40;

/** `choose(word index)`. Returns draw(frame): {name, step, words, counts, classes (number or -1), names, xy, shares, at (index or -1), near
    ([index]), match (Set or null)}. */
export const wordMap = (host, choose) => {
  host.innerHTML = `<div class="wordmap" tabindex="0" role="application"><canvas role="img"></canvas>
    <span class="axt mx"></span><span class="axt my"></span><div class="hover-card" hidden></div>
    <div class="zooms"><button class="b small" data-z="1.6" aria-label="Zoom in">+</button><button class="b small" data-z="0.625"
      aria-label="Zoom out">−</button><button class="b small" data-z="0" aria-label="All words">All</button></div></div>`;
  const $ = name => host.querySelector(name), box = $(".wordmap"), canvas = $("canvas"), card = $(".hover-card");
  const context = canvas.getContext("2d"), shown = new Set();
  let /** @type {Json} */ frame = null, /** @type {Json} */ drag = null;
  let width = 0, height = 0, view = { x: 0, y: 0, k: 1 }, hover = -1;

  const side = () => Math.min(width, height) / 2 - EDGE;
  const place = i => [width / 2 + (frame.xy[2 * i] - view.x) * side() * view.k, height / 2 - (frame.xy[2 * i + 1] - view.y) * side() * view.k];
  const nearest = (x, y, most) => {
    let best = -1, closest = most ** 2;
    for (let i = 0; i < frame.words.length; i++) {
      const [px, py] = place(i), apart = (px - x) ** 2 + (py - y) ** 2;
      if (apart < closest) [best, closest] = [i, apart];
    }
    return best;
  };
  const paint = () => {
    if (!frame || !width) return;
    const scale = devicePixelRatio || 1, colours = wordColours(frame.names.length), places = frame.words.map((_, i) => place(i));
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const [zx, zy] = [width / 2 - view.x * side() * view.k, height / 2 + view.y * side() * view.k];
    Object.assign(context, { strokeStyle: colours.line, lineWidth: 1 });
    context.strokeRect(Math.round(zx) + .5, -1, 0, height + 2);
    context.strokeRect(-1, Math.round(zy) + .5, width + 2, 0);
    paintWords(context, { frame, places, hover, width, height, shown, colours });
    const said = frame.at < 0 ? "" : ` ${frame.words[frame.at]} is chosen; nearest: ${frame.near.map(i => frame.words[i]).join(", ")}.`;
    canvas.setAttribute("aria-label", `Map of ${frame.words.length} words by ${frame.name} after ${num(frame.step)} words read.${said}`);
    setText($(".mx"), `axis 1${shareText(frame.shares?.[0])}`);
    setText($(".my"), `axis 2${shareText(frame.shares?.[1])}`);
    const tip = hover >= 0 && places[hover];
    card.hidden = !tip;
    if (!tip) return;
    card.innerHTML = wordCard(frame, hover);
    const left = Math.max(0, Math.min(width - card.offsetWidth, tip[0] + 12)), up = tip[1] - card.offsetHeight - 10;
    card.style.transform = `translate(${left}px, ${up > 0 ? up : tip[1] + 12}px)`;
  };
  const zoom = (by, x = width / 2, y = height / 2) => {
    const k = by ? Math.max(1, Math.min(MOST_ZOOM, view.k * by)) : 1, unit = side();
    const at = [view.x + (x - width / 2) / unit / view.k, view.y - (y - height / 2) / unit / view.k];
    view = k === 1 ? { x: 0, y: 0, k } : { x: at[0] - (x - width / 2) / unit / k, y: at[1] + (y - height / 2) / unit / k, k };
    box.classList.toggle("zoomed", k > 1);
    paint();
  };
  const spot = event => { const at = canvas.getBoundingClientRect(); return [event.clientX - at.left, event.clientY - at.top]; };

  host.querySelector(".zooms").addEventListener("click", event => {
    const button = event.target.closest("[data-z]");
    if (button) zoom(+button.dataset.z);
  });
  canvas.addEventListener("pointerdown", event => { drag = { at: spot(event), view: { ...view }, far: false }; });
  canvas.addEventListener("pointermove", event => {
    if (!frame) return;
    const [x, y] = spot(event);
    if (drag && event.buttons) {
      drag.far ||= Math.hypot(x - drag.at[0], y - drag.at[1]) > CLICK;
      if (drag.far) {
        canvas.setPointerCapture(event.pointerId);
        view = { ...view, x: drag.view.x - (x - drag.at[0]) / side() / view.k, y: drag.view.y + (y - drag.at[1]) / side() / view.k };
        box.classList.add("zoomed");
      }
    } else hover = nearest(x, y, NEAR);
    canvas.style.cursor = drag?.far && event.buttons ? "grabbing" : hover >= 0 ? "pointer" : "grab";
    paint();
  });
  canvas.addEventListener("pointerleave", () => { hover = -1; paint(); });
  canvas.addEventListener("click", event => {
    const moved = drag?.far, found = frame && !moved ? nearest(...spot(event), NEAR + 6) : -1;
    drag = null;
    if (found >= 0) choose(found);
  });
  box.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== box) return;      // else the page could not be scrolled
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, ...spot(event));
  }, { passive: false });
  box.addEventListener("keydown", event => {
    if (event.target !== box || !frame) return;
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const times = { "+": 1.6, "=": 1.6, "-": .625, 0: 0 }[event.key];
    if (event.key === "Escape" && hover >= 0) { hover = -1; paint(); }
    else if (times !== undefined) zoom(times);
    else if (by) { const next = towards(frame.words.map((_, i) => place(i)), frame.at, by); if (next >= 0) { hover = next; choose(next); } }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("blur", () => { hover = -1; paint(); });
  new ResizeObserver(([entry]) => { ({ width, height } = entry.contentRect); paint(); }).observe(canvas);
  return { draw(next) { frame = next; paint(); } };
};
