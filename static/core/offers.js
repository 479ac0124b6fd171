/* What one part of the page does for others that do not know it, by name:
     "restart"        restart with what waits        "reset run"    back to step 0
     "open runs"      the dialog of runs             "expect runs"  runs are being sent to the Compare page
     "count runs" n   how many the session has       "compare" event  a press of the Compare page
     "page"           the page in sight              "turn to" page   another page, as if its link had been pressed */
/** @type {Record<string, ((...given: any[]) => unknown)[]>} any: each offer has arguments of its own */
const offers = {};

/** Do `act` when somebody asks; the newest offer goes first, and one that returns false leaves it to those before.
    @type {(name: string, act: (...given: any[]) => unknown) => void} */
export const offer = (name, act) => (offers[name] ??= []).unshift(act);

/** What the offer returns; undefined where nobody offers it.
    @type {(name: string, ...given: unknown[]) => any} any: what is offered, as above */
export const ask = (name, ...given) => {
  for (const act of offers[name] ?? []) {
    const result = act(...given);
    if (result !== false) return result;
  }
  return undefined;
};
