/* Under a lens: what to try next, and the same picture in a few lines of Python. */
const HTML = `<hr class="rule"><div class="g2 notes">
  <section><div class="pt"><h2>What to try</h2></div><div class="try"></div></section>
  <section class="python"><div class="pt"><h2>The same in Python</h2><span class="grow"></span>
    <button class="b small quiet">Copy</button></div><pre tabindex="0" aria-label="The same in Python"></pre></section></div>`;

pg.notes = (element, props, trigger, watch) => {
  const root = pg.root(element), parse = pg.reader();
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), copy = $("button"), code = $("pre");
  pg.onDo($(".try"), action => trigger("do", { action }));
  copy.addEventListener("click", async () => {
    const worked = await pg.copy(code.textContent), text = worked ? "Copied" : "Select it and copy";
    if (!worked) getSelection().selectAllChildren(code);
    pg.set(copy, text);
    pg.say(text);
    setTimeout(() => pg.set(copy, "Copy"), 2000);
  });
  pg.mount(element, props, watch, value => {
    pg.rich($(".try"), parse("try", value.try) || "");
    pg.set(code, value.python || "");
    $(".python").hidden = !value.python;
  });
};
