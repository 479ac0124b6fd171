/* The bus: messages in order whatever overtakes, and presses that wait for the session. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import "./browser.mjs";

mock.timers.enable({ apis: ["setTimeout"] });
const { begin, minded, press } = await import("../../static/core/bus.js");
const { hear, tell, values } = await import("../../static/core/values.js");

const flows = [], sent = [], drawn = [];
minded({ expect() {}, pulse() {}, flow: live => flows.push(live) });
hear("bar", value => drawn.push(value.step));
const gradio = {};
begin(gradio, (event, data) => sent.push([event, data]), (_, act) => { gradio.act = act; });

const say = message => { gradio.value = JSON.stringify(message); gradio.act(); };
const bar = (seq, step, more = {}) => say({ life: 1, seq, live: true, values: { bar: { step } }, ...more });
const acts = () => sent.filter(([event]) => event === "act").map(([, data]) => data);

beforeEach(() => {
  say({ key: "k", page: 1, life: 1, seq: 0, whole: true, answers: 7, live: false, values: { bar: { step: 0, last: 9 } } });
  sent.length = drawn.length = flows.length = 0;
});

test("messages are applied in order, fields laid over those that are known", () => {
  bar(1, 1);
  bar(2, 2);
  assert.deepEqual(drawn, [1, 2]);
  assert.deepEqual(values.bar, { step: 2, last: 9 });
  assert.deepEqual(flows, [true, true]);
});

test("one that overtakes waits for the one before, and both are drawn once", () => {
  bar(2, 2, { live: false });
  assert.deepEqual(drawn, []);
  bar(1, 1);
  assert.deepEqual(drawn, [2]);
  assert.deepEqual(flows, [false]);
});

test("an older one is dropped", () => {
  bar(1, 1);
  bar(1, 5);
  bar(0, 5);
  mock.timers.tick(500);
  assert.deepEqual(drawn, [1]);
});

test("after 120 ms what is there is drawn, and a whole picture is asked for, once in a while", () => {
  bar(3, 3);
  mock.timers.tick(119);
  assert.deepEqual(drawn, []);
  mock.timers.tick(1);
  assert.deepEqual(drawn, [3]);
  assert.deepEqual(acts().map(data => data.event), ["whole"]);
  mock.timers.tick(2000);
  assert.deepEqual(acts().map(data => data.event), ["whole", "whole"]);
});

test("a whole picture replaces all fields, and what is newer is laid over it", () => {
  bar(3, 3);
  mock.timers.tick(120);
  bar(4, 4);
  say({ life: 1, seq: 3, whole: true, live: true, values: { bar: { step: 3 } } });
  assert.equal(values.bar.step, 4);
  assert.equal("last" in values.bar, false);
  bar(5, 5);
  assert.equal(values.bar.step, 5);
});

test("what an earlier home of the session still says is dropped; a later one counts anew", () => {
  bar(1, 1);
  say({ life: 2, seq: 0, whole: true, live: true, values: { bar: { step: 10 } } });
  bar(1, 2);
  assert.deepEqual(drawn, [1, 10]);
});

test("a press is numbered after those that were answered, and waits while there is no session", () => {
  assert.equal(press("transport", "play").n, 8);
  assert.deepEqual(acts()[0], { key: "k", page: 1, seen: 0, n: 8, view: "transport", event: "play", data: { n: 8 } });
  say({ gone: true });
  const waits = press("transport", "pause", { step: 3 });
  assert.equal(waits.n, Infinity);
  assert.equal(acts().length, 1);
  say({ key: "l", page: 2, life: 1, seq: 0, whole: true, answers: 20, live: false, values: {} });
  assert.equal(waits.n, 21);
  assert.deepEqual([acts()[1].key, acts()[1].data], ["l", { step: 3, n: 21 }]);
});

test("what is answered with a file is asked for as one", () => {
  press("shelf", "save", { id: 1 });
  assert.deepEqual(sent.map(([event]) => event), ["save"]);
});

test("one fault stops no other picture", () => {
  const errors = mock.method(console, "error", () => {});
  hear("two", () => { throw new Error("a fault"); });
  hear("two", value => drawn.push(value));
  values.two = "drawn";
  tell(["two"]);
  assert.deepEqual(drawn, ["drawn"]);
  assert.equal(errors.mock.callCount(), 1);
});
