/* The settings of a page on a phone: the column as a sheet, with a button that opens it and a bar that closes it. */
import { firstSeen, focusIn, mountOf } from "../core/mount.js";
import { esc } from "../core/text.js";
/** @import { Make } from "../core/widget.js" */

let /** @type {HTMLElement | null} */ before = null;   // what had the focus
const behind = inert => document.querySelectorAll("#hd, #tp, .pg-main").forEach(part => part.toggleAttribute("inert", inert));
export const sheet = {
  open() {
    before = focusIn(document);
    document.body.classList.add("sheet-open");
    behind(true);
    firstSeen(".pg-cfg [data-do=done]")?.focus();
  },
  close() {
    if (!document.body.classList.contains("sheet-open")) return false;
    document.body.classList.remove("sheet-open");
    behind(false);
    before?.focus();
    return true;
  },
};
addEventListener("keydown", event => { if (event.key === "Escape" && !event.defaultPrevented) sheet.close(); });
addEventListener("click", event => {                   // a click on the shade; what a redraw has removed is not outside
  const target = /** @type {Element} */ (event.target);
  if (!target.closest?.(".pg-cfg, #tp, #hd, [data-do=sheet]") && target.isConnected) sheet.close();
});

/** @type {Make} */
export const sheetbar = (element, props) => {
  const root = mountOf(element);
  root.innerHTML = `<div class="sheetbar"><b class="grow">${esc(props.title)}</b>
    <button class="b quiet" data-do="done">Done</button></div>`;
  root.querySelector("[data-do=done]").addEventListener("click", () => sheet.close());
};

/** @type {Make} */
export const opener = (element, props) => {
  const root = mountOf(element);
  root.innerHTML = `<div class="opener only-phone"><button class="b" data-do="sheet">${esc(props.label)}</button></div>`;
  root.querySelector("[data-do=sheet]").addEventListener("click", () => sheet.open());
};
