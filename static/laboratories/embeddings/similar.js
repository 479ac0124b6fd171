/* One-hot or dense: the cosines of some words as two matrices that share words, colours and the cell that is looked at. */
import { say } from "../../core/announce.js";
import { colourTable, inkOn, paintCells } from "../../core/colours.js";
import { onKey } from "../../core/keys.js";
import { mount, mountOf } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { rich } from "../../core/rich.js";
import { esc, reader, setText } from "../../core/text.js";
import { segmentedChoice } from "../../controls/choice.js";
import { tableView } from "../../charts/table.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const CELL = 30, LEAST = 14, LARGE = 24, LEFT = 74, TOP = 66, TYPED_MS = 250;
const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="similar"><div class="tools">
    <form class="own ask"><input aria-label="Words, parted by commas or spaces" autocomplete="off" spellcheck="false"></form>
    <span class="tool"><span class="lab">vectors of</span><span data-t="kind"></span></span>
    <span class="tool legend"><span class="axt">−1</span><canvas width="255" height="1" aria-hidden="true"></canvas><span class="axt">1, cosine</span></span>
    <span class="grow"></span><span class="tool last"><span data-t="view"></span></span></div>
  <p class="bad" role="status" hidden></p>
  <div class="wordmaps pic">${["hot", "dense"].map(name => `<section data-m="${name}"><div class="pt"><h2></h2><span></span></div>
    <div class="simgrid" tabindex="0" role="application"><div class="xs"></div><div class="ys"></div>
      <div class="well"><canvas role="img" aria-label="Cosines of pairs of words, before they have come"></canvas><canvas class="numbers" aria-hidden="true"></canvas><div class="cell" hidden></div></div>
      <div class="hover-card" hidden></div></div></section>`).join("")}</div><div class="twin"></div></div>`;
const text = x => x.toFixed(2).replace("-", "−"), byte = x => Math.round((Math.max(-1, Math.min(1, x)) + 1) * 127);

const matrix = (section, point) => {
  const $ = name => section.querySelector(name), grid = $(".simgrid"), canvas = $("canvas"), numbers = $(".numbers"), card = $(".hover-card");
  let side = CELL, words = [], rows = [], laid = "", width = 0, classes = [];
  const lay = () => {
    side = Math.max(LEAST, Math.min(CELL, Math.floor((width - LEFT - 4) / words.length)));
    const key = `${side} ${words}`;
    if (key === laid) return;
    laid = key;
    const label = (word, i, axis) => `<span class="ax ${axis}" title="${esc(word)}" style="${axis === "x" ? "left" : "top"}:${(i + .5) * side}px">${esc(word)}</span>`;
    $(".xs").innerHTML = words.map((word, i) => label(word, i, "x")).join("");
    $(".ys").innerHTML = words.map((word, i) => label(word, i, "y")).join("");
    grid.style.height = `${TOP + side * words.length}px`;
    Object.assign($(".well").style, { width: `${side * words.length}px`, height: `${side * words.length}px` });
  };
  const paint = () => {
    if (!width || !words.length) return;
    lay();
    const n = words.length, table = colourTable("div"), scale = devicePixelRatio || 1;
    paintCells(canvas, Uint8Array.from(rows.flat(), byte), 0, n, n, table);
    numbers.hidden = side < LARGE;
    if (numbers.hidden) return;
    numbers.width = numbers.height = Math.round(side * n * scale);
    const context = numbers.getContext("2d");
    context.scale(scale, scale);
    Object.assign(context, { font: `11px ${getComputedStyle(document.body).getPropertyValue("--sans")}`, textAlign: "center", textBaseline: "middle" });
    rows.forEach((row, i) => row.forEach((x, j) => {
      context.fillStyle = inkOn(table[byte(x)]);
      const short = Math.abs(x) >= .995 || Math.abs(x) < .005 ? String(Math.round(x)).replace("-0", "0").replace("-", "−") : text(x).replace("0.", ".");
      context.fillText(short, (j + .5) * side, (i + .5) * side + .5);
    }));
  };
  const at = event => {
    const box = $(".well").getBoundingClientRect(), [i, j] = [event.clientY - box.top, event.clientX - box.left].map(x => Math.floor(x / side));
    return i >= 0 && j >= 0 && i < words.length && j < words.length ? [i, j] : null;
  };
  $(".well").addEventListener("pointermove", event => point(at(event)));
  $(".well").addEventListener("pointerleave", () => point(null));
  grid.addEventListener("blur", () => point(null));
  grid.addEventListener("keydown", event => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") point(null);
    else if (by) {
      point(([i, j]) => [i + by[0], j + by[1]].map(x => Math.max(0, Math.min(words.length - 1, x))));
      say(card.textContent);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  new ResizeObserver(([entry]) => { width = entry.contentRect.width; paint(); }).observe(grid);
  return {
    draw(title, note, nextWords, nextRows, kinds) {
      [words, rows, classes] = [nextWords, nextRows, kinds];
      setText($("h2"), title);
      setText($(".pt span"), note);
      canvas.setAttribute("aria-label", `Cosines of ${words.length} words, ${title}: ${words.join(", ")}`);
      grid.setAttribute("aria-label", `${title}: arrow keys choose a pair`);
      paint();
    },
    mark(cell) {
      $(".cell").hidden = card.hidden = !cell;
      if (!cell) return;
      const [i, j] = cell, kind = c => classes[c] ? ` <span class="muted">${esc(classes[c])}</span>` : "";
      Object.assign($(".cell").style, { width: `${side + 2}px`, height: `${side + 2}px`, transform: `translate(${j * side - 1}px, ${i * side - 1}px)` });
      card.innerHTML = `<b>${esc(words[i])}</b>${kind(i)} · <b>${esc(words[j])}</b>${kind(j)} &nbsp;<b>${text(rows[i][j])}</b>`;
      const left = Math.min(LEFT + (j + 1) * side + 8, Math.max(0, width - card.offsetWidth));
      card.style.transform = `translate(${left}px, ${Math.max(0, TOP + i * side - card.offsetHeight - 6)}px)`;
    },
  };
};

/** @type {Make} */
export const similar = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), box = $(".ask input"), twin = tableView($(".twin"));
  let /** @type {Json} */ value = null, /** @type {[number, number] | null} */ cell = null;
  let table = false, waiting = 0;
  const point = to => {
    cell = typeof to === "function" ? to(cell ?? [0, 0]) : to;
    both.forEach(each => each.mark(cell));
  };
  const both = [...root.querySelectorAll("[data-m]")].map(section => matrix(section, point));
  const kind = segmentedChoice($("[data-t=kind]"), "Vectors of", id => trigger("method", { kind: id }));
  const view = segmentedChoice($("[data-t=view]"), "Picture or table", id => show(id === "table"));
  const show = yes => {
    table = yes;
    $(".similar").classList.toggle("as-table", table);
    view.draw([["picture", "Picture"], ["table", "Table"]], table ? "table" : "picture");
  };
  const draw = next => {
    value = next;
    if (!value.words) return;
    const words = read("words", value.words), classes = read("classes", value.classes), hot = read("hot", value.hot), dense = read("dense", value.dense);
    const sizes = read("sizes", value.sizes);
    setText($("h1"), value.title);
    rich($(".lens-head p"), value.html);
    if (document.activeElement !== box) box.value = value.typed;
    setText($(".bad"), value.error);
    $(".bad").hidden = !value.error;
    kind.draw([["skip-gram", "skip-gram"], ["CBOW", "CBOW"]], value.kind);
    cell = null;
    both[0].draw("One-hot", `${num(sizes[0])} numbers per word`, words, hot, classes);
    both[1].draw("Dense", `${num(sizes[1])} numbers per word, ${value.where}`, words, dense, classes);
    point(null);
    paintCells($(".legend canvas"), Uint8Array.from({ length: 255 }, (_, i) => i), 0, 255, 1, colourTable("div"));
    twin.draw({ name: "cosines", title: "Cosines", columns: ["word", "and", "one-hot", { label: "dense", digits: 3 }].map(each => each === "and" ? { label: each, align: "left" } : each),
      rows: words.flatMap((a, i) => words.slice(i + 1).map((b, j) => [a, b, hot[i][i + 1 + j], dense[i][i + 1 + j]])) });
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => trigger("compare", { text: box.value }), TYPED_MS);
  });
  $(".ask").addEventListener("submit", event => event.preventDefault());
  onKey(root, "t", () => show(!table));
  show(false);
  mount(element, props, watch, draw);
  trigger("open", {});
};
