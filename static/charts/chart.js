/* A chart (see plot.js) whose heading changes with what it shows. */
pg.chart = (element, props, trigger, watch) => {
  pg.plot(element, props, trigger, watch);
  const node = pg.root(element).querySelector(".plot"), head = node.querySelector(".pt");
  const [title, note, grow] = head.children, formula = Object.assign(document.createElement("span"), { className: "fx" });
  grow.after(formula);
  const heading = () => {
    const value = props.value ?? {};
    node.hidden = !value.title;
    pg.set(title, value.title || "");
    pg.set(note, value.note || "");
    pg.rich(formula, value.formula || "");
    formula.hidden = !value.formula;
  };
  watch("value", heading);
  heading();
};
