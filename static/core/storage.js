/* What the browser keeps of this origin. Storage throws where cookies are blocked or a frame of another site may not keep
   anything: reading is then null, and what was to be kept is not. */
/** @typedef {"localStorage" | "sessionStorage"} Where */
/** @type {(where: Where, name: string) => string | null} */
export const stored = (where, name) => { try { return window[where].getItem(name); } catch { return null; } };
/** @type {(where: Where, name: string, text: string | null) => boolean} */
export const store = (where, name, text) => {
  try { text === null ? window[where].removeItem(name) : window[where].setItem(name, text); return true; } catch { return false; }
};
