/* The one text that all lenses of the Checkpoints page read, and the tokens it becomes. */
import { mount, mountOf } from "../../core/mount.js";
import { esc, reader, setHtml, setText } from "../../core/text.js";
/** @import { Make } from "../../core/widget.js" */

const HTML = `<form class="readbar" novalidate><label class="sr" for="read-text">Text that the checkpoint reads</label>
    <textarea id="read-text" rows="2" maxlength="4096" spellcheck="false"></textarea>
    <button class="b primary">Read</button></form>
  <p class="bad" role="alert" hidden></p><p class="note" role="status" hidden></p>
  <div class="pieces mono" role="group" aria-label="Tokens, with their ids"></div>`;
/** A token with its spaces, and its id. */
const piece = ([text, id]) => `<span title="token ${id}"><b>${esc(text.replaceAll("\n", "⏎"))}</b><i>${id}</i></span>`;

/** @type {Make} */
export const reading = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("reading");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), text = $("textarea"), bad = $(".bad"), note = $(".note");
  let shown = "";                                      // the text that the server said last
  const send = () => trigger("read", { text: text.value });
  $("form").addEventListener("submit", event => { event.preventDefault(); send(); });
  text.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  mount(element, props, watch, value => {
    if (value.text !== shown && document.activeElement !== text) text.value = value.text;
    shown = value.text;
    text.placeholder = value.ask;
    text.disabled = $("button").disabled = value.closed;
    $("button").toggleAttribute("aria-busy", value.busy);
    setText(bad, value.error);
    bad.hidden = !value.error;
    text.toggleAttribute("aria-invalid", !!value.error);
    setText(note, value.notice);
    note.hidden = !value.notice;
    setHtml($(".pieces"), (parse("tokens", value.tokens) ?? []).map(piece).join(""));
  });
};
