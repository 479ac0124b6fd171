/* The inputs of an experiment: segments, lists, numbers, and tokens of the probe. Built anew only when others are asked for. */
import { esc } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { segmentedChoice } from "../../controls/choice.js";
import { tokenStrip } from "../../charts/token-strip.js";
/** @import { Json } from "../../core/values.js" */

/** `see({ name, value })` when one changes. `draw(fields, tokens)`. */
export const trialFields = (host, see) => {
  let built = "", parts = [];

  const choice = (node, { name, label }) => {
    const seg = segmentedChoice(node, label, id => see({ name, value: parts.find(part => part.name === name).ids[id] }));
    return ({ options, value }) => seg.draw(options.map(([id, text]) => [String(id), text, ""]), String(value));
  };
  const select = (node, { name, label }) => {
    node.innerHTML = `<select aria-label="${esc(label)}"></select>`;
    const list = node.firstChild;
    let shown = "";
    list.addEventListener("change", () => see({ name, value: parts.find(part => part.name === name).ids[list.value] }));
    return ({ options, value, absent }) => {
      const key = JSON.stringify([options, absent]), none = absent.map(words => `<option disabled>${esc(words)}</option>`).join("");
      if (key !== shown) list.innerHTML = options.map(([id, text]) => `<option value="${esc(id)}">${esc(text.split(" ").map(glyphOf).join(" ") || glyphOf(text))}</option>`).join("")
        + (none && `<optgroup label="Not here">${none}</optgroup>`);
      if (key !== shown || document.activeElement !== list) list.value = String(value);
      shown = key;
    };
  };
  const number = (node, { name, label, below }) => {
    node.innerHTML = `<input type="number" min="0" max="${below - 1}" placeholder="all" aria-label="${esc(label)}, 0 to ${below - 1}, or empty for all"><span class="axt">of ${below}</span>`;
    const box = node.firstChild;
    let last = "";
    box.addEventListener("change", () => {
      const typed = Math.round(box.valueAsNumber), all = Number.isNaN(typed);
      box.value = all ? "" : Math.max(0, Math.min(below - 1, typed));
      see({ name, value: all ? "all" : +box.value });
    });
    return ({ value }) => {
      const text = value === "all" ? "" : String(value);
      if (text !== last && document.activeElement !== box) box.value = text;
      last = text;
    };
  };
  const place = (node, { name }) => {
    node.classList.add("strip");
    let /** @type {Json} */ stand = null;
    const strip = tokenStrip(node, at => { stand = at; draw(); see({ name, value: at }); });
    let /** @type {Json} */ last = null;
    const draw = () => last && strip.draw({ tokens: last.tokens, place: Math.min(stand ?? last.value, last.tokens.length - 1) });
    return ({ value }, tokens) => { if (stand === value || last?.tokens.length !== tokens.length) stand = null; last = { value, tokens }; draw(); };
  };
  const KINDS = { choice, select, number, place };

  return { draw(fields, tokens) {
    const key = JSON.stringify(fields.map(({ name, label, kind, below }) => [name, label, kind, below]));
    if (key !== built) {
      const had = parts.find((_, i) => host.children[i].contains(document.activeElement))?.name;
      built = key;
      host.innerHTML = fields.map(({ label, kind }) => `<div class="tool ${kind}"><span class="lab">${esc(label)}</span><div></div></div>`).join("");
      parts = fields.map((field, i) => ({ name: field.name, ids: {}, draw: KINDS[field.kind](host.children[i].lastChild, field) }));
      const again = fields.findIndex(({ name }) => name === had);   // a choice that changes what else is asked keeps the focus
      if (again >= 0) queueMicrotask(() => host.children[again].querySelector("select, input, [aria-pressed=true]")?.focus());
    }
    fields.forEach((field, i) => {
      host.children[i].title = field.help;
      parts[i].ids = Object.fromEntries(field.options.map(([id]) => [String(id), id]));
      parts[i].draw(field, tokens);
    });
  } };
};
