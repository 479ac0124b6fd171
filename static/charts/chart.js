/* A chart (see plot.js) whose heading changes with what it shows. */
import { mountOf } from "../core/mount.js";
import { rich } from "../core/rich.js";
import { setText } from "../core/text.js";
import { plot } from "./plot.js";
/** @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const chart = (element, props, trigger, watch) => {
  plot(element, props, trigger, watch);
  const node = mountOf(element).querySelector(".plot"), head = node.querySelector(".pt");
  const [title, note, grow] = head.children, formula = Object.assign(document.createElement("span"), { className: "fx" });
  grow.after(formula);
  const heading = () => {
    const value = props.value ?? {};
    node.hidden = !value.title;
    setText(title, value.title || "");
    setText(note, value.note || "");
    rich(formula, value.formula || "");
    formula.hidden = !value.formula;
  };
  watch("value", heading);
  heading();
};
