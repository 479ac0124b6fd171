/* A few sentences beside controls. */
pg.words = (element, props, trigger, watch) => {
  const node = pg.root(element).appendChild(Object.assign(document.createElement("div"), { className: "words" }));
  pg.mount(element, props, watch, value => pg.rich(node, value.html), { always: true });
};
