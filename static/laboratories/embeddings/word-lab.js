/* The word2vec tab: search and tools, two maps, neighbours now and over time, analogies. Value: components/wordlab.py. */
import { bytesOf } from "../../core/colours.js";
import { mount, mountOf } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { reader, setText } from "../../core/text.js";
import { menu, segmentedChoice } from "../../controls/choice.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { tableView } from "../../charts/table.js";
import { wordAnalogy, wordLists } from "./word-lists.js";
import { wordMap } from "./word-map.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const METHODS = ["skip-gram", "CBOW"];
const HTML = `<div class="wordlab"><div class="tools">
    <form class="own find" role="search"><input type="search" placeholder="find a word" aria-label="Find a word" autocomplete="off" spellcheck="false">
      <button class="b small">Choose</button></form>
    <span class="tool"><span class="lab">axes</span><span data-t="axes"></span></span>
    <span class="grow"></span><span class="tool last"><span data-t="view"></span><span data-t="save"></span></span></div>
  <p class="bad" data-t="unknown" hidden></p>
  <div class="wordmaps pic">${METHODS.map(name => `<section data-m="${name}"><div class="pt"><h2>${name}</h2><span></span></div>
    <div class="host"></div></section>`).join("")}</div>
  <div class="twin"></div>
  <div class="wordmaps below"><section class="near"></section><section class="analogy"></section></div></div>`;
const COLUMNS = [{ label: "word", align: "left" }, { label: "class", align: "left" }, "count",
  ...METHODS.flatMap(name => [`${name}, axis 1`, `${name}, axis 2`])];

const places = text => {
  const bytes = bytesOf(text), fine = new Int16Array(bytes.buffer, 0, bytes.length >> 1);
  return Float32Array.from(fine, each => each / 32767);
};

/** @type {Make} */
export const wordlab = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), lab = $(".wordlab"), search = $(".find input"), sections = [...root.querySelectorAll("[data-m]")];
  let /** @type {Json} */ value = null, words = [], chosen = "";
  let /** @type {[word: string, cosine: number][][]} */ near = [[], []];

  const choose = word => {
    chosen = word;
    near = [[], []];
    trigger("select", { word });
    paint();
  };
  const maps = sections.map(section => wordMap(section.querySelector(".host"), i => choose(words[i])));
  const axes = segmentedChoice($("[data-t=axes]"), "Axes of the maps", id => { trigger("look", { hold: id === "hold" }); });
  const asTable = pictureOrTable($("[data-t=view]"), lab, () => paint());
  const twin = tableView($(".twin"));
  const save = (what, kind) => () => trigger("save", { what, kind });
  menu($("[data-t=save]"), "Export", "down", [
    ...METHODS.map(kind => [`${kind}, word2vec text`, save("word2vec", kind)]),
    ...METHODS.map(kind => [`${kind}, vectors for the Embedding Projector`, save("vectors", kind)]),
    ["words for the Embedding Projector", save("metadata", METHODS[0])]]);
  const lists = wordLists($(".near"), choose), analogy = wordAnalogy($(".analogy"), abc => trigger("analogy", abc), choose);

  const matching = () => {
    const typed = search.value.trim().toLowerCase();
    return typed ? new Set(words.flatMap((word, i) => word.startsWith(typed) ? [i] : [])) : null;
  };
  let due = 0;                                         // pictures that come faster than the screen replace one another
  const paint = () => { due ||= requestAnimationFrame(() => { due = 0; paintNow(); }); };
  const paintNow = () => {
    if (!value?.words) return;
    const counts = read("counts", value.counts), kinds = read("classes", value.classes), shares = read("shares", value.shares);
    const names = [...new Set(kinds.filter(Boolean))].sort(), classes = kinds.map(kind => names.indexOf(kind));
    const sides = [places(value.left), places(value.right)], match = matching(), at = words.indexOf(chosen);
    if (asTable()) return twin.draw({ name: `words-${value.step}`, title: `${words.length} words after ${num(value.step)} read`, columns: COLUMNS,
      rows: words.map((word, i) => [word, kinds[i] || null, counts[i], ...sides.flatMap(xy => [xy[2 * i], xy[2 * i + 1]].map(x => Number(x.toFixed(3))))]) });
    maps.forEach((map, m) => map.draw({ name: METHODS[m], step: value.step, words, counts, classes, names, xy: sides[m], shares: shares[m], at,
      near: near[m].map(([word]) => words.indexOf(word)).filter(i => i >= 0), match }));
  };
  const draw = next => {
    value = next;
    if (!value.words) return;
    words = read("words", value.words);
    near = read("near", value.near);
    chosen = value.word;
    axes.draw([["follow", "follow"], ["hold", "hold"]], value.hold ? "hold" : "follow");
    const agreement = read("agreement", value.agreement), more = value.of > words.length ? ` · ${num(words.length)} of ${num(value.of)} words shown` : "";
    sections.forEach((section, m) => setText(section.querySelector(".pt span"),
      agreement[m] === null ? `${num(value.of)} words${more}` : `${(100 * agreement[m]).toFixed(0)} % of neighbours share the class`));
    setText($("[data-t=unknown]"), value.unknown);
    $("[data-t=unknown]").hidden = !value.unknown;
    lists.draw(chosen, near, read("time", value.time), read("classes", value.classes)[words.indexOf(chosen)] || "");
    analogy.draw(read("analogy", value.analogy));
    paint();
  };
  search.addEventListener("input", paint);
  $(".find").addEventListener("submit", event => {
    event.preventDefault();
    const typed = search.value.trim().toLowerCase(), first = words.find(word => word.startsWith(typed));
    if (!typed) return;
    choose(words.includes(typed) || !first ? typed : first);
    search.value = "";
    paint();
  });
  mount(element, props, watch, draw);
};
