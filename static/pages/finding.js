/* The finding at the top of a lens: a title and a sentence whose links move the picture. */
import { mount, mountOf } from "../core/mount.js";
import { onDo, rich } from "../core/rich.js";
import { setText } from "../core/text.js";
/** @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const finding = (element, props, trigger, watch) => {
  const root = mountOf(element);
  root.innerHTML = `<div class="lens-head long"><div><h1></h1><p></p></div></div>`;
  onDo(root, action => trigger("do", { action }));
  mount(element, props, watch, value => {
    setText(root.querySelector("h1"), value.title || "");
    rich(root.querySelector("p"), value.html || "");
  });
};
