/* The newest value of each view, and who draws it. */

/** {view: value}; what the page draws before the server has said anything stands in the document. */
export const values = JSON.parse(document.getElementById("first-values").textContent);

const heard = {};                                      // view -> functions to be called when its value is a new one
export const hear = (view, act) => (heard[view] ??= []).push(act);
/** A component that is made anew draws in its new element alone. */
export const unhear = view => { heard[view] = []; };

export const tell = views => {
  for (const view of views) for (const act of heard[view] ?? []) {
    try { act(values[view]); } catch (error) { console.error(`${view}:`, error); }    // one fault stops no other picture
  }
};
