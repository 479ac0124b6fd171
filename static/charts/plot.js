/* A chart on the page, redrawn in place: names of its curves that switch them, a card for the place under the pointer or
   reached with the arrows, a part of it dragged out to be seen larger, a table and files. */
import { say } from "../core/announce.js";
import { saveBlob } from "../core/files.js";
import { mount, mountOf } from "../core/mount.js";
import { fillSlot } from "../core/slots.js";
import { esc, reader, setHtml } from "../core/text.js";
import { exportMenu } from "../controls/export.js";
import { curvesFile, curvesPicture } from "./curves.js";
import { asPlotly } from "./plotly-figure.js";
import { pageOf } from "./plotly.js";
import { nearest, placesOf, readAt, tableOf } from "./reading.js";
import { paintShapes } from "./shapes.js";
import { svgTitled } from "./svg-file.js";
import { tableView } from "./table.js";
/** @import { Json } from "../core/values.js"
    @import { Make, Props } from "../core/widget.js"
    @import { Figure } from "./reading.js" */

const DRAGGED = 6, FLAT = 14, SAVED = 640;             // px: what is a drag, one along x alone, and how wide a file is at least
const html = (/** @type {Props} */ { title, note }, tall) => {
  const words = title ? `<h2>${esc(title)}</h2><span>${esc(note)}</span>` : "";
  return `<div class="pt${title ? "" : " bare"}">${words}<span class="grow"></span><button class="b small quiet whole" hidden>Whole chart</button>
      <span class="menu"></span><button class="b small quiet" data-table aria-pressed="false">Table</button></div>
    <div class="chart"><div class="drawn" style="height:${tall}px" tabindex="0" role="img" aria-label="${esc(title || "chart")}" aria-description="Arrow keys read the values">
        <canvas aria-hidden="true"></canvas><svg aria-hidden="true"><g></g><g class="read"></g></svg></div>
      <div class="ends"></div><i class="dragged" hidden></i><div class="hover-card" hidden></div></div><div class="plot-table" hidden></div>`;
};

/** @type {WeakMap<Element, () => Json>} */
const pictures = new WeakMap();
/** The chart inside a node as it goes into a file, or nothing.
    @type {(node: Element) => Json} */
export const chartPicture = node => pictures.get(node)?.();

/** props: title and note (heading above, optional), said (aria-label), tall (px), slot, view.
    @type {Make} */
export const plot = (element, props, trigger, watch) => {
  const node = document.createElement("div"), parse = reader(), tall = props.tall || 260;
  node.className = "plot";
  node.innerHTML = html(props, tall);
  const $ = name => node.querySelector(name), area = $(".chart"), drawn = $(".drawn"), canvas = $("canvas"), svg = $("svg"), [texts, read] = svg.children, card = $(".hover-card");
  const ends = $(".ends"), table = $(".plot-table"), swap = $("[data-table]"), dragged = $(".dragged");
  const heading = () => props.value?.title || props.title || "";
  const name = () => (props.title || "chart").toLowerCase().replace(/\W+/g, "-");
  const /** @type {Set<string>} */ hidden = new Set();
  let /** @type {Figure | null} */ figure = null, /** @type {Json} */ picture = null, /** @type {{x?: number[], y?: number[]}} */ view = {};
  let /** @type {number | null} */ place = null, /** @type {number[] | null} */ start = null;
  let /** @type {ReturnType<typeof tableView> | null} */ twin = null;
  let width = 0, kind = "", built = "", held = false;
  props.slot ? fillSlot(props.slot, node) : mountOf(element).append(node);

  /* ---- drawing ---- */
  const names = () => {
    const all = picture.ends, key = JSON.stringify(all.map(({ name, words, colour }) => [name, words, colour]));
    if (built !== key) {
      built = key;
      ends.innerHTML = all.map(({ words, colour }) =>
        `<button aria-pressed="true"><i style="background:${colour}"></i>${words.map(esc).join("<br>")}</button>`).join("");
    }
    ends.classList.toggle("flow", picture.flow);
    [...ends.children].forEach((button, i) => {
      const { x, y, right } = all[i];
      button.disabled = all.length < 2;
      button.setAttribute("aria-pressed", !hidden.has(all[i].name));
      button.style.transform = picture.flow ? "" : `translate(${Math.round(x)}px, ${y.toFixed(1)}px) translate(${right ? -100 : 0}%, -50%)`;
    });
  };
  const tell = () => {
    const { x, y, at, box } = { ...picture, at: place }, lines = figure?.lines ?? [];
    card.hidden = place === null || !figure;
    read.replaceChildren();
    if (card.hidden || !figure || place === null) return;
    const { at: where, values } = readAt(figure, place, hidden);
    setHtml(card, `<b>${esc(where)}</b>${values.map(([colour, name, text]) =>
      `<br><i style="background:${colour}"></i>${esc(name)} <span>${esc(text)}</span>`).join("")}`);
    const px = figure.lying ? box.left : x.at(at), py = figure.lying ? y.at(at) : box.top;
    if (!figure.bars) {
      const dots = lines.filter(line => line.name && !hidden.has(line.name)).map(({ x, y, colour }) => ({ colour, value: y[x.indexOf(at)] ?? null }))
        .filter(({ value }) => value !== null && y.at(value) >= box.top - 1 && y.at(value) <= box.bottom + 1);
      read.innerHTML = `<path d="M${px} ${box.top}V${box.bottom}"/>${dots.map(({ colour, value }) =>
        `<circle cx="${px}" cy="${y.at(value)}" r="3.5" fill="${colour}"/>`).join("")}`;
    }
    const beside = px + 12 + card.offsetWidth <= width ? px + 12 : Math.max(0, px - 12 - card.offsetWidth);
    card.style.transform = `translate(${beside}px, ${figure.lying ? py + 16 : Math.max(0, box.top)}px)`;
  };
  const draw = () => {
    if (twin) return twin.draw({ ...tableOf(figure ?? /** @type {Json} */ ({})), name: name(), title: "" });
    if (!figure?.x || !width) return;
    picture = curvesPicture(figure, width, tall, { hidden, view });
    paintShapes(canvas, picture.shapes, width, tall, picture.box);
    setHtml(texts, picture.words);
    $(".whole").hidden = !view.x;
    names();
    tell();
  };
  const see = next => {
    if (JSON.stringify([next?.x?.title, next?.y?.title]) !== kind) { view = {}; hidden.clear(); }      // another chart keeps neither
    kind = JSON.stringify([next?.x?.title, next?.y?.title]);
    figure = next;
    draw();
  };

  /* ---- reading and dragging ---- */
  const at = event => { const box = drawn.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const point = (/** @type {number[]} */ [px, py]) => {
    if (!figure || !picture) return;
    const places = placesOf(figure), found = figure.lying ? picture.y.back(py) : picture.x.back(px);
    place = places[nearest(places, found)] ?? null;
    tell();
  };
  const frame = (/** @type {number[]} */ [x0, y0], /** @type {number[]} */ [x1, y1]) => {
    const { left, right, top, bottom } = picture.box, within = (v, low, high) => Math.max(low, Math.min(high, v));
    const xs = [x0, x1].map(v => within(v, left, right)).sort((a, b) => a - b), ys = [y0, y1].map(v => within(v, top, bottom)).sort((a, b) => a - b);
    return ys[1] - ys[0] < FLAT ? { xs, ys: [top, bottom], all: true } : { xs, ys, all: false };
  };
  drawn.addEventListener("pointerdown", event => {
    if (event.pointerType === "touch" || event.button || !picture || figure?.bars) return;
    start = at(event);
    drawn.setPointerCapture(event.pointerId);
  });
  drawn.addEventListener("pointermove", event => {
    if (!picture) return;
    const now = at(event), far = start && Math.abs(now[0] - start[0]) > DRAGGED;
    dragged.hidden = !far;
    if (!far || !start) return point(now);
    const { xs, ys } = frame(start, now);
    Object.assign(dragged.style, { left: `${xs[0]}px`, width: `${xs[1] - xs[0]}px`, top: `${ys[0]}px`, height: `${ys[1] - ys[0]}px` });
  });
  drawn.addEventListener("pointerup", event => {
    if (event.pointerType === "touch") point(at(event));
    if (start && !dragged.hidden) {
      const { xs, ys, all } = frame(start, at(event)), y = all ? view.y : [picture.y.back(ys[1]), picture.y.back(ys[0])];
      view = { x: xs.map(picture.x.back), y };
      place = null;
    }
    start = null;
    dragged.hidden = true;
    draw();
  });
  const whole = () => { view = {}; draw(); };
  drawn.addEventListener("dblclick", whole);
  $(".whole").addEventListener("click", whole);
  const leave = () => { if (!held) { place = null; if (picture) tell(); } };
  drawn.addEventListener("pointerleave", event => { if (event.pointerType !== "touch") leave(); });
  drawn.addEventListener("blur", () => { held = false; leave(); });
  drawn.addEventListener("keydown", event => {
    if (event.key === "Escape") { held = false; return leave(); }
    const places = figure && picture ? placesOf(figure) : [], i = place === null ? -1 : places.indexOf(place), last = places.length - 1;
    const to = { ArrowLeft: i < 0 ? last : i - 1, ArrowRight: i + 1, ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: last }[event.key];
    if (to === undefined || !figure) return;
    event.preventDefault();
    event.stopPropagation();                           // the page's own arrows move the scrubber
    if (to < 0 || to > last) return;
    held = true;
    place = places[to];
    tell();
    const { at: where, values } = readAt(figure, place, hidden);
    say([where, ...values.map(([, name, text]) => `${name} ${text}`.trim())].join(", "));
  });
  ends.addEventListener("click", event => {
    const i = [...ends.children].indexOf(event.target.closest("button"));
    if (i < 0) return;
    const { name } = picture.ends[i];
    if (!hidden.delete(name)) hidden.add(name);
    draw();
  });

  /* ---- table and files ---- */
  const still = () => figure?.x ? curvesFile(figure, Math.max(SAVED, width), tall, { hidden, view }) : null;
  pictures.set(node, still);
  exportMenu($(".menu"), { name, of: props.title || "chart", picture: () => { const seen = still(); return seen && svgTitled(heading(), "", seen); },
    rows: () => { if (!figure?.x) return null; const { columns, rows } = tableOf(figure, Infinity); return [columns, ...rows]; } },
  [["Interactive HTML", async () => {
    if (figure?.x) saveBlob(new Blob([await pageOf(asPlotly(figure), heading())], { type: "text/html" }), `${name()}.html`);
  }]]);
  swap.addEventListener("click", () => {
    twin = twin ? null : tableView(table);
    swap.setAttribute("aria-pressed", !!twin);
    [table.hidden, area.hidden] = [!twin, !!twin];
    draw();
  });
  new ResizeObserver(([entry]) => { const now = entry.contentRect.width; if (now !== width) { width = now; draw(); } }).observe(area);
  mount(element, props, watch, value => {
    drawn.setAttribute("aria-label", value.said || props.said || heading() || "chart");
    see(parse("fig", value.fig));
  });
};
