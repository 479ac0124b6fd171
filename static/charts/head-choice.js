/* Which head is chosen, by the visitor and by the server. */

/** `chosen` {layer, head}; `choose(layer, head)` by a press; `adopt(frame)`: the server's choice counts when it changes,
    unless the visitor has pressed another head since, and no head is chosen that the model does not have. */
export const headChoice = () => {
  const chosen = { layer: 0, head: 0 };
  let server = "", asked = "";                         // the head that the server has; the one asked of it
  return { chosen,
    choose(layer, head) {
      Object.assign(chosen, { layer, head });
      asked = `${layer},${head}`;
    },
    adopt({ layer, head, layers, heads }) {
      const theirs = `${layer},${head}`;
      if (theirs !== server && (!asked || asked === theirs)) Object.assign(chosen, { layer, head });
      if (asked === theirs) asked = "";
      server = theirs;
      Object.assign(chosen, { layer: Math.min(chosen.layer, layers - 1), head: Math.min(chosen.head, heads - 1) });
    } };
};
