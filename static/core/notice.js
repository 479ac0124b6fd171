/* Sentences about the connection, under the page. */
import { setText } from "./text.js";

/** @type {Record<string, string>} */
const notices = {};
const strip = () => {
  let node = document.getElementById("pg-notice");
  if (!node) {
    node = Object.assign(document.createElement("p"), { id: "pg-notice", hidden: true });
    node.setAttribute("role", "status");
    (document.querySelector("#app") ?? document.body).append(node);
  }
  return node;
};
/** Say `text` until "" is said under the same name.
    @type {(name: string, text: string) => void} */
export const notice = (name, text) => {
  if ((notices[name] ?? "") === text) return;
  notices[name] = text;
  const said = Object.values(notices).filter(Boolean).join(" "), node = strip();
  node.hidden = !said;
  setText(node, said);
};
