/* As much of a browser as the modules of static/core ask for. Import it before them. */
const nothing = () => {};
export const node = () => ({
  classList: { contains: () => false, toggle: nothing, remove: nothing },
  append: nothing, setAttribute: nothing, toggleAttribute: nothing, dispatchEvent: nothing, addEventListener: nothing,
  querySelector: () => null, textContent: "{}", hidden: true,
});
const heard = {};                                      // kind of event -> what hears it
/** An event of the window. */
export const happens = (type, event) => (heard[type] ?? []).forEach(act => act(event));

Object.assign(globalThis, {
  window: { sessionStorage: { getItem: () => null, setItem: nothing, removeItem: nothing } },
  document: { ...node(), body: node(), documentElement: node(), hidden: false, baseURI: "http://host/", getElementById: node,
    createElement: node, querySelectorAll: () => [] },
  location: { search: "", origin: "http://host" },
  addEventListener: (type, act) => (heard[type] ??= []).push(act),
  MutationObserver: class { observe() {} },
});
