/* Numbers as the page writes them, and as people type them. */

/** 37056 -> "37,056", 0.000312345 -> "0.0003123", -2 -> "−2". Whole numbers are never rounded.
    @type {(value: unknown, digits?: number) => string} */
export const num = (value, digits = 4) => {
  const x = Number(value);
  if (!Number.isFinite(x)) return "–";
  const options = Number.isInteger(x) ? {} : { maximumSignificantDigits: digits };
  return x.toLocaleString("en", options).replace("-", "−");
};

/** 1200 -> "step 1,200"; a published model has none (below 0).
    @param {number} step */
export const stepText = step => step < 0 ? "as published" : `step ${num(step)}`;
/** @param {number} step */
export const atStep = step => step < 0 ? "as published" : `at ${stepText(step)}`;
/** The same at the end of the name of a file.
    @param {number} step */
export const stepName = step => step < 0 ? "-as-published" : `-step-${step}`;

/** What a person typed -> number, or NaN. Thousands may be parted by commas, spaces, underscores or apostrophes, in groups
    of three behind a first digit that is no 0. Anything else is refused rather than guessed: "0,5" and "1,000" mean
    different things in different countries.
    @param {unknown} text */
export const parseNumber = text => {
  const plain = String(text).trim().replace("−", "-").replace(/[\s_\u00a0\u202f\u2009'’]/g, " ");
  if (plain === "") return NaN;
  if (!/[ ,]/.test(plain)) return Number(plain);
  return /^[-+]?[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?:\.\d*)?$/.test(plain) ? Number(plain.replace(/[ ,]/g, "")) : NaN;
};

/** Why a text is no number here: where it may be one of two, both are named.
    @param {unknown} text */
export const doubt = text => {
  const [whole, part, ...more] = String(text).trim().split(",");
  const plain = (/** @type {string | undefined} */ text) => /^[-+−]?\d+$/.test(text ?? "") && !more.length;
  return plain(whole) && /^\d+$/.test(part ?? "") && !more.length
    ? `${text} may be ${whole}.${part} or ${Number(`${whole}${part}`.replace("−", "-"))}: write a point before decimals, as in 0.5.`
    : `${text} is not a number here. Write it like 1,000 or 0.5.`;
};
