/* The settings of a laboratory on a phone: a sheet, as the Playground's configuration is (see column.js). */
pg.sheetbar = (element, props) => {
  const root = pg.root(element);
  root.innerHTML = `<div class="sheetbar"><b class="grow">${pg.esc(props.title)}</b>
    <button class="b quiet" data-do="done">Done</button></div>`;
  root.querySelector("[data-do=done]").addEventListener("click", () => pg.sheet.close());
};

pg.opener = (element, props) => {
  const root = pg.root(element);
  root.innerHTML = `<div class="opener only-phone"><button class="b" data-do="sheet">${pg.esc(props.label)}</button></div>`;
  root.querySelector("[data-do=sheet]").addEventListener("click", () => pg.sheet.open());
};
