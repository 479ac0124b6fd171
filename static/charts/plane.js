/* A plane of vectors: axes in equal units, that widen at once and narrow late, so that steps can be compared. */
import { num } from "../core/numbers.js";
import { setText } from "../core/text.js";

const PAD = { left: 46, right: 18, top: 14, bottom: 34 }, MARGIN = .07, CALM = 16, ROOMY = .8;
const svgNode = name => document.createElementNS("http://www.w3.org/2000/svg", name);

/** Attributes of an svg node, written only where they differ. */
export const svgAttr = (node, values) => {
  for (const [name, value] of Object.entries(values)) {
    const text = typeof value === "number" ? String(Math.round(value * 10) / 10) : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
  return node;
};
/** Stands a node at a place by its transform, which spares a text its layout. */
export const svgMove = (node, [x, y], values = {}) => svgAttr(node, { transform: `translate(${Math.round(x * 2) / 2} ${Math.round(y * 2) / 2})`, ...values });
/** Exactly `count` nodes of a kind inside a group; the ones there are kept. */
export const svgPool = (group, name, count) => {
  while (group.childNodes.length < count) group.append(svgNode(name));
  while (group.childNodes.length > count) group.lastChild.remove();
  return [...group.childNodes];
};
const tidy = span => [1, 2, 5, 10].map(m => m * 10 ** Math.floor(Math.log10(span / 5))).find(step => span / step <= 6) ?? span;

/** `draw(points, key, titles)` lays the axes for all points ([x, y]; another key starts anew) and returns
    { at([x, y]) -> [px, px], wide, high }. `layers`: the groups to draw in, by name. */
export const svgPlane = (host, names, ratio) => {
  host.classList.add("svg-plane");
  host.innerHTML = `<svg tabindex="0" role="img">${["grid", ...names].map(name => `<g class="${name}"></g>`).join("")}</svg>
    <div class="hover-card" hidden></div>`;
  const [svg, card] = host.children, layers = Object.fromEntries([...svg.children].map(g => [g.getAttribute("class"), g]));
  let wide = 0, /** @type {number[][] | null} */ range = null, known = "", calm = 0, again = () => {};

  const needed = points => [0, 1].map(i => {
    let low = Infinity, high = -Infinity;
    for (const point of points) { low = Math.min(low, point[i]); high = Math.max(high, point[i]); }
    if (!(high > low)) { low -= .5; high += .5; }
    return [low - MARGIN * (high - low), high + MARGIN * (high - low)];
  });
  const fit = (points, key) => {
    const need = needed(points);
    if (key !== known || !range) { known = key; calm = 0; return range = need; }
    const was = range, small = need.some(([low, high], i) => high - low < ROOMY * (was[i][1] - was[i][0]));
    calm = small ? calm + 1 : 0;
    if (calm > CALM) { calm = 0; return range = need; }
    return range = range.map(([low, high], i) => [Math.min(low, need[i][0]), Math.max(high, need[i][1])]);
  };
  const grid = (at, scale, box, titles) => {
    const step = tidy(Math.max(box.w, box.h) / scale), lines = [], words = [], [x0, y0] = [PAD.left, PAD.top];
    const ticks = (i, low, high) => { const found = []; for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(n * step); return found; };
    const [left, top] = box.from(x0, y0), [right, bottom] = box.from(x0 + box.w, y0 + box.h);
    const said = value => num(Math.abs(value) < step / 2 ? 0 : +value.toPrecision(6));
    for (const value of ticks(0, left, right)) {
      const [x] = at([value, 0]);
      lines.push([x, y0, x, y0 + box.h, value]);
      words.push([x, y0 + box.h + 14, said(value), "middle"]);
    }
    for (const value of ticks(1, bottom, top)) {
      const [, y] = at([0, value]);
      lines.push([x0, y, x0 + box.w, y, value]);
      words.push([x0 - 5, y + 4, said(value), "end"]);
    }
    words.push([x0 + box.w, y0 + box.h + 29, titles[0], "end"], [0, 0, titles[1], "end"]);
    const [ruled, told] = [svgPool(layers.grid.firstChild, "line", lines.length), svgPool(layers.grid.lastChild, "text", words.length)];
    lines.forEach(([x1, y1, x2, y2, value], i) => svgAttr(ruled[i], { x1, y1, x2, y2, class: Math.abs(value) < step / 2 ? "zero" : "" }));
    words.forEach(([x, y, text, anchor], i) => { svgAttr(told[i], { x, y, "text-anchor": anchor, transform: "" }); setText(told[i], text); });
    svgAttr(told.at(-1), { x: 0, y: 0, transform: `translate(11 ${y0}) rotate(-90)` });
  };
  layers.grid.append(svgNode("g"), svgNode("g"));

  const draw = (points, key, titles) => {
    wide = wide || host.clientWidth;
    if (!wide || !points.length) return null;
    const high = Math.round(Math.max(260, Math.min(ratio * wide, 520))), [[x0, x1], [y0, y1]] = fit(points, key);
    const box = { w: wide - PAD.left - PAD.right, h: high - PAD.top - PAD.bottom };
    const scale = Math.min(box.w / (x1 - x0), box.h / (y1 - y0)), middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    const at = ([x, y]) => [PAD.left + box.w / 2 + (x - middle[0]) * scale, PAD.top + box.h / 2 - (y - middle[1]) * scale];
    box.from = (px, py) => [middle[0] + (px - PAD.left - box.w / 2) / scale, middle[1] - (py - PAD.top - box.h / 2) / scale];
    svgAttr(svg, { viewBox: `0 0 ${wide} ${high}`, height: high });
    grid(at, scale, box, titles);
    return { at, wide, high };
  };
  new ResizeObserver(([entry]) => { wide = Math.round(entry.contentRect.width); if (wide) again(); }).observe(host);
  /** The card stands beside a place of the plane, inside of it. */
  const tell = (html, [x, y] = [0, 0]) => {
    card.hidden = !html;
    if (!html) return;
    card.innerHTML = html;
    const left = Math.max(0, Math.min(x + 14, wide - card.offsetWidth)), top = y - card.offsetHeight - 12;
    Object.assign(card.style, { left: `${left}px`, top: `${top < 0 ? y + 14 : top}px` });
  };
  /** The place of the pointer, in the svg's own units.
      @type {(event: MouseEvent) => [number, number]} */
  const place = event => { const box = svg.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  return { draw, layers, svg, tell, place, resized: act => { again = act; } };
};

/** Index of the place nearest to another, within a reach in px; -1: none. */
export const svgNearest = (places, [x, y], reach) => {
  let best = -1, least = reach;
  places.forEach(([px, py], i) => { const far = Math.hypot(px - x, py - y); if (far < least) { least = far; best = i; } });
  return best;
};
/** Index of the place to go to by an arrow key from `from`: near, and in that direction. */
export const svgTowards = (places, from, [dx, dy]) => {
  let best = from, least = Infinity;
  places.forEach(([x, y], i) => {
    const along = (x - places[from][0]) * dx + (y - places[from][1]) * dy;
    const across = Math.abs((x - places[from][0]) * dy) + Math.abs((y - places[from][1]) * dx);
    if (i !== from && along > .5 && along + 2 * across < least) { least = along + 2 * across; best = i; }
  });
  return best;
};
export const svgArrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
