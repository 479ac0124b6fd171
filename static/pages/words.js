/* A few sentences beside controls. */
import { mount, mountOf } from "../core/mount.js";
import { rich } from "../core/rich.js";
/** @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const words = (element, props, trigger, watch) => {
  const node = mountOf(element).appendChild(Object.assign(document.createElement("div"), { className: "words" }));
  mount(element, props, watch, value => rich(node, value.html), { always: true });
};
