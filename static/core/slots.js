/* Places inside one component where another may be shown: the curves of the head roles stand under the mosaic, although
   Gradio gives them a block of their own. Only nodes made by our scripts are moved, never Gradio's. */
const places = {}, waiting = {};

export const offerSlot = (name, place) => { places[name] = place; if (waiting[name]) place.append(waiting[name]); };
export const fillSlot = (name, node) => { waiting[name] = node; places[name]?.append(node); };
