/* Pictures in files: every cell is there in its colour, names that have room, and no css variable is left. */
import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

globalThis.getComputedStyle = () => ({ getPropertyValue: name => name === "--text" ? " #123456 " : "" });
const { resolved } = await import("../../static/core/colours.js");
const { everyNth, svgHeat, svgStack, svgText, svgTitled } = await import("../../static/charts/svg-file.js");

const table = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | i);            // the byte is the red of its colour
const map = (rows, columns, more = {}) => ({ rows, columns, table, bytes: Uint8Array.from({ length: rows.length * columns.length + 1 }, (_, i) => i), offset: 1, ...more });
const count = (text, what) => text.split(what).length - 1;

test("a heat map has a rectangle for each cell, row by row from the offset", () => {
  const { markup, w, h, left, top } = svgHeat(map(["a", "b"], ["x", "y", "z"]), 20, 10);
  const fills = [...markup.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" [^>]*fill="rgb\((\d+) 0 0\)"/g)].map(([, x, y, red]) => [+red, (x - left) / 20, (y - top) / 10]);
  assert.deepEqual(fills.map(each => each.map(Math.round)), [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 0, 1], [5, 1, 1], [6, 2, 1]]);
  assert.deepEqual([w - left, h - top], [60, 20]);
});

test("every n-th name is left where all have no room, and names are escaped", () => {
  const names = Array.from({ length: 12 }, (_, i) => `<${i}>`), { markup } = svgHeat(map(names, names), 8, 8);
  assert.equal(count(markup, 'text-anchor="middle"'), 12 / everyNth(4 * 6.6 / 8));
  assert.ok(markup.includes("&lt;0&gt;") && !markup.includes("<0>"));
  assert.deepEqual([0.4, 1, 2.1, 7, 70].map(everyNth), [1, 1, 4, 8, 70]);
});

test("numbers are written into cells in an ink that is read on them", () => {
  const { markup } = svgHeat(map(["a"], ["x", "y"], { written: (r, c) => `n${c}`, offset: 0, bytes: Uint8Array.of(0, 255) }), 30, 20);
  assert.match(markup, /fill="#fff">n0</);
  assert.match(markup, /fill="#000">n1</);
});

test("pictures below one another, and below a title, are as large as all of them", () => {
  const one = { markup: "", w: 100, h: 30 }, { w, h, markup } = svgStack([one, { ...one, w: 300 }]);
  assert.deepEqual([w, h], [300, 60]);
  assert.ok(markup.includes("translate(0 30)"));
  const titled = svgTitled("A title", "", { w, h, markup });
  assert.ok(titled.w >= 300 && titled.h > 60 && titled.markup.includes("A title"));
});

test("css variables are written out", () => {
  assert.equal(resolved(svgText(1.234, 2, "a", `fill="var(--text)"`)), `<text x="1.23" y="2" fill="#123456">a</text>`);
});
