/* The inputs of an experiment: segments, lists, and tokens of the probe. Built anew only when others are asked for. */
import { esc } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { segmentedChoice } from "../../controls/choice.js";
import { tokenStrip } from "../../charts/token-strip.js";

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
    return ({ options, value }) => {
      const key = JSON.stringify(options);
      if (key !== shown) list.innerHTML = options.map(([id, text]) => `<option value="${esc(id)}">${esc(text.split(" ").map(glyphOf).join(" ") || glyphOf(text))}</option>`).join("");
      if (key !== shown || document.activeElement !== list) list.value = String(value);
      shown = key;
    };
  };
  const place = (node, { name }) => {
    node.classList.add("strip");
    let stand = null;
    const strip = tokenStrip(node, at => { stand = at; draw(); see({ name, value: at }); });
    let last = null;
    const draw = () => last && strip.draw({ tokens: last.tokens, place: Math.min(stand ?? last.value, last.tokens.length - 1) });
    return ({ value }, tokens) => { if (stand === value || last?.tokens.length !== tokens.length) stand = null; last = { value, tokens }; draw(); };
  };
  const KINDS = { choice, select, place };

  return { draw(fields, tokens) {
    const key = JSON.stringify(fields.map(({ name, label, kind }) => [name, label, kind]));
    if (key !== built) {
      built = key;
      host.innerHTML = fields.map(({ label, kind }) => `<div class="tool ${kind}"><span class="lab">${esc(label)}</span><div></div></div>`).join("");
      parts = fields.map((field, i) => ({ name: field.name, ids: {}, draw: KINDS[field.kind](host.children[i].lastChild, field) }));
    }
    fields.forEach((field, i) => {
      parts[i].ids = Object.fromEntries(field.options.map(([id]) => [String(id), id]));
      parts[i].draw(field, tokens);
    });
  } };
};
