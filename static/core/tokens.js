/* Tokens as they are shown: white space gets a visible mark, everything else stays. */
/** @type {Record<string, string>} */
const SPACES = { " ": "␣", "\n": "⏎", "\t": "⇥", "": "∅" };
/** @param {string} token */
export const glyphOf = token => SPACES[token] ?? token;
/** The same, cut to what fits on an axis, the space before a word first; the whole token stays in the title.
    @type {(token: string, most: number) => string} */
export const shortGlyph = (token, most) => [...(glyphOf(token).trimStart() || token)].slice(0, most).join("");
