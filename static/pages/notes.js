/* Under a lens: what to try next, and the same picture in a few lines of Python. */
import { say } from "../core/announce.js";
import { copyText } from "../core/clipboard.js";
import { mount, mountOf } from "../core/mount.js";
import { onDo, rich } from "../core/rich.js";
import { reader, setText } from "../core/text.js";
/** @import { Make } from "../core/widget.js" */

const HTML = `<hr class="rule"><div class="g2 notes">
  <section><div class="pt"><h2>What to try</h2></div><div class="try"></div></section>
  <section class="python"><div class="pt"><h2>The same in Python</h2><span class="grow"></span>
    <button class="b small quiet">Copy</button></div><pre tabindex="0" role="region" aria-label="The same in Python"></pre></section></div>`;

/** @type {Make} */
export const notes = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), copy = $("button"), code = $("pre");
  onDo($(".try"), action => trigger("do", { action }));
  copy.addEventListener("click", async () => {
    const worked = await copyText(code.textContent), text = worked ? "Copied" : "Select it and copy";
    if (!worked) getSelection()?.selectAllChildren(code);
    setText(copy, text);
    say(text);
    setTimeout(() => setText(copy, "Copy"), 2000);
  });
  mount(element, props, watch, value => {
    rich($(".try"), parse("try", value.try) || "");
    setText(code, value.python || "");
    $(".python").hidden = !value.python;
  });
};
