/* What is typed and written: numbers, tokens, texts for html. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { doubt, num, parseNumber } from "../../static/core/numbers.js";
import { esc, reader, setText } from "../../static/core/text.js";
import { glyphOf, shortGlyph } from "../../static/core/tokens.js";
import { sliderScale } from "../../static/controls/slider-scale.js";

test("numbers are written in groups, with a minus that is one, and four digits of a fraction", () => {
  const written = { 37056: "37,056", "-2": "−2", 0.000312345: "0.0003123", "-0.5": "−0.5", 123456789: "123,456,789" };
  for (const [value, text] of Object.entries(written)) assert.equal(num(value), text);
  for (const none of [NaN, Infinity, undefined, "a"]) assert.equal(num(none), "–");
  assert.equal(num(0.123456, 2), "0.12");
});

test("a number that is typed is read, with thousands parted as people part them", () => {
  const read = { "1,000": 1000, "12 345 678": 12345678, "1_000": 1000, "1’000.5": 1000.5, " 0.5 ": 0.5, "-3": -3, "−3": -3, "1e-3": 0.001 };
  for (const [text, value] of Object.entries(read)) assert.equal(parseNumber(text), value, text);
});

test("what may be two numbers is none, and both are named", () => {
  for (const text of ["0,5", "1,00", "1,0000", "1.000,5", "01,000", "", "1 00", "five"]) assert.ok(Number.isNaN(parseNumber(text)), text);
  assert.match(doubt("0,5"), /0\.5 or 5:/);
  assert.match(doubt("five"), /^five is not a number/);
});

test("text for html is escaped, and nothing is nothing", () => {
  assert.equal(esc(`<a href="x" title='y'>&`), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
  assert.equal(esc(null), "");
  assert.equal(esc(0), "0");
});

test("a node whose text is the same is left alone", () => {
  let written = 0;
  const node = { get textContent() { return "5"; }, set textContent(_) { written++; } };
  setText(node, 5);
  assert.equal(written, 0);
  setText(node, 6);
  assert.equal(written, 1);
  const empty = { textContent: "" };
  for (const none of [null, undefined]) setText(empty, none);
  assert.equal(empty.textContent, "");
});

test("a field is parsed once for each text", () => {
  const read = reader(), first = read("a", "[1]");
  assert.equal(read("a", "[1]"), first);
  assert.notEqual(read("b", "[1]"), first);
  assert.deepEqual(read("a", "[2]"), [2]);
  assert.equal(read("a", ""), null);
});

test("white space is seen, and a token is cut by characters", () => {
  assert.equal(glyphOf(" "), "␣");
  assert.equal(glyphOf("\n"), "⏎");
  assert.equal(shortGlyph("😀😀😀", 2), "😀😀");
});

test("a slider's places lead to values that people would have typed, and back", () => {
  const whole = sliderScale({ type: "int", min: 1, max: 64, log: true });
  const values = Array.from({ length: whole.max + 1 }, (_, i) => whole.value(i));
  assert.deepEqual(values, [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]);
  for (const value of values) assert.equal(whole.value(whole.place(value)), value);
  const from0 = sliderScale({ type: "float", min: 0, max: 1, log: true });
  assert.equal(from0.value(0), 0);
  assert.equal(from0.value(from0.place(1)), 1);
  assert.equal(sliderScale({ type: "float", min: 0, max: 1, step: 0.1 }).value(0.1 + 0.2), 0.3);
  assert.equal(sliderScale({ type: "float", min: 0, max: null }), null);
});
