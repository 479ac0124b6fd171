/* What the bus tells the page itself and no component: "tabs" {id, name, n}, "panels" {open, n}, "label" {id, text} and
   "download" {n, name, text | error}; each once for every new n. And turns: which tab or page a visitor has turned to. */
import { say } from "../core/announce.js";
import { press } from "../core/bus.js";
import { saveBlob } from "../core/files.js";
import { isSeen } from "../core/mount.js";
import { onVerb } from "../core/rich.js";
import { setText } from "../core/text.js";
import { hear, values } from "../core/values.js";
import { sheet } from "../controls/sheet.js";

const TRIES = 100, TRY_MS = 100;                       // a page is drawn when it is first visited

/** Do `act(node)` as soon as `find()` gives one. */
const once = (find, act, tries = TRIES) => {
  const node = find();
  if (node) act(node); else if (tries) setTimeout(once, TRY_MS, find, act, tries - 1);
};
/** Hear a view, and act only where its n is a new one. */
const each = (view, act) => {
  let /** @type {number | null} */ last = null;
  hear(view, value => {
    if (!value?.n || value.n === last) return;
    last = value.n;
    act(value);
  });
};

let echo = false;                                      // a tab is being turned to because the server said so
const turned = {};                                     // bar of tabs -> the visitor's newest press there
/* Who has turned before the page was attached is not turned back: that press waits to be sent, and is newer. */
each("tabs", ({ id, name }) => turned[id]?.n === Infinity || once(
  () => document.querySelector(`#${CSS.escape(id)} [role=tab][data-tab-id="${CSS.escape(name)}"]`),
  tab => { echo = true; try { tab.click(); } finally { echo = false; } },
));

/** @type {(name: string) => HTMLElement | null} */
const accordion = name => document.querySelector(`#acc-${CSS.escape(name)} > button`);
const unfold = button => { if (!button.classList.contains("open")) button.click(); };
each("panels", ({ open }) => open.forEach(name => once(() => accordion(name), unfold)));

/* data-do="settings:attention": the accordion, unfolded and in sight; on a phone the sheet that it lies in. */
onVerb("settings", name => {
  const button = accordion(name);
  if (!button) return false;
  if (!isSeen(button)) sheet.open();
  unfold(button);
  button.focus({ preventScroll: true });
  button.scrollIntoView({ block: "center" });
});

hear("label", ({ id, text }) => once(
  () => document.querySelector(`#${CSS.escape(id)} > button > span`), words => setText(words, values.label.id === id ? values.label.text : text),
));

each("download", ({ name, text, error }) => {
  if (error) return say(error);
  saveBlob(new Blob([text], { type: "text/plain;charset=utf-8" }), name);
  say(`${name} saved`);
});

/* Before Gradio turns, so that the tab in sight is still the one before. */
document.addEventListener("click", event => {
  const /** @type {HTMLElement | null} */ tab = /** @type {Element} */ (event.target).closest?.("[role=tab][data-tab-id]"), set = tab?.closest(".pg-tabs[id]");
  if (tab && set && !echo && tab.getAttribute("aria-selected") !== "true") turned[set.id] = press(set.id, "turn", { id: tab.dataset.tabId });
}, true);
