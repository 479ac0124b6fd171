/* The newest value of each view, and who draws it. */

/** {view: value}; what the page draws before the server has said anything stands in the document.
    @typedef {any} Json what the server says, whose shape its view in Python knows; null before it has said anything
    @typedef {Record<string, Json>} Value what a view draws
    @type {Record<string, Value>} */
export const values = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("first-values")).textContent);

/** @type {Record<string, ((value: Value) => void)[]>} */
const heard = {};                                      // view -> functions to be called when its value is a new one
/** @type {(view: string, act: (value: Value) => void) => void} */
export const hear = (view, act) => (heard[view] ??= []).push(act);
/** A component that is made anew draws in its new element alone.
    @param {string} view */
export const unhear = view => { heard[view] = []; };

/** @param {Iterable<string>} views */
export const tell = views => {
  for (const view of views) for (const act of heard[view] ?? []) {
    try { act(values[view]); } catch (error) { console.error(`${view}:`, error); }    // one fault stops no other picture
  }
};
