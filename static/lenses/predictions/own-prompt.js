/* The visitor's own prompt: text, four settings of the sampling, and the tokens the model goes on with. */
import { parseNumber } from "../../core/numbers.js";
import { setHtml, setText } from "../../core/text.js";
import { madeCell, tokenCell } from "./token-cells.js";

/** @type {[name: string, label: string, min: number, max: number, step: number, at: number, help: string][]} */
const FIELDS = [                                       // name, label, least, most, step, default, help
  ["temperature", "Temperature", 0, 5, 0.1, 1, "0 takes the likeliest token"],
  ["top_k", "Top-k", 0, 256, 1, 0, "Only the k likeliest tokens; 0: off"],
  ["top_p", "Top-p", 0.01, 1, 0.01, 1, "Only the likeliest tokens that together reach p; 1: off"],
  ["length", "Length", 1, 128, 1, 16, "How many tokens to add"],
];
const fieldHtml = ([name, label, min, max, step, at, help]) => `<label title="${help}">${label}
  <input name="${name}" type="number" inputmode="decimal" min="${min}" max="${max}" step="${step}" value="${at}"></label>`;
const HTML = `<div class="pt"><h2>Your own prompt</h2><span></span></div>
  <div class="ask"><input class="text mono" name="text" aria-label="Prompt" spellcheck="false" autocomplete="off" maxlength="512">
    <button class="b">Continue</button></div>
  <div class="fields">${FIELDS.map(fieldHtml).join("")}</div>
  <p class="bad" role="alert" hidden></p><p class="cells result" aria-live="polite"></p>`;

/** Fill the form; `run(values)` when the visitor asks. `draw(prompt, ask, fills)` shows an answer
    { text, continuation, error }, and what to type in the empty box; `fills` is the sign of a blank, for a model
    that fills them and samples nothing;
    `cell(node)` gives the token of a node of the continuation. */
export const promptForm = (form, run) => {
  form.innerHTML = HTML;
  const $ = name => form.querySelector(name), text = $(".text"), bad = $(".bad"), result = $(".result");
  let sent = "", continuation = [];

  const complain = sentence => {
    bad.hidden = !sentence;
    setText(bad, sentence || "");
    return !sentence;
  };
  form.addEventListener("submit", event => {
    event.preventDefault();
    const values = { text: text.value };
    for (const [name, label, least, most] of FIELDS) {                 // judged here first, so that the sentence comes at once
      values[name] = parseNumber($(`[name=${name}]`).value);
      if (!(values[name] >= least && values[name] <= most)) return complain(`${label} lies between ${least} and ${most}.`);
    }
    complain("");
    sent = values.text;
    $(".b").setAttribute("aria-busy", true);
    run(values);
  });
  return {
    draw(prompt, ask, fills) {
      form.hidden = !prompt;
      $(".fields").hidden = !!fills;
      setText($(".pt span"), fills ? `the model fills each ${fills}` : "the model goes on from it");
      setText($(".ask .b"), fills ? "Fill" : "Continue");
      text.placeholder = ask || "";
      if (!prompt) return;
      if (document.activeElement !== text && prompt.text !== sent) text.value = sent = prompt.text ?? "";   // not while typing
      $(".b").removeAttribute("aria-busy");
      text.toggleAttribute("aria-invalid", !complain(prompt.error));
      continuation = prompt.continuation || [];
      let filled = 0;
      const made = () => madeCell(continuation[filled], filled++);
      const given = [...prompt.text || ""].map(token => token === fills && filled < continuation.length
        ? made() : tokenCell({ t: token, role: "prompt" }, -1)).join("");
      const note = '<span class="axt">colour: probability of the token, square-root scale</span>';
      const html = continuation.length ? given + continuation.slice(filled).map(made).join("") + note : "";
      setHtml(result, html);
    },
    cell(node) {
      const made = continuation[node.dataset.i];
      return made && { ...made, role: "answer", want: made.t };
    },
  };
};
