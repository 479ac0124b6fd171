/* The Embeddings lens: the vectors of the tokens moving while the model trains. */
pg.embeddings = (element, props, trigger, watch) => {
  const root = pg.root(element), parse = pg.reader();
  root.innerHTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>`;
  pg.onDo(root, action => trigger("do", { action }));
  pg.mount("embeddings", element, props, watch, value => {
    const finding = parse("finding", value.finding);
    pg.set(root.querySelector("h1"), finding.title);
    pg.rich(root.querySelector("p"), finding.html);
  });
};
