/* Picture or table: a choice, and the key T for it. */
import { onKey } from "../core/keys.js";
import { segmentedChoice } from "./choice.js";

const VIEWS = [["picture", "Picture"], ["table", "Table"]];

/** The choice in `place`; `root` gets the class as-table, and `draw()` is called after a change. The key acts while `root` is seen and
    `ready()`. Returns a function that says whether tables are shown.
    @type {(place: HTMLElement, root: HTMLElement, draw: () => void, ready?: () => unknown) => () => boolean} */
export const pictureOrTable = (place, root, draw, ready = () => true) => {
  let table = false;
  const show = (/** @type {boolean} */ yes) => {
    table = yes;
    root.classList.toggle("as-table", table);
    choice.draw(VIEWS, table ? "table" : "picture");
    draw();
  };
  const choice = segmentedChoice(place, "Show as", id => show(id === "table"));
  choice.draw(VIEWS, "picture");
  onKey(root, "t", () => ready() ? show(!table) : false);
  return () => table;
};
