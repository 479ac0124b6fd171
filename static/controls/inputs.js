/* The inputs of a form, one builder per type of field. Each takes (field, row, edit): the field's description, the row
   it fills, and edit(value, done), which sends; each returns {show(value), busy()}.
   show writes a value; busy says that a hand is on the input, so nothing may be written into it. */
import { iconHtml } from "../core/icons.js";
import { doubt, num, parseNumber } from "../core/numbers.js";
import { setText } from "../core/text.js";
import { segments } from "./segments.js";
import { sliderScale } from "./slider-scale.js";
import { readText } from "./text-file.js";
/** @import { Drawn } from "../core/mount.js" */

const text = value => typeof value === "number" ? num(value, 8) : String(value ?? "");
const slots = row => ({ value: row.querySelector(".val"), body: row.querySelector(".body") });
const element = (tag, attributes, className = "") => {
  const node = Object.assign(document.createElement(tag), { className });
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  return node;
};

/** What the box says -> [value, sentence of refusal or ""]. Bounds are left to the server, which knows the reasons. */
const parse = (field, typed) => {
  if (typed.trim() === "") return field.optional ? [null, ""] : [undefined, `${field.label} needs a number.`];
  const value = parseNumber(typed);
  if (Number.isNaN(value)) return [undefined, doubt(typed)];
  return [value, ""];
};

const number = (field, row, edit) => {
  const { value: head, body } = slots(row), scale = sliderScale(field);
  const box = element("input", { id: row.dataset.id, inputmode: "decimal", autocomplete: "off",
    placeholder: field.optional ? field.auto || "none" : null });
  if (box.placeholder) box.style.setProperty("--chars", box.placeholder.length);   // wide enough for what it says
  head.prepend(box);
  let /** @type {Drawn} */ slider = null;
  if (scale) {
    const { min, max, step } = scale;
    slider = element("input", { type: "range", min, max, step, "aria-label": field.label });
    body.append(slider);
  }
  const automatic = parseNumber((field.auto || "").replace(/[^\d.,-]/g, ""));     // "auto 16": where an empty box stands

  const slide = value => {
    if (!slider || !scale) return;
    const place = scale.place(value ?? (Number.isNaN(automatic) ? scale.min : automatic));
    slider.value = place;
    slider.style.setProperty("--p", `${100 * (place - scale.min) / (scale.max - scale.min || 1)}%`);
    const spoken = value === null ? field.auto || "not set" : `${text(value)} ${field.unit || ""}`;
    slider.setAttribute("aria-valuetext", spoken.trim());
    slider.classList.toggle("unset", value === null);
  };
  let dirty = false;                                   // typed since the last commit
  box.addEventListener("input", () => { dirty = true; });
  const commit = () => {
    dirty = false;
    const [value, refusal] = parse(field, box.value);
    if (refusal) return row.refuse(refusal);
    slide(value);
    edit(value, true);
  };
  box.addEventListener("change", commit);
  box.addEventListener("keydown", event => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key], [value, refusal] = parse(field, box.value);
    if (!direction || !scale || refusal) return;
    event.preventDefault();
    const place = scale.place(value ?? scale.min) + direction * scale.step;
    const next = scale.value(Math.max(scale.min, Math.min(scale.max, place)));
    box.value = text(next);
    slide(next);
    edit(next, true);
  });
  if (scale) slider.addEventListener("input", () => {
    const value = scale.value(+slider.value);
    box.value = text(value);
    slide(value);
    edit(value, false);
  });
  if (scale) slider.addEventListener("change", () => edit(scale.value(+slider.value), true));

  return {
    show(value) { box.value = text(value); slide(value); },
    /** Another end for a linear slider, where it depends on another setting. */
    limit(most) {
      if (!scale || field.log || scale.max === (most ?? field.max)) return;
      slider.max = scale.max = most ?? field.max;
      slide(parse(field, box.value)[0] ?? null);
    },
    busy: () => dirty && document.activeElement === box || Boolean(slider?.matches(":active")),
  };
};

const toggle = (field, row, edit) => {
  const button = element("button", { type: "button", role: "switch", id: row.dataset.id }, "switch");
  slots(row).value.prepend(button);
  const show = value => button.setAttribute("aria-checked", value === true);
  button.addEventListener("click", () => {
    const value = button.getAttribute("aria-checked") !== "true";
    show(value);
    edit(value, true);
  });
  return { show, busy: () => false };
};

const MOST_SEGMENTS = 5, MOST_CHARACTERS = 34;          // what fits the column's width in one line

const choice = (field, row, edit) => {
  const { body } = slots(row), options = field.options;
  const characters = options.reduce((sum, [, label]) => sum + label.length + 1, 0);
  if (options.length <= MOST_SEGMENTS && characters <= MOST_CHARACTERS) {
    const node = element("div", {});
    body.append(node);
    return { show: segments(node, options, field.label, value => edit(value, true)), busy: () => false };
  }
  const select = element("select", { id: row.dataset.id });
  select.append(...options.map(([, label, why], i) => {
    const option = new Option(why ? `${label} (${why})` : label, i);
    option.disabled = Boolean(why);
    return option;
  }));
  body.append(select);
  select.addEventListener("change", () => edit(options[+select.value][0], true));
  return { show(value) { select.value = options.findIndex(([each]) => each === value); }, busy: () => false };
};

/** A long text arrives as {excerpt, characters}: that is shown and cannot be edited, so that it is never sent as the text. */
const passage = (field, row, edit) => {
  const area = element("textarea", { id: row.dataset.id, rows: 4, spellcheck: "false" });
  area.placeholder = field.auto || "";
  slots(row).body.append(area);
  let kept = "";
  area.addEventListener("change", () => {
    if (!area.readOnly) edit(area.value === "" && field.optional ? null : area.value, true);
  });
  area.addEventListener("paste", event => {
    const pasted = event.clipboardData?.getData("text");
    if (!area.readOnly || !pasted) return;
    event.preventDefault();                            // it takes the place of the long one
    edit(pasted, true);
  });
  return {
    show(value) {
      area.readOnly = Boolean(value?.excerpt);
      area.title = area.readOnly ? "Too long to be edited here. Paste another text over it, or choose a file." : "";
      kept = area.readOnly ? `${value.excerpt} … (${num(value.characters)} characters in all)` : text(value);
      if (area.value !== kept) area.value = kept;
    },
    busy: () => !area.readOnly && document.activeElement === area && area.value !== kept,
  };
};

const LONG = 4000;                                     // characters that a text field shows whole (views/form.py)
/** A .txt file; its text goes to the field's path, which the text field beside it shows. */
const file = (field, row, edit) => {
  const { body } = slots(row);
  const input = element("input", { type: "file", id: row.dataset.id, accept: ".txt,text/plain" }, "sr");
  const button = element("label", { for: row.dataset.id }, "b small"), name = element("span", {}, "filename");
  button.innerHTML = `${iconHtml("up")}Choose a .txt file`;
  body.append(input, button, name);
  input.addEventListener("change", async () => {
    const chosen = input.files[0];
    input.value = "";                                  // so that the same file can be chosen again after a correction
    if (!chosen) return;
    try {
      const { text: content, encoding } = await readText(chosen, field.max || undefined);
      setText(name, `${chosen.name}, ${num(content.length)} characters${encoding === "UTF-8" ? "" : `, read as ${encoding}`}`);
      row.fills?.show(content.length > LONG ? { excerpt: content.slice(0, 300), characters: content.length } : content);
      edit(content, true);
    } catch (problem) { row.refuse(/** @type {Error} */ (problem).message); }
  });
  return { show() {}, busy: () => false };
};

export const inputs = { int: number, float: number, bool: toggle, choice, text: passage, file };
