/* The Positions lens: what each head does with distance, while the model trains. */
pg.positions = (element, props, trigger, watch) => {
  const root = pg.root(element), parse = pg.reader();
  root.innerHTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>`;
  pg.onDo(root, action => trigger("do", { action }));
  pg.mount("positions", element, props, watch, value => {
    const finding = parse("finding", value.finding);
    pg.set(root.querySelector("h1"), finding.title);
    pg.rich(root.querySelector("p"), finding.html);
  });
};
