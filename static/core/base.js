/* The namespace `pg`: what every drawn component shares. Each file of static/ is wrapped in its own function when the
   page is built, so top-level names stay private to their file; what others may use is put on `pg`. */
const pg = window.pg = { view: {}, keys: {}, stills: {} };

/* ---- text and numbers ---- */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
pg.esc = text => String(text ?? "").replace(/[&<>"']/g, c => ENTITIES[c]);

/** 37056 -> "37,056", 0.000312345 -> "0.0003123", -2 -> "−2". Whole numbers are never rounded. */
pg.num = (value, digits = 4) => {
  const x = Number(value);
  if (!Number.isFinite(x)) return "–";
  const options = Number.isInteger(x) ? {} : { maximumSignificantDigits: digits };
  return x.toLocaleString("en", options).replace("-", "−");
};

/** What a person typed -> number, or NaN. Thousands may be parted by commas, spaces, underscores or apostrophes, in groups
    of three behind a first digit that is no 0. Anything else is refused rather than guessed: "0,5" and "1,000" mean
    different things in different countries. */
pg.number = text => {
  const plain = String(text).trim().replace("−", "-").replace(/[\s_\u00a0\u202f\u2009'’]/g, " ");
  if (plain === "") return NaN;
  if (!/[ ,]/.test(plain)) return Number(plain);
  return /^[-+]?[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?:\.\d*)?$/.test(plain) ? Number(plain.replace(/[ ,]/g, "")) : NaN;
};

/** Why a text is no number here: where it may be one of two, both are named. */
pg.doubt = text => {
  const [whole, part, ...more] = String(text).trim().split(",");
  const plain = text => /^[-+−]?\d+$/.test(text ?? "") && !more.length;
  return plain(whole) && /^\d+$/.test(part ?? "") && !more.length
    ? `${text} may be ${whole}.${part} or ${Number(`${whole}${part}`.replace("−", "-"))}: write a point before decimals, as in 0.5.`
    : `${text} is not a number here. Write it like 1,000 or 0.5.`;
};

/** Write text only when it differs: a selection in an unchanged node, or a screen reader on it, is not disturbed. */
pg.set = (node, text) => { if (node.textContent !== String(text)) node.textContent = text; };

/** A reader of JSON fields that parses a text once: `read(name, text)` -> the same object until the text changes. */
pg.reader = () => {
  const seen = {};
  return (name, text) => {
    if (!seen[name] || seen[name].text !== text) seen[name] = { text, value: text ? JSON.parse(text) : null };
    return seen[name].value;
  };
};

/* ---- elements ---- */
pg.root = element => element.querySelector(".mount") || element;

/** What the browser keeps of this origin. Storage throws where cookies are blocked or a frame of another site may not
    keep anything: reading is then null, and what was to be kept is not. */
pg.stored = (where, name) => { try { return window[where].getItem(name); } catch { return null; } };
pg.store = (where, name, text) => {
  try { text === null ? window[where].removeItem(name) : window[where].setItem(name, text); return true; } catch { return false; }
};

/** The address of something the app serves. The app may stand behind a path of its own ("/play/"), which Gradio tells,
    but not always with the host and the scheme that the browser sees. */
pg.url = path => {
  const root = new URL(window.gradio_config?.root || ".", document.baseURI).pathname.replace(/\/*$/, "/");
  return location.origin + root + path.replace(/^\//, "");
};

/** Whether this page is about to take a configuration from its address: until then the stored replay is not its picture. */
const LINKED = /^(preset$|lens$|probe$|(model|task|training)\.|seed$|device$)/;
const LONGEST_WAIT_MS = 10_000;
let opening = [...new URLSearchParams(location.search).keys()].some(name => LINKED.test(name));
pg.opening = () => opening;
pg.opened = () => { opening = false; document.body?.classList.remove("opening"); };
setTimeout(pg.opened, LONGEST_WAIT_MS);

/** Say a change of state to a screen reader, politely. One region for the page, so that messages do not overtake. */
pg.say = text => {
  let region = document.getElementById("pg-live");
  if (!region) {
    region = Object.assign(document.createElement("div"), { id: "pg-live", className: "sr" });
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  region.textContent = text;
};

/** Copy to the clipboard; resolves to whether it worked (it is refused inside some frames and over plain http). */
pg.copy = async text => {
  try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
};

/* ---- mounting ---- */
/** Gradio's props together with what never changes, which the component's own script carries (see widget.py). */
pg.fixed = (props, text) => {
  const fixed = JSON.parse(decodeURIComponent(text));
  return new Proxy(props, { get: (target, key) => key in fixed ? fixed[key] : target[key] });
};
/** Whether an element is drawn somewhere, be it scrolled away. */
pg.seen = element => element.getClientRects().length > 0;

/** Before the next frame; a hidden tab has none, and gets it all the same. */
pg.soon = act => {
  let done = false;
  const once = () => { if (!done) { done = true; act(); } };
  requestAnimationFrame(once);
  return setTimeout(once, 100);
};

const mounted = [];                                    // redraw functions, called when the theme changes
const hidden = element => element.offsetParent === null && getComputedStyle(element).position !== "fixed";

/** Join a component's `draw(value)` to its value. Draws now and at each new value; of several in one frame the first and
    the last, so that a slow machine leaves some out and still hears the next press. While the element is hidden nothing is
    drawn, and the newest value is drawn once it is shown. `pg.view[name]`, where name is `props.view`, draws a value from
    elsewhere (a replay); `pg.stills[name]` is what a component without a value of its own starts with. `always`: draw even
    while hidden, for what is cheap or has no box of its own. */
pg.mount = (element, props, watch, draw, { always = false } = {}) => {
  const name = props.view;
  let latest = null, stale = false, due = 0, newer = false;
  const show = value => {
    if (value === null || value === undefined) return;
    latest = value;
    stale = !always && hidden(element);
    if (!stale) draw(value);
  };
  pg.view[name] = show;
  mounted.push(() => { if (element.isConnected) show(latest); });
  watch("value", () => {
    newer = !!due;
    if (due) return;
    show(props.value);
    due = pg.soon(() => { due = 0; if (newer) show(props.value); });
  });
  new IntersectionObserver(entries => {
    if (stale && entries.some(entry => entry.isIntersecting)) show(latest);
  }).observe(element);
  show(props.value || pg.stills[name]);
};

/* ---- theme: Gradio puts `dark` on the body after the system's setting; a stored choice wins ---- */
const isDark = () => document.body.classList.contains("dark");
pg.theme = {
  dark: isDark,
  choose(name) {
    pg.store("localStorage", "pg-theme", name);        // where nothing can be kept, the choice lasts until the reload
    document.body.classList.toggle("dark", name === "dark");
  },
  toggle: () => pg.theme.choose(isDark() ? "light" : "dark"),
};

const watchTheme = () => {
  const enforce = () => { const want = pg.stored("localStorage", "pg-theme"); if (want && isDark() !== (want === "dark")) pg.theme.choose(want); };
  enforce();
  let was = isDark();
  new MutationObserver(() => {
    enforce();
    if (isDark() === was) return;
    was = isDark();
    pg.forgetColours();
    mounted.forEach(redraw => redraw());
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
};
// Gradio inserts head= after DOMContentLoaded, so the body is there; a plain page may still be loading.
const begin = () => { watchTheme(); document.body.classList.toggle("opening", opening); };
document.body ? setTimeout(begin) : addEventListener("DOMContentLoaded", begin);
