/* The Positions page's column: a chip for each scheme and what it is; what is in the chart; the closed accordions. */
import { say } from "../../core/announce.js";
import { copyText } from "../../core/clipboard.js";
import { iconHtml } from "../../core/icons.js";
import { mount, mountOf } from "../../core/mount.js";
import { onDo, onVerb } from "../../core/rich.js";
import { esc, reader, setText } from "../../core/text.js";
import { cite } from "../../controls/form-row.js";
import { segments } from "../../controls/segments.js";
/** @import { Make } from "../../core/widget.js" */

onVerb("experiment", id => {                        // data-do="experiment:relative": turn to another tab
  const /** @type {HTMLElement | null} */ tab = document.querySelector(`#position-tabs [role=tab][data-tab-id="${CSS.escape(id)}"]`);
  tab?.click();
  return !!tab;
});

/** @type {Make} */
export const schemes = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader(), { kinds, about } = props;
  root.innerHTML = `<div class="eyebrow">Scheme</div><div class="chips"></div>
    <p class="about"></p><p class="bad" role="status" hidden></p>`;
  const [, chips, words, bad] = root.children;
  let lines = {};
  const mark = segments(chips, kinds.map(([kind, label]) => [kind, label, ""]), "Scheme", kind =>
    trigger("edit", { at: "position.kind", value: kind, done: true }));
  chips.className = "chips";
  [...chips.children].forEach((chip, i) => { chip.className = "chip"; chip.dataset.label = kinds[i][1]; });
  /** What a closed accordion says is an attribute of its button, see column.js. */
  const write = () => {
    for (const [name, line] of Object.entries(lines)) {
      const panel = document.querySelector(`#position-${CSS.escape(name)}`);
      const /** @type {HTMLElement | null | undefined} */ button = panel?.querySelector(":scope > button");
      panel?.classList.toggle("useless", !line);
      if (button && button.dataset.line !== line) button.dataset.line = line;
    }
  };
  const draw = value => {
    mark(value.kind);
    const [sentence, paper] = about[value.kind] ?? [""];
    if (words.dataset.kind !== value.kind) words.innerHTML = esc(sentence) + cite(paper);
    words.dataset.kind = value.kind;
    bad.hidden = !value.problem;
    setText(bad, value.problem || "");
    lines = read("lines", value.lines) ?? {};
    write();
  };
  mount(element, props, watch, draw, { always: true });
  new MutationObserver(write).observe(root.closest(".pg-cfg") ?? document.body, { childList: true, subtree: true });
  const query = Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("p.")));
  trigger("open", { query });                          // once: what the address says, or where a reload left off
};

/** @type {Make} */
export const kept = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = `<section class="card" aria-label="In the chart"><div class="eyebrow">In the chart</div><div class="ov"></div>
    <button class="b small wide-b" data-do="keep">Keep this setting in the chart</button><p class="why"></p></section>
    <div class="ends"><button class="b small quiet" data-copy>${iconHtml("share")}Copy a link to these settings</button>
    <button class="b small quiet" data-do="reset">${iconHtml("reset")}Reset</button>
    <input readonly hidden aria-label="Link"></div>`;
  const list = root.querySelector(".ov"), keep = root.querySelector("[data-do=keep]"), why = root.querySelector(".why");
  const input = root.querySelector("input"), copy = root.querySelector("[data-copy]");
  let link = "", was = "";
  onDo(root, action => trigger("do", { action }));
  copy.addEventListener("click", async () => {
    input.value = new URL(link, location.href).href;
    const worked = await copyText(input.value);
    input.hidden = worked;
    if (!worked) input.select();
    copy.lastChild.textContent = worked ? "Copied" : "Copy it with Ctrl+C or ⌘C";
    say(copy.lastChild.textContent);
    setTimeout(() => { copy.lastChild.textContent = "Copy a link to these settings"; }, 3000);
  });
  const row = ([id, colour, name, off]) => `<div class="${off ? "off" : ""}" title="${esc(off)}">
    <i style="color:${esc(colour)}"></i><span>${esc(name)}${off ? ` <small>${esc(off)}</small>` : ""}</span>${id === "now" ? "" :
    `<button data-do="drop:${esc(id)}" aria-label="Remove ${esc(name)}">${iconHtml("close")}</button>`}</div>`;
  mount(element, props, watch, value => {
    link = value.link;
    keep.disabled = !!value.full;
    setText(why, value.full || "");
    if (value.rows !== was) list.innerHTML = read("rows", was = value.rows).map(row).join("");
  }, { always: true });
};
