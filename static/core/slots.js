/* Places inside one component where another may be shown: the curves of the head roles stand under the mosaic, although
   Gradio gives them a block of their own. Only nodes made by our scripts are moved, never Gradio's. */
/** @type {Record<string, Element>} */
const places = {}, /** @type {Record<string, Element>} */ waiting = {};

/** @type {(name: string, place: Element) => void} */
export const offerSlot = (name, place) => { places[name] = place; if (waiting[name]) place.append(waiting[name]); };
/** @type {(name: string, node: Element) => void} */
export const fillSlot = (name, node) => { waiting[name] = node; places[name]?.append(node); };
