/* Keys belong to what is seen, and what one part offers others ask for by name. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { happens } from "./browser.mjs";

const { onKey } = await import("../../static/core/keys.js");
const { ask, offer } = await import("../../static/core/offers.js");

const part = seen => ({ getClientRects: () => seen ? [1] : [] });
const pressed = (key, more = {}) => {
  const target = { matches: () => false, closest: () => null, ...more.target }, event = { key, used: false, ...more, target };
  event.preventDefault = () => { event.used = true; };
  happens("keydown", event);
  return event.used;
};
let done = [];
beforeEach(() => { done = []; });
onKey(part(false), "t", () => done.push("hidden"));
onKey(part(true), "t", () => { done.push("unused"); return false; });
onKey(part(true), "t", () => done.push("seen"));

test("a key goes to the part that is seen and uses it", () => {
  assert.ok(pressed("T"));
  assert.deepEqual(done, ["unused", "seen"]);
  assert.equal(pressed("x"), false);
});

test("no key is taken from who types, from the browser, or twice", () => {
  assert.equal(pressed("t", { target: { matches: () => true } }), false);
  for (const held of ["ctrlKey", "metaKey", "altKey", "defaultPrevented"]) assert.equal(pressed("t", { [held]: true }), false);
  assert.deepEqual(done, []);
});

test("the newest offer goes first, and leaves to those before what it cannot do", () => {
  assert.equal(ask("restart"), undefined);
  offer("restart", what => `old ${what}`);
  offer("restart", what => what === "mine" && "new");
  assert.equal(ask("restart", "mine"), "new");
  assert.equal(ask("restart", "other"), "old other");
});
