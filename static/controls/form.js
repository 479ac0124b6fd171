/* A form built from field descriptions: one row per field with its name, help, mark, value, reset and the sentence
   beside it. Value and fields: see components/form.py. */
import { iconHtml } from "../core/icons.js";
import { mount, mountOf } from "../core/mount.js";
import { esc, reader, setText } from "../core/text.js";
import { cite, formRow } from "./form-row.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Json } from "../core/values.js"
    @import { Make, Props } from "../core/widget.js" */

/** "More: window, QK-norm": the first letter is lowered unless the word is an acronym. */
const named = label => {
  const acronym = !/^[A-Z][^A-Z]*$/.test(label.split(/[\s-]/)[0]);
  return acronym ? label : label[0].toLowerCase() + label.slice(1);
};
const NAMED = 4;                                       // of the rows in "More"; the others are counted
const makeMore = rows => {
  const /** @type {Drawn} */ more = document.createElement("details");
  more.className = "more";
  more.innerHTML = `<summary>${iconHtml("caret")}<span></span></summary>`;
  more.append(...rows.map(row => row.node));
  /** Name the rows that can be seen. */
  more.tell = () => {
    const seen = rows.filter(row => !row.node.hidden);
    more.hidden = !seen.length;
    const names = seen.map(row => named(row.field.label)), rest = names.length - NAMED;
    const told = rest > 1 ? [...names.slice(0, NAMED), `${rest} more`] : names;
    setText(more.querySelector("summary span"), `More: ${told.join(", ")}`);
  };
  return more;
};

/** @type {Make} */
export const form = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader(), kinds = Object.keys(props.kinds);
  const selector = kinds.length > 1 ? kindField(props, kinds) : null;
  let /** @type {Json} */ form = null, /** @type {string | null} */ built = null, /** @type {Drawn} */ more = null;
  let rows = [], moreOpen = false;
  const send = ({ at }, value, done) => trigger("edit", { at, value, done });
  const redraw = () => { if (form) draw(form, false); };

  const build = kind => {
    built = kind;
    const fields = props.kinds[kind] ?? [];
    const kindRow = selector ? rows.find(row => row.field === selector) ?? formRow(selector, send, redraw) : null;
    const made = fields.map(field => formRow(field, send, redraw));
    for (const row of made) if (row.field.type === "file") {
      row.node.fills = made.find(other => other.field.type === "text" && other.field.at === row.field.at)?.input;
    }
    const plain = made.filter(row => !row.field.advanced), advanced = made.filter(row => row.field.advanced);
    rows = [...kindRow ? [kindRow] : [], ...made];
    more = advanced.length ? makeMore(advanced) : null;
    if (more) {
      more.open = moreOpen;
      more.addEventListener("toggle", () => { moreOpen = more.open; });
    }
    // The kind's own row stays where it is, so that the arrows keep their focus in it.
    for (const child of [...root.children]) if (child !== kindRow?.node) child.remove();
    if (kindRow && !kindRow.node.isConnected) root.append(kindRow.node);
    root.append(...plain.map(row => row.node), ...more ? [more] : []);
  };
  const draw = (next, fromServer = true) => {
    if (!next?.values) return;                                      // mounted before its value came: nothing to show yet
    form = next;
    const kind = props.kinds[form.kind] ? form.kind : kinds[0];
    if (built !== kind) build(kind);
    const marks = read("marks", form.marks) ?? {};
    const whole = { ...form, values: { kind, ...form.values } };
    const hidden = read("hidden", form.hidden) ?? [];
    for (const row of rows) {
      row.node.hidden = hidden.includes(row.field.name);
      row.draw(whole, marks, fromServer);
    }
    more?.tell();
    const closed = root.querySelector("details.more:not([open])");
    if (closed?.querySelector(".error")) closed.open = true;        // a reason must be seen
    if (selector) about(kind);
  };
  const about = kind => {
    const [sentence, paper] = props.about?.[kind] ?? [], body = rows[0].node.querySelector(".body");
    if (!body.querySelector(".about")) body.append(Object.assign(document.createElement("p"), { className: "about" }));
    const note = body.querySelector(".about");
    if (note.dataset.kind === kind) return;
    note.dataset.kind = kind;
    note.innerHTML = esc(sentence) + cite(paper);
    note.hidden = !sentence;
  };
  mount(element, props, watch, draw, { always: true });
};

/** The selector of a discriminated union, as one more field at the top of the form.
    @type {(props: Props, names: string[]) => Json} */
const kindField = ({ title, kind = {} }, names) => ({
  name: "kind", at: kind.at ?? "kind", label: kind.label ?? title ?? "Variant", type: "choice", live: false,
  help: kind.help ?? "", paper: kind.paper ?? null, options: kind.options ?? names.map(name => [name, name]),
});
