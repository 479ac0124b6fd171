/* The finding of an experiment: a title, a sentence whose links move the picture, and one action where nothing is to
   be seen. */
pg.headline = (element, props, trigger, watch) => {
  const root = pg.root(element), read = pg.reader();
  root.innerHTML = `<div class="lens-head"><div><h1></h1><p></p><button class="b" hidden></button></div></div>`;
  const button = root.querySelector("button");
  pg.onDo(root, action => trigger("do", { action }));
  pg.mount(element, props, watch, value => {
    const act = read("act", value.act);
    pg.set(root.querySelector("h1"), value.title || "");
    pg.rich(root.querySelector("p"), value.html || "");
    button.hidden = !act;
    if (act) { pg.set(button, act[0]); button.dataset.do = act[1]; }
  });
};
