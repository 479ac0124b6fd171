/* Components in the document: where they draw, whether they are seen, and when they draw. */
import { onTheme } from "./theme.js";
/** @import { Value } from "./values.js"
    @import { Props, Watch } from "./widget.js" */

/** @typedef {any} Drawn an element whose parts come from markup of the same module, which knows of what kind they are */
/** Where a component draws.
    @type {(element: HTMLElement) => Drawn} */
export const mountOf = element => element.querySelector(".mount") || element;

/** Whether an element is drawn somewhere, be it scrolled away.
    @param {Element} element */
export const isSeen = element => element.getClientRects().length > 0;

/** Of those that fit a selector, the first that is drawn.
    @type {(selector: string) => HTMLElement | undefined} */
export const firstSeen = selector => {
  const /** @type {NodeListOf<HTMLElement>} */ all = document.querySelectorAll(selector);
  return [...all].find(isSeen);
};

/** What has the focus inside of an element.
    @type {(host: Node) => HTMLElement | null} */
export const focusIn = host => {
  const has = document.activeElement;
  return has instanceof HTMLElement && host.contains(has) ? has : null;
};

/** Before the next frame; a hidden tab has none, and gets it all the same.
    @param {() => void} act */
export const soon = act => {
  let done = false;
  const once = () => { if (!done) { done = true; act(); } };
  requestAnimationFrame(once);
  return setTimeout(once, 100);
};

/** `draw(value)` in the next animation frame; of several values before it, the newest alone.
    @template T
    @param {(value: T) => void} draw
    @returns {(value: T) => void} */
export const nextFrame = draw => {
  let /** @type {T} */ newest, due = 0;
  return value => {
    newest = value;
    due ||= requestAnimationFrame(() => { due = 0; draw(newest); });
  };
};

/** @type {(() => void)[]} */
const mounted = [];                                    // redraw functions, called when the theme changes
onTheme(() => mounted.forEach(redraw => redraw()));
/** @type {Record<string, (value: Value) => void>} */
const views = {};                                      // view -> what draws a value in it
/** @param {HTMLElement} element */
const hidden = element => element.offsetParent === null && getComputedStyle(element).position !== "fixed";

/** Draw a value from elsewhere (a replay) in a view, where it is mounted.
    @type {(view: string, value: Value) => void} */
export const drawView = (view, value) => views[view]?.(value);

/** @type {Record<string, Value>} */
let stills = {};
/** {view: value} that components without a value of their own start with, now and when they mount.
    @param {Record<string, Value>} given */
export const showStills = given => {
  stills = given;
  for (const [view, value] of Object.entries(stills)) drawView(view, value);
};

/** Join a component's `draw(value)` to its value. Draws now and at each new value; of several in one frame the first and
    the last, so that a slow machine leaves some out and still hears the next press. While the element is hidden nothing is
    drawn, and the newest value is drawn once it is shown. `always`: draw even while hidden, for what is cheap or has no box
    of its own.
    @type {(element: HTMLElement, props: Props, watch: Watch, draw: (value: Value) => void, options?: {always?: boolean}) => void} */
export const mount = (element, props, watch, draw, { always = false } = {}) => {
  const { view } = props;
  let /** @type {Value | null} */ latest = null, stale = false, due = 0, newer = false;
  const show = (/** @type {Value | null | undefined} */ value) => {
    if (value === null || value === undefined) return;
    latest = value;
    stale = !always && hidden(element);
    if (!stale) draw(value);
  };
  views[view] = show;
  mounted.push(() => { if (element.isConnected) show(latest); });
  watch("value", () => {
    newer = !!due;
    if (due) return;
    show(props.value);
    due = soon(() => { due = 0; if (newer) show(props.value); });
  });
  new IntersectionObserver(entries => {
    if (stale && entries.some(entry => entry.isIntersecting)) show(latest);
  }).observe(element);
  show(props.value || stills[view]);
};
