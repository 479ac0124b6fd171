/* The predictions lens: held-out examples as token cells with what the model made of them, and a prompt of one's own. */
import { saveCsv } from "../../core/files.js";
import { iconHtml } from "../../core/icons.js";
import { focusIn, mount, mountOf } from "../../core/mount.js";
import { num, stepName } from "../../core/numbers.js";
import { onDo, rich } from "../../core/rich.js";
import { reader, setText } from "../../core/text.js";
import { promptForm } from "./own-prompt.js";
import { tokenCards, tokenCell } from "./token-cells.js";
/** @import { Make } from "../../core/widget.js" */

const sample = (role, token, text, want = "") => `<span class="tk ${role}"><span class="t">${token}</span>${
  want && `<span class="want">${want}</span>`}</span> ${text}`;
const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>
  <div class="pt"><h2>Examples</h2><span data-t="count"></span><span class="grow"></span><span class="key">
    ${sample("prompt", "a", "given")}${sample("answer right", "b", "right")}${sample("answer wrong", "c", "wrong, wanted d", "d")}</span>
    <button class="b small quiet" data-csv>${iconHtml("down")}CSV</button></div>
  <ol class="examples"></ol><form class="own-prompt" novalidate></form>`;

const exampleHtml = example => {
  const said = example.exact ? "all right" : "not all right";
  return `<span class="mark" title="${said}">${example.exact ? iconHtml("check") : ""}<span class="sr">${said}</span></span>
    <span class="cells">${example.cells.map(tokenCell).join("")}</span>`;
};

const TOP = 5, ROLES = { prompt: "given", answer: "answer", target: "target" };
const HEADINGS = ["example", "position", "token", "role", "right", "wanted",
  ...Array.from({ length: TOP }, (_, i) => [`likeliest ${i + 1}`, `probability ${i + 1}`]).flat()];
/** One line per token; right and wanted stay empty where nothing is scored. */
const csvRows = examples => examples.flatMap(({ cells }, example) => cells.map((cell, position) => {
  const top = Array.from({ length: TOP }, (_, i) => cell.top?.[i] ?? [null, null]).flat();
  const right = typeof cell.right === "boolean" ? (cell.right ? "yes" : "no") : null;
  return [example, position, cell.t, ROLES[cell.role] ?? cell.role, right, cell.want ?? null, ...top];
}));

/** @type {Make} */
export const predictions = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("predictions");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), list = $(".examples");
  const prompt = promptForm($("form"), values => trigger("prompt", values));
  let examples = [], step = 0;

  /** A line whose html did not change is not touched; one that did gets the focus back on the same token. */
  const drawLine = (line, example) => {
    const html = exampleHtml(example), at = focusIn(line)?.dataset.i ?? null;
    if (line.shown === html) return;
    line.innerHTML = line.shown = html;
    if (at !== null) line.querySelector(`[data-i="${at}"]`)?.focus({ preventScroll: true });
  };
  const drawExamples = () => {
    while (list.children.length > examples.length) list.lastChild.remove();
    while (list.children.length < examples.length) list.append(document.createElement("li"));
    examples.forEach((example, n) => drawLine(list.children[n], example));
    const exact = examples.filter(example => example.exact).length;
    setText($("[data-t=count]"), examples.length ? step < 0 ? "your text" : `held out from training, ${exact} of ${examples.length} all right at step ${num(step)}` : "");
  };
  tokenCards(root, node => {
    const line = node.closest("li");
    return line ? examples[[...list.children].indexOf(line)]?.cells[node.dataset.i] : prompt.cell(node);
  });
  $("[data-csv]").addEventListener("click", () =>
    saveCsv([HEADINGS, ...csvRows(examples)], `predictions${stepName(step)}`));
  onDo($(".lens-head"), action => trigger("do", { action }));

  mount(element, props, watch, value => {
    const finding = parse("empty", value.empty) ?? parse("finding", value.finding);
    root.classList.toggle("none", !!value.empty);
    setText($("h1"), finding?.title || "");
    rich($(".lens-head p"), finding?.html || "");
    examples = parse("examples", value.examples) || [];
    step = value.step ?? 0;
    drawExamples();
    prompt.draw(parse("prompt", value.prompt), value.ask, value.fills);
  });
};
