/* Load per expert as bars against the capacity, and the same over training as a heat map whose rows are the bars' rows. */
import { bytesOf, colourTable, paintCells, rampOf } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { esc, setHtml, setText } from "../../core/text.js";
/** @import { Json } from "../../core/values.js" */

const HTML = `<div class="load"><div class="pt o1"><h2></h2><span class="what"></span></div>
    <div class="pt o4"><h2>Load over training</h2><span>each update by itself, relative to a uniform load</span></div>
    <div class="o2 names" role="listbox" aria-label="Experts; arrows move"></div>
    <div class="o3 top20"><div class="plot"></div><div class="axrow"></div></div>
    <div class="o5 top20"><div class="heat"><canvas role="img"></canvas><div class="marks"></div></div><div class="axrow"></div></div></div>
  <div class="under"><button class="b small quiet" data-k="sort" aria-pressed="false">Sort by load</button>
    <button class="b small" data-k="ablate">Ablate <b></b> <kbd>A</kbd></button><button class="b small quiet" data-k="force">Send everything to it</button>
    <span class="grow"></span><span class="axt">load ÷ uniform, fixed scale</span><span class="divscale"><i></i>
    <span><span>0</span><span>1</span><span>≥ 2</span></span></span></div>`;
const CALM = 24;                                       // frames a smaller scale has to be enough before it is taken
const TOPS = [2.2, 4.4, 8.8, 17.6, 35.2, 70.4];        // times the uniform load: the scale widens at once and narrows late
const height = experts => experts <= 8 ? 30 : experts <= 16 ? 20 : experts <= 32 ? 13 : 8;
export const expertColour = e => `var(--cat-${e % 16})`;

export const expertLoad = (host, { select, ablate, force }) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), [barAxis, heatAxis] = host.querySelectorAll(".axrow"), canvas = $("canvas");
  $(".divscale i").style.background = rampOf("div");
  let built = "", order = [], sorted = false, top = 0, calm = 0, run = "", bars = [], /** @type {Json} */ last = null;

  const build = ({ experts }) => {
    const high = height(experts), every = experts > 32 ? 8 : high < 13 ? 4 : 1;
    host.style.setProperty("--row", `${high}px`);
    host.style.setProperty("--experts", experts);
    host.classList.toggle("tight", experts > 16);
    host.classList.toggle("dense", experts > 32);
    const row = (_, i) => `<div class="bar" data-i="${i}"><i class="took"></i><i class="over"></i><span class="num"></span></div>`;
    $(".plot").innerHTML = Array.from({ length: experts }, row).join("") + `<div class="vline thin"><span></span></div><div class="vline cap"><span></span></div>`;
    $(".names").innerHTML = Array.from({ length: experts }, (_, i) =>
      `<button class="el" role="option" data-i="${i}" tabindex="-1"><i class="sw"></i><b${i % every ? ' class="between"' : ""}></b></button>`).join("");
    bars = [...host.querySelectorAll(".bar")];
  };
  const axis = (node, marks, title) => {
    const html = marks.map(([at, text]) => `<span style="left:${at}%">${text}</span>`).join("") + `<span class="title">${title}</span>`;
    setHtml(node, html);
  };
  const scale = ({ load, names, layer, heat }) => {
    const now = `${names[layer]} ${load.tokens}`, ratio = Math.max(...load.demand) / (load.uniform || 1);
    const needs = TOPS.find(each => each >= Math.max(ratio, load.capacity / (load.uniform || 1) || 0)) ?? TOPS[TOPS.length - 1];
    if (run !== now || heat.steps.length < 3) { run = now; top = 0; }
    calm = needs < top ? calm + 1 : 0;
    if (needs > top || calm > CALM) { top = needs; calm = 0; }
    return top * load.uniform || 1;
  };
  const tidy = most => [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000].find(step => most / step <= 6) ?? 50000;

  const drawBars = (frame, most) => {
    const { load } = frame, percent = n => 100 * n / most, roomy = frame.experts <= 32, wide = $(".plot").clientWidth || 1;
    order.forEach((e, i) => {
      const [took, over, number] = bars[i].children, asked = load.demand[e], dropped = asked - load.load[e];
      Object.assign(took.style, { width: `${percent(load.load[e])}%`, background: expertColour(e) });
      Object.assign(over.style, { left: `${percent(load.load[e])}%`, width: `${percent(dropped)}%` });
      number.style.left = `${percent(asked)}%`;
      const html = roomy ? `<b>${num(asked)}</b>${dropped ? ` <span class="muted">${num(dropped)} dropped</span>` : ""}` : "";
      setHtml(number, html);
      bars[i].title = `E${e}: ${num(asked)} asked, ${num(load.load[e])} taken, ${num(dropped)} dropped`;
      bars[i].classList.toggle("on", e === frame.expert);
      number.classList.toggle("inside", 100 - percent(asked) < 100 * (8 + 7 * number.textContent.length) / wide);
    });
    [...$(".names").children].forEach((button, i) => {
      const e = order[i];
      button.querySelector(".sw").style.background = expertColour(e);
      setText(button.querySelector("b"), `E${e}`);
      button.setAttribute("aria-label", bars[i].title);
      button.setAttribute("aria-selected", e === frame.expert);
      button.tabIndex = e === frame.expert ? 0 : -1;
    });
    const line = (node, at, text) => {
      node.hidden = !at || at > most;
      node.style.left = `${percent(at)}%`;
      setText(node.firstChild, text);
    };
    const full = load.capacity, close = full && Math.abs(full - load.uniform) / most < .3;
    const [thin, cap] = host.querySelectorAll(".vline");
    line(thin, load.uniform, `uniform ${num(Math.round(load.uniform))}`);
    line(cap, full, `capacity ${num(full)}`);
    thin.classList.toggle("flip", !full || full >= load.uniform);
    cap.classList.toggle("flip", !!full && close && full < load.uniform || percent(full) > 80);
    const step = tidy(most), ticks = [];
    for (let n = 0; n <= most * .86; n += step) ticks.push([percent(n), num(n)]);
    axis(barAxis, ticks, "choices");
  };
  const drawHeat = frame => {
    const { heat, experts } = frame, wide = heat.steps.length, marks = $(".marks");
    if (!wide) { canvas.width = 0; marks.innerHTML = ""; return axis(heatAxis, [], "no update yet"); }
    const cells = bytesOf(heat.cells), rows = new Uint8Array(cells.length);
    order.forEach((e, i) => rows.set(cells.subarray(e * wide, (e + 1) * wide), i * wide));
    paintCells(canvas, rows, 0, wide, experts, colourTable("div"));
    const first = heat.steps[0], end = heat.steps.at(-1), at = step => 100 * (step - first) / Math.max(1, end - first);
    canvas.setAttribute("aria-label", `Load of each expert relative to uniform, steps ${first} to ${end}`);
    const html = frame.marks.filter(([step]) => step >= first && step <= end).map(([step, text], i) =>
      `<div class="chg${at(step) > 55 ? " left" : ""}" style="left:${at(step)}%"><span style="top:${-17 - 13 * (i % 2)}px">${esc(text)}</span></div>`).join("");
    setHtml(marks, html);
    const steps = [...new Set([0, .25, .5, .75].map(part => Math.round(first + part * (end - first))))].filter(step => step < end);
    axis(heatAxis, steps.map(step => [at(step), num(step)]), `step ${num(end)}`);
  };
  const draw = frame => {
    last = frame;
    if (built !== `${frame.experts}`) { build(frame); built = `${frame.experts}`; }
    order = Array.from({ length: frame.experts }, (_, e) => e);
    if (sorted) order.sort((a, b) => frame.load.demand[b] - frame.load.demand[a] || a - b);
    setText($(".o1 h2"), frame.on === "batch" ? `Load at step ${num(frame.step)}` : "Load of the probe");
    setText($(".what"), `${num(frame.load.tokens)} tokens × ${frame.load.choices}`);
    setText($("[data-k=ablate] b"), `E${frame.expert}`);
    drawBars(frame, scale(frame));
    drawHeat(frame);
  };
  /** The expert under the pointer is named, where there are too many to name all. */
  const point = at => [...$(".names").children].forEach((button, i) => button.classList.toggle("at", i === at));
  host.addEventListener("pointerover", event => point(+(event.target.closest("[data-i]")?.dataset.i ?? -1)));
  host.addEventListener("pointerleave", () => point(-1));
  const of = event => { const row = event.target.closest("[data-i]"); return row ? order[+row.dataset.i] : null; };
  host.addEventListener("click", event => {
    const act = { sort: () => { sorted = !sorted; $("[data-k=sort]").setAttribute("aria-pressed", sorted); draw(last); }, ablate, force }[event.target.closest("[data-k]")?.dataset.k];
    if (act) return act();
    const e = of(event);
    if (e !== null) select(e);
  });
  $(".names").addEventListener("keydown", event => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = $(".names").children[order.indexOf(last.expert) + by];
    if (next) { next.focus({ preventScroll: true }); select(order[+next.dataset.i]); }
  });
  return { draw };
};
