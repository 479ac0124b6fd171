/* One-hot or dense: the cosines of some words as two matrices that share words, colours and the cell that is looked at. */
import { colourTable, rampOf } from "../../core/colours.js";
import { mount, mountOf } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { rich } from "../../core/rich.js";
import { esc, reader, setText } from "../../core/text.js";
import { segmentedChoice } from "../../controls/choice.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { cellText, heatMap } from "../../charts/heat-map.js";
import { tableView } from "../../charts/table.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const CELL = 30, LEAST = 14, LEFT = 74, TOP = 66, TYPED_MS = 250;
const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="similar"><div class="tools">
    <form class="own ask"><input aria-label="Words, parted by commas or spaces" autocomplete="off" spellcheck="false"></form>
    <span class="tool"><span class="lab">vectors of</span><span data-t="kind"></span></span>
    <span class="tool legend"><span class="axt">−1</span><i></i><span class="axt">1, cosine</span></span>
    <span class="grow"></span><span class="tool last"><span data-t="view"></span></span></div>
  <p class="bad" role="status" hidden></p>
  <div class="wordmaps pic">${["hot", "dense"].map(name => `<section data-m="${name}"><div class="pt"><h2></h2><span></span></div>
    <div class="simgrid"></div></section>`).join("")}</div><div class="twin"></div></div>`;
const byte = x => Math.round((Math.max(-1, Math.min(1, x)) + 1) * 127);
const size = (width, n) => { const side = Math.max(LEAST, Math.min(CELL, Math.floor((width - LEFT - 4) / n))); return [side, side]; };

const matrix = (section, point) => {
  const $ = name => section.querySelector(name);
  let words = [], rows = [], classes = [];
  const named = i => `<b>${esc(words[i])}</b>${classes[i] ? ` <span class="muted">${esc(classes[i])}</span>` : ""}`;
  const card = (i, j) => `${named(i)} · ${named(j)} &nbsp;<b>${rows[i][j].toFixed(2).replace("-", "−")}</b>`;
  const view = heatMap($(".simgrid"), { left: LEFT, top: TOP, room: [1, 1], size, card, over: point, choose: point });
  return {
    draw(title, note, nextWords, nextRows, kinds) {
      [words, rows, classes] = [nextWords, nextRows, kinds];
      setText($("h2"), title);
      setText($(".pt span"), note);
      view.draw({ rows: words, columns: words, bytes: Uint8Array.from(rows.flat(), byte), table: colourTable("div"), written: (i, j) => cellText(rows[i][j]) || "0",
        said: `Cosines of ${words.length} words, ${title}: ${words.join(", ")}`, name: `${title}: arrow keys choose a pair` }, null);
    },
    mark: cell => view.point(cell, !!cell),
  };
};

/** @type {Make} */
export const similar = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), box = $(".ask input"), twin = tableView($(".twin"));
  let /** @type {Json} */ value = null, waiting = 0;
  const point = cell => both.forEach(each => each.mark(cell));
  const both = [...root.querySelectorAll("[data-m]")].map(section => matrix(section, point));
  const kind = segmentedChoice($("[data-t=kind]"), "Vectors of", id => trigger("method", { kind: id }));
  pictureOrTable($("[data-t=view]"), $(".similar"), () => {});
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
    both[0].draw("One-hot", `${num(sizes[0])} numbers per word`, words, hot, classes);
    both[1].draw("Dense", `${num(sizes[1])} numbers per word, ${value.where}`, words, dense, classes);
    $(".legend i").style.background = rampOf("div");
    twin.draw({ name: "cosines", title: "Cosines", columns: ["word", "and", "one-hot", { label: "dense", digits: 3 }].map(each => each === "and" ? { label: each, align: "left" } : each),
      rows: words.flatMap((a, i) => words.slice(i + 1).map((b, j) => [a, b, hot[i][i + 1 + j], dense[i][i + 1 + j]])) });
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => trigger("compare", { text: box.value }), TYPED_MS);
  });
  $(".ask").addEventListener("submit", event => event.preventDefault());
  mount(element, props, watch, draw);
  trigger("open", {});
};
