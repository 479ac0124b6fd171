/* The predictions lens: examples as token cells with what the model made of them, and a prompt of the visitor's own. */
const FIELDS = [["temperature", "Temperature", 0, 5, 0.1, 1, "0 always takes the likeliest token"], ["top_k", "Top-k", 0, 256, 1, 0, "0 keeps every token"],
  ["top_p", "Top-p", 0.01, 1, 0.01, 1, "1 keeps every token"], ["length", "Length", 1, 128, 1, 16, "tokens to add"]];

/** One token. Right and wrong differ by mark as well as by colour: wrong is underlined and shows the wanted token. */
const cellHtml = (cell, i) => {
  const scored = cell.role !== "prompt", wrong = scored && cell.right === false, has = cell.top?.length;
  const said = `${pg.glyph(cell.t)}${scored ? wrong ? `, wrong, wanted ${pg.glyph(cell.want)}` : cell.right ? ", right" : "" : ""}`;
  return `<${has ? "button" : "span"} class="tk ${pg.esc(cell.role)}${wrong ? " wrong" : cell.right ? " right" : ""}" data-i="${i}" ${has ? `aria-label="${pg.esc(said)}"` : ""}>
    <span class="t">${pg.esc(pg.glyph(cell.t))}</span>${wrong ? `<span class="want" aria-hidden="true">${pg.esc(pg.glyph(cell.want))}</span>` : ""}</${has ? "button" : "span"}>`;
};
/** The five likeliest tokens as bars. */
const cardHtml = cell => `<span class="muted">${cell.role === "prompt" ? "next here" : "predicted here"}</span>${cell.top.map(([token, p]) =>
  `<span class="p"><b class="mono${token === cell.want || token === cell.t && cell.right ? " hit" : ""}">${pg.esc(pg.glyph(token))}</b><i><i style="width:${(100 * p).toFixed(1)}%"></i></i><span>${p >= 0.095 ? p.toFixed(2) : p.toFixed(3)}</span></span>`).join("")}`;

/** Cards on hover and on focus, one for the lens, dismissed by Esc. `find(node)` gives the cell of a node. */
const cards = (root, find) => {
  const tip = root.appendChild(Object.assign(document.createElement("div"), { className: "hover-card probs", hidden: true }));
  const show = event => {
    const node = event.target.closest?.("button.tk"), cell = node && find(node);
    if (!cell) return;
    tip.innerHTML = cardHtml(cell);
    tip.hidden = false;
    const box = node.getBoundingClientRect(), base = root.getBoundingClientRect();
    const left = Math.max(0, Math.min(box.left - base.left, base.width - tip.offsetWidth)), room = innerHeight - box.bottom > tip.offsetHeight + 16;
    Object.assign(tip.style, { left: `${left}px`, top: `${room ? box.bottom - base.top + 8 : box.top - base.top - tip.offsetHeight - 8}px` });
  };
  const hide = () => { tip.hidden = true; };
  root.addEventListener("pointerover", show);
  root.addEventListener("focusin", show);
  root.addEventListener("pointerout", event => { if (event.target.closest("button.tk")) hide(); });
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
};

const promptHtml = `<form class="prompt" novalidate><div class="pt"><h2>Your own prompt</h2><span>the model goes on from it</span></div>
  <div class="ask"><input class="text mono" name="text" aria-label="Prompt" spellcheck="false" autocomplete="off" maxlength="512"><button class="b">Run</button></div>
  <div class="fields">${FIELDS.map(([name, label, min, max, step, at, help]) => `<label title="${help}">${label} <input name="${name}" type="number" inputmode="decimal" min="${min}" max="${max}" step="${step}" value="${at}"></label>`).join("")}</div>
  <p class="bad" role="alert" hidden></p><p class="cells result" aria-live="polite"></p></form>`;

pg.predictions = (element, props, trigger, watch) => {
  const root = pg.root(element), parse = pg.reader();
  root.classList.add("predictions");
  root.innerHTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="pt"><h2>Examples</h2><span data-t="count"></span><span class="grow"></span><span class="key"><span class="tk prompt"><span class="t">a</span></span> given
    <span class="tk answer right"><span class="t">b</span></span> right <span class="tk answer wrong"><span class="t">c</span><span class="want">d</span></span> wrong, wanted d</span></div><ol class="examples"></ol>${promptHtml}`;
  const $ = name => root.querySelector(name), form = $("form"), bad = $(".bad"), result = $(".result");
  let examples = [], continuation = [], sent = "";

  const fill = (node, html) => { if (node.shown !== html) node.innerHTML = node.shown = html; };
  /** Examples keep their node while they keep their text, so that focus stays while a run goes on. */
  const drawExamples = list => {
    const host = $(".examples");
    while (host.children.length > list.length) host.lastChild.remove();
    while (host.children.length < list.length) host.append(document.createElement("li"));
    list.forEach((example, n) => {
      const line = host.children[n], at = line.contains(document.activeElement) ? document.activeElement.dataset.i : null;
      line.className = example.exact ? "exact" : "";
      fill(line, `<span class="mark" title="${example.exact ? "all right" : "not all right"}">${example.exact ? pg.icon("check") : ""}<span class="sr">${example.exact ? "all right" : "not all right"}</span></span><span class="cells">${example.cells.map(cellHtml).join("")}</span>`);
      if (at !== null) line.querySelector(`[data-i="${at}"]`)?.focus({ preventScroll: true });
    });
  };
  const drawPrompt = prompt => {
    form.hidden = !prompt;
    if (!prompt) return;
    const text = form.elements.text;
    if (document.activeElement !== text && prompt.text !== sent) text.value = sent = prompt.text ?? "";   // never over what is being typed
    form.querySelector(".ask button").removeAttribute("aria-busy");
    bad.hidden = !prompt.error;
    pg.set(bad, prompt.error || "");
    text.toggleAttribute("aria-invalid", !!prompt.error);
    continuation = prompt.continuation || [];
    const table = pg.colours(), paint = p => { const c = table[Math.round(Math.sqrt(p) * 254)]; return `background:${pg.css(c)};color:${pg.inkOn(c)}`; };
    const given = continuation.length ? [...prompt.text].map(t => `<span class="tk prompt"><span class="t">${pg.esc(pg.glyph(t))}</span></span>`).join("") : "";
    const made = continuation.map((cell, i) => `<button type="button" class="tk made" data-i="${i}" aria-label="${pg.esc(pg.glyph(cell.t))}, probability ${cell.p.toFixed(2)}"><span class="t" style="${paint(cell.p)}">${pg.esc(pg.glyph(cell.t))}</span></button>`).join("");
    fill(result, given + made + (made ? `<span class="axt">colour: probability of the token, square-root scale</span>` : ""));
  };
  form.addEventListener("submit", event => {
    event.preventDefault();
    const values = { text: form.elements.text.value };
    for (const [name, label, min, max] of FIELDS) {                    // judged here first, so that the sentence is at once
      const value = pg.number(form.elements[name].value);
      if (value >= min && value <= max) { values[name] = value; continue; }
      bad.hidden = false;
      return pg.set(bad, `${label} lies between ${min} and ${max}.`);
    }
    bad.hidden = true;
    sent = values.text;
    form.querySelector(".ask button").setAttribute("aria-busy", true);
    trigger("prompt", values);
  });
  cards(root, node => {
    const line = node.closest("li");
    if (line) return examples[[...line.parentNode.children].indexOf(line)]?.cells[node.dataset.i];
    const cell = continuation[node.dataset.i];
    return cell?.top?.length ? { ...cell, role: "answer", want: cell.t } : null;
  });
  pg.onDo($(".lens-head"), action => trigger("do", { action }));

  pg.mount("predictions", element, props, watch, value => {
    const finding = parse("finding", value.finding);
    pg.set($("h1"), finding?.title || "");
    pg.rich($(".lens-head p"), finding?.html || "");
    examples = parse("examples", value.examples) || [];
    const exact = examples.filter(example => example.exact).length;
    pg.set($("[data-t=count]"), examples.length ? `unseen in training, ${exact} of ${examples.length} all right` : "");
    drawExamples(examples);
    drawPrompt(parse("prompt", value.prompt));
  });
};
