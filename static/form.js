/* A form built from field descriptions: one row per field with its name, help, mark, value, reset and the sentence beside
   it. Value and fields: see components/form.py. */
const EDIT_MS = 80;                                    // a drag sends at most this often; the release always sends
const SETTLE_MS = 500;                                 // after an edit, answers to earlier ones are not written back
let serial = 0;

const cite = paper => !paper ? "" :
  ` <a href="${pg.esc(paper[1])}" target="_blank" rel="noopener">${pg.esc(paper[0])}</a>`;
const help = ({ label, help: sentence, paper }, id) => !sentence && !paper ? "" : `
  <button type="button" class="q" aria-label="Help: ${pg.esc(label)}" aria-describedby="${id}-help">
    ${pg.icon("help")}</button>
  <span class="tip" role="tooltip" id="${id}-help">${pg.esc(sentence)}${cite(paper)}</span>`;

const rowMarkup = (field, id) => `<div class="top"><label class="name" for="${id}">${pg.esc(field.label)}${
  field.unit ? ` <span class="unit">${pg.esc(field.unit)}</span>` : ""}</label>${help(field, id)}
  ${field.live ? '<span class="tag live">live</span>' : '<span class="tag restart">restart</span>'}
  <span class="val"><button type="button" class="rst" aria-label="Reset ${pg.esc(field.label)}">
    ${pg.icon("reset")}</button></span></div>
  <div class="body"></div><div class="msg" id="${id}-msg" role="status"></div>`;

/** A value in words: options by their label, an empty optional by what "auto" means. */
const words = (field, value) => {
  if (value === null || value === undefined) return field.auto || "none";
  if (field.type === "bool") return value ? "on" : "off";
  if (field.type === "choice") return field.options.find(([each]) => each === value)?.[1] ?? value;
  return typeof value === "number" ? pg.num(value, 8) : String(value).slice(0, 40);
};

/** One row: {node, draw(value of the whole form, marks)}. */
const makeRow = (field, send, redraw) => {
  const id = `f${++serial}`, node = document.createElement("div");
  node.className = `ctl ${field.type}`;
  node.dataset.id = id;
  node.dataset.field = field.name;
  node.innerHTML = rowMarkup(field, id);
  const message = node.querySelector(".msg"), reset = node.querySelector(".rst"), tip = node.querySelector(".q");
  let refusal = "", shown, mine = false, until = 0, sent = 0, waiting = 0, latest = null;

  node.refuse = sentence => { [refusal, mine] = [sentence, true]; redraw(); };
  const edit = (value, done) => {
    const wait = done ? 0 : sent + EDIT_MS - performance.now();
    refusal = "";
    [mine, until] = [true, performance.now() + SETTLE_MS];
    clearTimeout(waiting);
    if (wait > 0) { waiting = setTimeout(() => edit(value, false), wait); return; }
    sent = performance.now();
    send(field, value, done);
    if (done) waiting = setTimeout(redraw, SETTLE_MS + 20);       // then the server's word counts again
  };
  const input = (pg.controls[field.type] || pg.controls.text)(field, node, edit);

  const say = (tone, sentence, value) => {
    const key = `${tone} ${sentence} ${tone === "pending" ? words(field, value) : ""}`;
    if (message.dataset.key === key) return;
    message.dataset.key = key;
    message.innerHTML = !sentence ? "" : `${tone === "error" ? pg.icon("warn") : ""}<span>${pg.esc(sentence)}${
      tone === "pending" ? ` <button type="button" class="link">Restart with ${pg.esc(words(field, value))}</button>` : ""}</span>`;
    message.querySelector("button")?.addEventListener("click", () => pg.restart?.());
  };
  const draw = (form, marks) => {
    latest = form;
    const value = form.values?.[field.name] ?? null, standard = form.defaults?.[field.name] ?? null;
    let [tone, sentence] = refusal ? ["error", refusal] : marks[field.name] ?? ["", ""];
    if (tone === "pending" && !sentence) sentence = `Running with ${words(field, form.running?.[field.name])}.`;
    const held = input.busy() || mine && performance.now() < until;
    // A refused value stays in the box beside its reason, until the value itself changes.
    if (!held && !(tone === "error" && shown === value && mine)) { input.show(value); mine = false; }
    if (!held) shown = value;
    node.classList.toggle("changed", value !== standard && field.type !== "file");
    for (const each of ["error", "pending"]) node.classList.toggle(each, tone === each);
    node.classList.toggle("hot", tone === "changed");
    const target = node.querySelector("input, select, textarea, [role=switch], [role=radiogroup]");
    tone === "error" ? target?.setAttribute("aria-invalid", "true") : target?.removeAttribute("aria-invalid");
    sentence ? target?.setAttribute("aria-describedby", `${id}-msg`) : target?.removeAttribute("aria-describedby");
    reset.title = `Reset to ${words(field, standard)}`;
    say(tone, sentence, value);
  };
  reset.addEventListener("click", () => {
    const standard = latest?.defaults?.[field.name] ?? null;
    refusal = "";
    input.show(standard);
    edit(standard, true);
    node.querySelector("input, select, textarea, button:not(.q):not(.rst)")?.focus();   // the reset button goes away
  });
  // Esc takes the help away without moving the focus; it comes back with the next visit.
  tip?.addEventListener("keydown", event => {
    if (event.key === "Escape") { node.classList.add("untip"); event.preventDefault(); }
  });
  node.addEventListener("pointerleave", () => node.classList.remove("untip"));
  tip?.addEventListener("blur", () => node.classList.remove("untip"));
  return { node, draw, input, field };
};

/** "More: window, QK-norm": the first letter is lowered unless the word is an acronym. */
const named = label => {
  const acronym = !/^[A-Z][^A-Z]*$/.test(label.split(/[\s-]/)[0]);
  return acronym ? label : label[0].toLowerCase() + label.slice(1);
};
const makeMore = rows => {
  const more = document.createElement("details");
  more.className = "more";
  const names = rows.map(row => named(row.field.label)).join(", ");
  more.innerHTML = `<summary>${pg.icon("caret")}<span>More: ${pg.esc(names)}</span></summary>`;
  more.append(...rows.map(row => row.node));
  return more;
};

pg.form = (element, props, trigger, watch) => {
  const root = pg.root(element), read = pg.reader(), kinds = Object.keys(props.kinds);
  const selector = kinds.length > 1 ? kindField(props, kinds) : null;
  let form = props.value, built = null, rows = [], moreOpen = false;
  const send = ({ path }, value, done) => trigger("edit", { path, value, done });
  const redraw = () => { if (form) draw(form); };

  const build = kind => {
    built = kind;
    const fields = props.kinds[kind] ?? [];
    const kindRow = selector ? rows.find(row => row.field === selector) ?? makeRow(selector, send, redraw) : null;
    const made = fields.map(field => makeRow(field, send, redraw));
    for (const row of made) if (row.field.type === "file") {
      row.node.fills = made.find(other => other.field.type === "text" && other.field.path === row.field.path)?.input;
    }
    const plain = made.filter(row => !row.field.advanced), advanced = made.filter(row => row.field.advanced);
    rows = [...kindRow ? [kindRow] : [], ...made];
    const more = advanced.length ? makeMore(advanced) : null;
    if (more) {
      more.open = moreOpen;
      more.addEventListener("toggle", () => { moreOpen = more.open; });
    }
    // The kind's own row stays where it is, so that the arrows keep their focus in it.
    for (const child of [...root.children]) if (child !== kindRow?.node) child.remove();
    if (kindRow && !kindRow.node.isConnected) root.append(kindRow.node);
    root.append(...plain.map(row => row.node), ...more ? [more] : []);
  };
  const draw = next => {
    form = next;
    const kind = props.kinds[form.kind] ? form.kind : kinds[0];
    if (built !== kind) build(kind);
    const marks = read("marks", form.marks) ?? {};
    const whole = { ...form, values: { kind, ...form.values } };
    rows.forEach(row => row.draw(whole, marks));
    const closed = root.querySelector("details.more:not([open])");
    if (closed?.querySelector(".error")) closed.open = true;        // a reason must not be hidden
    if (selector) about(kind);
  };
  const about = kind => {
    const [sentence, paper] = props.about?.[kind] ?? [], note = rows[0].node.querySelector(".about")
      ?? rows[0].node.querySelector(".body").appendChild(Object.assign(document.createElement("p"), { className: "about" }));
    if (note.dataset.kind === kind) return;
    note.dataset.kind = kind;
    note.innerHTML = pg.esc(sentence) + cite(paper);
    note.hidden = !sentence;
  };
  pg.mount(`form:${props.title ?? ""}`, element, props, watch, draw, { always: true });
};

/** The selector of a discriminated union, as one more field at the top of the form. */
const kindField = ({ title, kind = {}, kinds }, names) => ({
  name: "kind", path: kind.path ?? "kind", label: kind.label ?? title ?? "Variant", type: "choice", live: false,
  help: kind.help ?? "", paper: kind.paper ?? null, options: kind.options ?? names.map(name => [name, name]),
});
