/* The picture of a model: no box lies over another or outside, whatever the width; what is measured stands at its layers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
const { diagram, measured, placed } = await import("../../static/lenses/architecture/diagram.js");

const block = (id, kind, branch = "") => ({ id, kind, label: kind, note: "", shape: "T × 8", parameters: 12, settings: "model", lens: "", branch });
const inside = (id, kind) => block(id, kind, id.split(".").slice(0, 3).join("."));
const layer = stack => [inside(`${stack}.0.attention.norm`, "norm"), inside(`${stack}.0.attention`, "attention"),
  ...stack === "decoder" ? [inside(`${stack}.0.cross_attention`, "cross_attention")] : []];
const column = stack => ({ stack, title: stack, sees: "", groups: [
  { layers: [], times: 1, blocks: [[block(`${stack}.tokens`, "tokens")]] }, { layers: [0, 1], times: 2, blocks: [layer(stack)] }] });
const both = [column("encoder"), column("decoder")];

test("boxes lie side by side or below one another, none over another", () => [320, 390, 700, 1200].forEach(width => {
  const { boxes, w, h, beside } = placed(both, width);
  assert.equal(beside, width >= 700);
  assert.ok(w <= width);
  for (const [i, a] of boxes.entries()) {
    assert.ok(a.x >= 0 && a.x + a.w <= w && a.y + a.h <= h);
    for (const b of boxes.slice(i + 1)) assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y);
  }
}));

test("every block is drawn once, the encoder leads to cross-attention, additions stand on the stream", () => {
  const { markup } = diagram(both, {}, 900, "decoder.tokens");
  assert.equal(markup.split('class="block"').length - 1, 7);
  assert.equal(markup.split("stroke-dasharray").length - 1, 1);
  assert.equal(markup.split("<circle").length - 1, 3);
  assert.equal(markup.split('aria-pressed="true"').length - 1, 1);
});

test("what is measured is said over all layers that a block stands for", () => {
  const [, group] = both[1].groups, live = { "decoder.0.attention": { added: 1.5 }, "decoder.1.attention": { added: 2.5, largest: 3, dropped: .25 } };
  assert.equal(measured(live, group.blocks[0][1], group), "adds a norm of 1.5, 2.5, largest load 3 × mean, 25 % dropped");
  assert.equal(measured({}, group.blocks[0][1], group), "");
});
