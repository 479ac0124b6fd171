/* The theme: Gradio puts `dark` on the body after the system's setting; a stored choice wins. */
import { store, stored } from "./storage.js";

/** @type {(() => void)[]} */
const changed = [];
/** Call `act` when the theme has become another.
    @param {() => void} act */
export const onTheme = act => changed.push(act);
export const isDark = () => document.body.classList.contains("dark");

/** @param {"light" | "dark"} name */
const choose = name => {
  store("localStorage", "pg-theme", name);             // where nothing can be kept, the choice lasts until the reload
  document.body.classList.toggle("dark", name === "dark");
};
export const toggleTheme = () => choose(isDark() ? "light" : "dark");

const enforce = () => {
  const want = stored("localStorage", "pg-theme");
  if (want && isDark() !== (want === "dark")) choose(want === "dark" ? "dark" : "light");
};
enforce();
let was = isDark();
new MutationObserver(() => {
  enforce();
  if (isDark() === was) return;
  was = isDark();
  changed.forEach(act => act());
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
