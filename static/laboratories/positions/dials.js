/* Rotating pairs: a dial each, with the query's hand filled and the key's open; one of them large, with its two channels
   as axes. Positions are the server's; "Turn" moves both on here, at the same distance. */
import { iconHtml } from "../../core/icons.js";
import { focusIn, isSeen, mount, mountOf } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { onDo } from "../../core/rich.js";
import { reader, setText } from "../../core/text.js";
import { exportMenu } from "../../controls/export.js";
import { svgCopy, svgGroup, svgText } from "../../charts/svg-file.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const TURN_MS = 90, STEP = 0.25;                       // tokens per frame: slow enough that the fastest pair is followed
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const place = (angle, radius) => [50 + radius * Math.cos(angle), 50 - radius * Math.sin(angle)].map(x => x.toFixed(2));
const signed = (x, digits = 2) => x.toFixed(digits).replace("-", "−");
const tokens = wave => wave < 100 ? wave.toFixed(1) : num(Math.round(wave));

/** The angle between the hands, from the key's to the query's, the short way round. */
const between = (theta, query, key) => Math.atan2(Math.sin((query - key) * theta), Math.cos((query - key) * theta));
const wedge = (from, by, radius) => {
  const [[x0, y0], [x1, y1]] = [place(from, radius), place(from + by, radius)];
  return `M50 50L${x0} ${y0}A${radius} ${radius} 0 0 ${by > 0 ? 0 : 1} ${x1} ${y1}Z`;
};
const face = (theta, query, key) => {
  const [qx, qy] = place(query * theta, 40), [kx, ky] = place(key * theta, 40);
  return `<circle class="rim" cx="50" cy="50" r="44"/><path class="wedge" d="${wedge(key * theta, between(theta, query, key), 20)}"/>
    <path class="hand k" d="M50 50L${kx} ${ky}"/><circle class="end k" cx="${kx}" cy="${ky}" r="4"/>
    <path class="hand q" d="M50 50L${qx} ${qy}"/><circle class="end q" cx="${qx}" cy="${qy}" r="5"/>`;
};
const dial = ([pair, theta], { query, key, chosen }) => `<button data-do='set:{"pair": ${pair}}' aria-pressed="${pair === chosen}">
  <svg viewBox="3 3 94 94" aria-hidden="true">${face(theta, query, key)}</svg>
  <span><b>pair ${pair}</b> cos ${signed(Math.cos(between(theta, query, key)))}<br>turn ${tokens(2 * Math.PI / theta)} tokens</span></button>`;

/** The chosen pair as a plane: where query and key point before they turn (dotted), and at their positions. */
const plane = ({ channels, query: q, key: k, theta }, { query, key, amplitude }) => {
  const most = 1.15 * Math.max(Math.hypot(...q), Math.hypot(...k)) * amplitude, scale = 42 / most;
  const turn = (/** @type {number[]} */ [a, b], by, grow = amplitude) => [a * Math.cos(by) - b * Math.sin(by), b * Math.cos(by) + a * Math.sin(by)].map(x => x * grow);
  const at = (/** @type {number[]} */ [a, b]) => [50 + a * scale, 50 - b * scale].map(x => Number(x.toFixed(2)));
  const [Q, K] = [turn(q, query * theta), turn(k, key * theta)], [q0, k0, q1, k1] = [turn(q, 0, 1), turn(k, 0, 1), Q, K].map(at);
  const orbit = v => `<circle class="orbit" cx="50" cy="50" r="${(Math.hypot(...v) * scale).toFixed(2)}"/>`;
  const dot = Q[0] * K[0] + Q[1] * K[1];
  return { dot, svg: `<path class="axis" d="M4 50H96M50 4V96"/>${orbit(Q)}${orbit(K)}
    <text class="t" x="96" y="48" text-anchor="end">channel ${channels[0]}</text><text class="t" x="52" y="8">channel ${channels[1]}</text>
    <path class="hand was" d="M50 50L${q0}M50 50L${k0}"/><path class="hand k" d="M50 50L${k1}"/><circle class="end k" cx="${k1[0]}" cy="${k1[1]}" r="2"/>
    <path class="hand q" d="M50 50L${q1}"/><circle class="end q" cx="${q1[0]}" cy="${q1[1]}" r="2.4"/>
    <text class="t n" x="${q1[0]}" y="${q1[1] - 4}">q</text><text class="t n" x="${k1[0]}" y="${k1[1] - 4}">k</text>` };
};

/** The dials side by side for a file, each with its words below. */
const rowOf = host => {
  const side = 140, buttons = [...host.children], words = button => button.innerText.split("\n");
  const one = (button, i) => svgGroup(i * side + 5, 5, svgCopy(button.querySelector("svg"), side - 10, side - 10).markup
    + words(button).map((text, line) => svgText(2, side + 4 + 16 * line, text)).join(""));
  return { markup: buttons.map(one).join(""), w: side * buttons.length, h: side + 36 };
};

export const dials = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader(), name = props.large ? "plane" : "pairs";
  root.innerHTML = `<section class="rotating"><div class="pt"><h2></h2><span></span><span class="grow"></span><span class="menu"></span>
    <button class="b small turn"></button></div><div class="${props.large ? "plane" : "dials"}" role="group"></div><p class="told"></p></section>`;
  const [section] = root.children, title = root.querySelector("h2"), note = title.nextElementSibling, host = section.children[1];
  const button = root.querySelector(".turn"), told = root.querySelector(".told");
  let /** @type {Json} */ value = null, moved = 0, timer = 0, shown = "";

  const draw = () => {
    const pairs = read("pairs", value.pairs) ?? [], chosen = read("pair", value.pair);
    section.hidden = !pairs.length;
    if (!pairs.length) return stop();
    const now = { ...value, query: value.query + moved, key: value.key + moved };
    const whole = x => num(Math.round(x)), apart = Math.abs(value.query - value.key);
    const numbers = ["Eight", "Seven", "Six", "Five", "Four", "Three", "Two", "One"][8 - pairs.length] ?? pairs.length;
    setText(title, props.large ? `Pair ${value.chosen}: two channels as a plane` : `${numbers} of the ${value.total} rotating pairs`);
    setText(note, props.large ? "dotted before they turn"
      : `query at position ${whole(now.query)} (filled), key at ${whole(now.key)} (open); the score sees only the angle between them`);
    if (props.large) {
      const { svg, dot } = plane(chosen, now);
      host.innerHTML = `<svg viewBox="0 0 100 100" role="img" aria-label="Query and key of pair ${value.chosen}, turned">${svg}</svg>`;
      setText(told, `q · k of this pair: ${signed(dot)}, at any two positions ${apart} apart.`);
      return;
    }
    const html = pairs.map(pair => dial(pair, now)).join("");
    const had = focusIn(host)?.dataset.do ?? null;
    if (html !== shown) host.innerHTML = shown = html;
    if (had) [...host.children].find(child => child.dataset.do === had)?.focus({ preventScroll: true });
  };
  const face = on => { button.innerHTML = iconHtml(on ? "pause" : "play") + (on ? "Stop" : "Turn"); button.setAttribute("aria-pressed", on); };
  const stop = () => { clearInterval(timer); timer = 0; face(false); };
  const step = by => {
    if (!section.isConnected || !isSeen(section)) return stop();
    moved += by;
    draw();
  };
  button.title = "Query and key move on together: every hand turns, the angles between stay";
  button.addEventListener("click", () => {
    if (still()) return step(1);                       // reduced motion: one position for each press
    if (timer) { moved = 0; stop(); return draw(); }
    face(true);
    timer = setInterval(() => step(STEP), TURN_MS);
  });
  button.hidden = props.large;
  exportMenu(root.querySelector(".menu"), { name: () => name, picture: () => props.large ? svgCopy(host.querySelector("svg"), 480, 480) : rowOf(host) });
  onDo(host, action => trigger("do", { action }));
  face(false);
  mount(element, props, watch, next => { value = next; if (!timer) moved = 0; draw(); }, { always: true });
};
