/* Charts: ticks where there is room, names that keep apart, values read at a place, and one picture for page and file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

globalThis.devicePixelRatio = 2;
globalThis.getComputedStyle = () => ({ getPropertyValue: () => "#123456" });
const { scaleOf, spaced, ticksOf } = await import("../../static/charts/axis.js");
const { curvesFile, curvesPicture } = await import("../../static/charts/curves.js");
const { nearest, placesOf, readAt, tableOf } = await import("../../static/charts/reading.js");
const { paintShapes } = await import("../../static/charts/shapes.js");

const axis = (low, high, more) => ({ title: "step", low, high, log: false, ...more });
const line = (name, x, y, more) => ({ name, x, y, colour: "var(--line-0)", ...more });
const chart = (lines, more) => ({ x: axis(0, 100), y: axis(0, 1, { title: "loss" }), lines, ...more });
const names = (figure, w = 700, how = {}) => curvesPicture(figure, w, 260, how).ends.map(({ name, y }) => [name, y]);
const texts = found => found.map(([, text]) => text);

test("ticks are round numbers, decades where the axis is logarithmic, and every n-th name", () => {
  assert.deepEqual(texts(ticksOf(axis(0, 600), 500, "x", true)), ["0", "100", "200", "300", "400", "500", "600"]);
  assert.deepEqual(texts(ticksOf(axis(-0.02, 1.1), 200, "y")), ["0", "0.5", "1"]);
  assert.deepEqual(texts(ticksOf(axis(0, 2), 500, "x", true)), ["0", "1", "2"]);
  assert.deepEqual(texts(ticksOf(axis(0.001, 1000, { log: true }), 200, "y")), ["0.001", "0.01", "0.1", "1", "10", "100", "1,000"]);
  assert.deepEqual(texts(ticksOf(axis(0.8, 40, { log: true }), 200, "y")), ["1", "2", "5", "10", "20"]);
  assert.deepEqual(texts(ticksOf(axis(3, 4, { log: true }), 200, "y")), ["3", "3.2", "3.4", "3.6", "3.8", "4"]);
  const ticks = Array.from({ length: 20 }, (_, i) => [i, `token ${i}`]);
  assert.deepEqual(texts(ticksOf(axis(-0.5, 19.5, { ticks }), 300, "x")), ["token 0", "token 4", "token 8", "token 12", "token 16"]);
});

test("a scale goes there and back, also in decades", () => {
  for (const log of [false, true]) {
    const { at, back } = scaleOf(axis(1, 1000, { log }), 40, 640);
    assert.deepEqual([at(1), Math.round(at(1000))], [40, 640]);
    assert.ok(Math.abs(back(at(30)) - 30) < 1e-9);
  }
  assert.equal(Math.round(scaleOf(axis(1, 100, { log: true }), 0, 100).at(10)), 50);
});

test("names move no more than they must, and stay between the ends", () => {
  assert.deepEqual(spaced([10, 50, 90], 14, 0, 100), [10, 50, 90]);
  assert.deepEqual(spaced([52, 50], 14, 0, 100), [58, 44]);
  assert.deepEqual(spaced([50, 50, 50, 90], 10, 0, 100), [40, 50, 60, 90]);
  assert.deepEqual(spaced([99, 99], 14, 0, 100), [86, 100]);
  assert.deepEqual(spaced([1, 1, 1], 14, 0, 100), [0, 14, 28]);
});

test("names of curves that end together keep apart; one that ends early stands above its end", () => {
  const ends = names(chart([line("a", [0, 50], [1, 0.5]), line("b", [0, 50], [1, 0.51]), line("early", [0, 20], [1, 0.5])]));
  assert.deepEqual(ends.map(([name]) => name), ["a", "b", "early"]);
  assert.ok(ends[0][1] - ends[1][1] >= 13.99);
  const { y } = curvesPicture(chart([]), 700, 260);
  assert.ok(ends[2][1] < y.at(0.5) - 10);
  assert.deepEqual(names(chart([line("a", [0, 50], [1, 0.5], { end: "" })])), []);
});

test("on a narrow chart names go below it, and levels are named inside", () => {
  const levels = [[0.2, "by chance 0.20", false]], figure = chart([line("a", [0, 50], [1, 0.5])], { levels });
  const [wide, narrow] = [700, 360].map(w => curvesPicture(figure, w, 260));
  assert.deepEqual([wide.flow, narrow.flow], [false, true]);
  assert.ok(700 - wide.box.right > 80 && 360 - narrow.box.right < 20);
  assert.match(narrow.words, /text-anchor="end"[^>]*>by chance 0.20/);
});

test("what is hidden is not drawn but keeps its name, and a part of the axes is seen alone", () => {
  const figure = chart([line("a", [0, 50, 100], [1, 0.5, 0.2]), line("b", [0, 100], [0.3, 0.3])]);
  const count = how => curvesPicture(figure, 700, 260, how).shapes.filter(({ points, width }) => width === undefined && points.length > 2).length;
  assert.deepEqual([count({}), count({ hidden: new Set(["a"]) })], [2, 1]);
  assert.equal(names(figure, 700, { hidden: new Set(["a"]) }).length, 2);
  const { x, box } = curvesPicture(figure, 700, 260, { view: { x: [40, 60] } });
  assert.deepEqual([x.at(40), x.at(60)], [box.left, box.right]);
});

test("a file has the curves, their spreads, their names and no css of the page beside colours", () => {
  const spread = { low: [0.8, 0.4], high: [1, 0.6] }, figure = chart([line("a < b", [0, 50], [1, 0.5], spread)], { cursor: [30, "here"], marks: [[20, "loss drops"]] });
  const { markup, w, h } = curvesFile(figure, 700, 260, {});
  for (const part of [">a &lt; b<", ">here<", ">loss drops<", ">step<", ">loss<", 'opacity="0.16"', 'stroke-dasharray="1.5 3"']) assert.ok(markup.includes(part), part);
  assert.deepEqual([w, h], [700, 260]);
});

test("a canvas is drawn with the colours of the theme, and a value that is none leaves a gap", () => {
  const calls = [], pen = new Proxy({}, { get: (_, name) => (...args) => calls.push([name, ...args]), set: (_, name, value) => calls.push([name, value]) });
  paintShapes({ getContext: () => pen }, curvesPicture(chart([line("a", [0, 1, 2, 3], [0.1, null, 0.3, 0.2])]), 700, 260).shapes.slice(-1), 700, 260, { left: 0, top: 0, right: 1, bottom: 1 });
  assert.deepEqual(calls.map(([name]) => name).filter(name => /To$/.test(name)), ["moveTo", "moveTo", "lineTo"]);
  assert.ok(calls.some(([name, value]) => name === "strokeStyle" && value === "#123456"));
});

test("the card tells all curves at a place, from where each is known", () => {
  const figure = chart([line("train", [0, 1, 2, 3], [1, 0.9, 0.8, 0.7], { low: [0, 0, 0.5, 0], high: [1, 1, 0.85, 1] }), line("held-out", [0, 2], [1, 0.75]), line("gone", [0], [1])]);
  const told = x => { const { at, values } = readAt(figure, x); return [at, ...values.map(([, name, text]) => `${name} ${text}`)]; };
  assert.deepEqual(told(2), ["step 2", "train 0.8, 0.5 to 0.85", "held-out 0.75", "gone 1 (at 0)"]);
  assert.deepEqual(told(3), ["step 3", "train 0.7, 0 to 1", "held-out 0.75 (at 2)"]);
  assert.deepEqual(readAt(figure, 2, new Set(["train"])).values.length, 2);
  assert.deepEqual(placesOf(figure), [0, 1, 2, 3]);
  assert.deepEqual([nearest([0, 10, 20], 14), nearest([0, 10, 20], 16), nearest([], 1), nearest([5], 99)], [1, 2, -1, 0]);
});

test("a table has a row for each place and columns for spreads, and of many places every n-th and the last", () => {
  const figure = chart([line("a", [0, 2], [1, 0.5], { low: [0.9, 0.4], high: [1.1, 0.6] }), line("b", [0, 1], [3, 4])]);
  assert.deepEqual(tableOf(figure), { columns: ["step", "a", "a, lowest", "a, highest", "b"],
    rows: [[0, 1, 0.9, 1.1, 3], [1, null, null, null, 4], [2, 0.5, 0.4, 0.6, null]] });
  const x = Array.from({ length: 1001 }, (_, i) => i), { rows } = tableOf(chart([line("a", x, x)]));
  assert.ok(rows.length <= 202 && rows.at(-1)[0] === 1000);
});

test("bars are read, listed and drawn, upright and lying", () => {
  const bars = [{ name: "zero", values: [0.2, null], errors: [0.05, null], colour: "red" }, { name: "mean", values: [0.4, 0.6], colour: "blue" }];
  const names = axis(-0.5, 1.5, { title: "head", ticks: [[0, "L0 H0"], [1, "others"]] }), sizes = axis(0, 1, { title: "accuracy" });
  for (const figure of [{ x: names, y: sizes, bars }, { x: sizes, y: names, bars, lying: true, levels: [[0.9, "whole", true]] }]) {
    assert.deepEqual(readAt(figure, 0), { at: "head L0 H0", values: [["red", "zero", "0.2 ± 0.05"], ["blue", "mean", "0.4"]] });
    assert.deepEqual(tableOf(figure).rows, [["L0 H0", 0.2, 0.05, 0.4], ["others", null, null, 0.6]]);
    const { shapes, words, box, ends } = curvesPicture(figure, 700, 260), boxes = shapes.filter(({ area, colour }) => area && colour === "blue");
    assert.equal(boxes.length, 2);
    const [x0, y0, , , x1, y1] = boxes[0].points, [size, room] = figure.lying ? [x1 - x0, box.right - box.left] : [y0 - y1, box.bottom - box.top];
    assert.ok(Math.abs(size / room - 0.4) < 1e-9);
    assert.deepEqual(ends.map(({ name }) => name), ["zero", "mean"]);
    assert.match(words, />0\.\d</);
  }
});
