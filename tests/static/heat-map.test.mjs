/* What heat maps write into cells and say of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

const { cellText, plainCard } = await import("../../static/charts/heat-map.js");

test("a number in a cell is short, has a true minus, and is left out where there is none or it is rounded to 0", () => {
  assert.deepEqual([0.314, -0.02, 1.24, 0.999, -1, 0.004, -0.004, null].map(cellText), [".31", "−.02", "1.2", "1", "−1", "", "", ""]);
});

test("a card is said without its marks", () => {
  assert.equal(plainCard("<b class=\"mono\">a</b> (3) &nbsp;<b>0.5</b><br><span>8 back</span>"), "a (3) 0.5, 8 back");
});
