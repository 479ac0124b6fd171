/* The finding at the top of a lens: a title and a sentence whose links move the picture. */
pg.finding = (element, props, trigger, watch) => {
  const root = pg.root(element);
  root.innerHTML = `<div class="lens-head long"><div><h1></h1><p></p></div></div>`;
  pg.onDo(root, action => trigger("do", { action }));
  pg.mount(element, props, watch, value => {
    pg.set(root.querySelector("h1"), value.title || "");
    pg.rich(root.querySelector("p"), value.html || "");
  });
};
