/* The finding of an experiment: a title, a sentence whose links move the picture, and one action where nothing is to
   be seen. */
import { mount, mountOf } from "../core/mount.js";
import { onDo, rich } from "../core/rich.js";
import { reader, setText } from "../core/text.js";
/** @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const headline = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = `<div class="lens-head"><div><h1></h1><p></p><button class="b" hidden></button></div></div>`;
  const button = root.querySelector("button");
  onDo(root, action => trigger("do", { action }));
  mount(element, props, watch, value => {
    const act = read("act", value.act);
    setText(root.querySelector("h1"), value.title || "");
    rich(root.querySelector("p"), value.html || "");
    button.hidden = !act;
    if (act) { setText(button, act[0]); button.dataset.do = act[1]; }
  });
};
