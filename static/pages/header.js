/* The header: pages, theme, help; on a phone one menu with all of it. Pages are tabs of one document, because a route
   would load a new document and end the run; the address carries ?at=, since ?page= is a parameter of Gradio's own. */
import { press } from "../core/bus.js";
import { iconHtml } from "../core/icons.js";
import { lensTabs, onKey } from "../core/keys.js";
import { drawView, firstSeen, mount, mountOf } from "../core/mount.js";
import { num } from "../core/numbers.js";
import { ask, offer } from "../core/offers.js";
import { esc, setText } from "../core/text.js";
import { isDark, toggleTheme } from "../core/theme.js";
import { openBelow } from "../controls/share.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Make } from "../core/widget.js" */

const SETTLE_MS = 1000;
const SHADES = [[5], [3, 7], [8, 2, 5]];
const square = (row, column) =>
  `<rect x="${column * 6}" y="${row * 6}" width="5" height="5" rx="1" fill="var(--seq-${SHADES[row][column]})"/>`;
const BRAND = `<svg viewBox="0 0 18 18" aria-hidden="true">
  ${SHADES.map((shades, row) => shades.map((_, column) => square(row, column)).join("")).join("")}</svg>`;

/** @type {[keys: string, text: string][]} */
const KEYS = [
  ["Space", "Play or pause"], [".", "One step"], ["R", "Reset to step 0"],
  ["F", "Fork the run at the step shown"], ["Shift Space", "Play the history back"], ["← →", "Move through the run"],
  ["Shift ← →", "From mark to mark"], ["", "Open a lens"], ["Arrows", "In a picture: move the selection"],
  ["A", "Ablate the selected head or expert"], ["T", "Picture or table"], ["?", "This list"], ["Esc", "Close"],
];
const lensKeys = () => Array.from(lensTabs(), (_, i) => i + 1).join(" ");
const keyRow = ([keys, text]) =>
  `<div><dt>${(keys || lensKeys()).split(" ").map(key => `<kbd>${key}</kbd>`).join(" ")}</dt><dd>${text}</dd></div>`;
const help = () => `<dialog class="help" aria-labelledby="help-title">
  <form method="dialog"><h2 id="help-title" class="grow">Keyboard</h2>
    <button class="b quiet icon" aria-label="Close">${iconHtml("close")}</button></form>
  <dl></dl>
  <p>Single letters act while no text field has the focus. Settings marked <span class="tag live">live</span> act at
    the next step; the others wait for a restart, and the run goes on without them.</p></dialog>`;

const addressed = pages => {
  const wanted = new URLSearchParams(location.search).get("at");
  return pages.some(([id]) => id === wanted) ? wanted : pages[0][0];
};
const address = id => {
  const query = new URLSearchParams(location.search);
  query.set("at", id);
  return `?${query}`;
};

/** @type {Make} */
export const header = (element, props, trigger, watch) => {
  const root = mountOf(element), pages = props.pages;
  const link = (id, content, name = "") =>
    `<a class="${name}" href="${esc(address(id))}" data-page="${esc(id)}">${content}</a>`;
  const links = () => pages.map(([id, label]) => link(id, esc(label))).join("");
  root.innerHTML = `<a class="skip" href="#main" data-skip>Skip to the picture</a><header class="hd">
    ${link(pages[0][0], `${BRAND}Transformer Playground`, "brand")}
    <nav class="pages" aria-label="Pages">${links()}</nav><span class="grow"></span>
    <button class="b quiet wide" data-do="runs" aria-haspopup="dialog">Runs<b data-runs></b></button>
    <button class="b quiet icon wide" data-do="theme"></button>
    <button class="b quiet icon wide" data-do="help" aria-label="Help and shortcuts (?)">${iconHtml("help")}</button>
    <button class="b quiet icon only-phone" data-do="menu" aria-label="Pages and help" aria-haspopup="true">
      ${iconHtml("menu")}</button>
    <div class="panel menu" popover><nav aria-label="Pages and help">${links()}</nav><button data-do="theme"></button>
      <button data-do="runs">Runs<b data-runs></b></button><button data-do="share">Share</button><button data-do="help">Help</button></div></header>${help()}`;
  const menu = root.querySelector(".menu"), dialog = root.querySelector("dialog");

  // The address is known before Gradio delivers the initial value, which arrives once more just after mounting.
  const initial = props.value?.page ?? pages[0][0], deep = addressed(pages);
  let settled = performance.now() + SETTLE_MS, here = deep;
  const draw = value => {
    const page = value.page === initial && performance.now() < settled ? deep : value.page;
    here = value.page = page;                          // also what another theme draws again
    root.querySelectorAll("nav a").forEach(link =>
      link.dataset.page === page ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current"));
    const other = isDark() ? "Light theme" : "Dark theme";
    root.querySelectorAll("[data-do=theme]").forEach(button => {
      if (button.closest(".menu")) setText(button, other);
      else if (!button.innerHTML) button.innerHTML = iconHtml("theme");
      button.setAttribute("aria-label", other);
    });
  };
  const go = (page, tell = true) => {
    props.value = { page };
    drawView("header", props.value);
    trigger("go");                                     // only the browser answers
    if (tell) press("pages", "turn", { id: page });
  };
  offer("page", () => here);

  offer("count runs", n => root.querySelectorAll("[data-runs]").forEach(count => setText(count, n ? num(n) : "")));
  const turnTo = page => {
    settled = 0;
    history.pushState(null, "", address(page));
    go(page);
  };
  offer("turn to", turnTo);
  const actions = {
    theme: toggleTheme,
    help: () => {
      if (dialog.open) return;
      dialog.querySelector("dl").innerHTML = KEYS.map(keyRow).join("");       // lenses are there by now, to be counted
      dialog.showModal();
    },
    runs: () => ask("open runs"),
    menu: button => openBelow(button, menu),
    share: () => /** @type {Drawn} */ (firstSeen("#tp .tp, .cmp-bar"))?.querySelector("[data-do=share]").click(),
  };
  root.querySelector("[data-skip]").addEventListener("click", event => {
    event.preventDefault();
    firstSeen(".pg-tabs [role=tab][aria-selected=true]")?.focus();
  });
  root.addEventListener("click", event => {
    const link = event.target.closest("[data-page]"), button = event.target.closest("[data-do]");
    if ((link || button) && event.target.closest(".menu")) menu.hidePopover();
    if (button) actions[button.dataset.do](button);
    if (event.target === dialog) dialog.close();       // the backdrop
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    turnTo(link.dataset.page);
  });
  onKey(root, "?", actions.help);
  addEventListener("popstate", () => go(addressed(pages)));
  mount(element, props, watch, draw, { always: true });
  if (deep !== initial) go(deep, false);             // the bus attaches with it
};
