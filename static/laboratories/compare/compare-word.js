/* The input that all pictures of the Compare page are of: a box that shows it, and a form in its place to type another. */
import { setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
/** @import { Json } from "../../core/values.js" */

const HTML = `<span class="lab">Word</span><button class="b small box" data-k="edit"><b class="mono"></b><span>Edit</span></button>
  <form hidden><input class="mono" aria-label="Word for all pictures" spellcheck="false" autocomplete="off">
    <button class="b small">Look</button></form>
  <button class="b small quiet" data-k="plain" hidden>Task’s own</button>
  <span class="axt kept" hidden>Past steps are kept with the task’s own word only.</span><p class="bad" role="alert" hidden></p>`;

/** `say(text)` asks for another word, "" for the task's own. `draw(word)` with
    { text, own, past, ask, most, problem }; past steps have kept no picture of a word of one's own. */
export const compareWord = (host, say) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), form = $("form"), input = $("input"), bad = $(".bad"), box = $("[data-k=edit]");
  let /** @type {Json} */ word = null;
  let /** @type {string | null} */ waiting = null;     // what was sent, until it is what is seen

  const write = yes => {
    form.hidden = !yes;
    box.hidden = yes;
    waiting = null;
    setText(bad, "");
    show();
    if (!yes) return;
    input.value = word.text;
    input.focus({ preventScroll: true });
    input.select();
  };
  const show = () => {
    bad.hidden = form.hidden || !bad.textContent;
    input.toggleAttribute("aria-invalid", !bad.hidden);
    $("[data-k=plain]").hidden = !word?.own || !form.hidden;
    $(".kept").hidden = !word?.own || !word.past || !form.hidden;
  };
  const ask = text => { waiting = text; say(text); };
  box.addEventListener("click", () => write(true));
  $("[data-k=plain]").addEventListener("click", () => ask(""));
  form.addEventListener("submit", event => { event.preventDefault(); ask(input.value); });
  form.addEventListener("focusout", event => {         // done with it, unless a sentence says what to correct
    if (!form.contains(event.relatedTarget) && document.hasFocus() && bad.hidden && waiting === null) write(false);
  });
  form.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    write(false);
    box.focus({ preventScroll: true });
  });
  return { draw(next) {
    word = next;
    setText($(".box b"), word.text.replaceAll("\n", glyphOf("\n")));
    box.title = word.own ? `Your own: ${word.text}` : `The task’s own: ${word.text}`;
    input.placeholder = word.ask;
    input.title = `${word.ask}. Empty: the task’s own.`;
    input.maxLength = word.most;
    if (waiting === null) return show();
    if (waiting.trim() ? word.own && word.text === waiting : !word.own) {
      const had = form.contains(document.activeElement);
      write(false);
      if (had) box.focus({ preventScroll: true });
    } else if (word.problem) setText(bad, word.problem);
    show();
  } };
};
