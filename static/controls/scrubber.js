/* The time line: what has been kept, where the playhead is, and the marks of what was changed or happened. */
import { num } from "../core/numbers.js";
import { esc, setText } from "../core/text.js";

const SEEK_MS = 80;                                    // a drag sends at most this often; the release always sends
const NEAR_PX = 14;                                    // a pointer this close to a mark reads its text
const SETTLE_MS = 400;                                 // after a release, older answers on their way are not shown

const MARKUP = `<div class="rail"></div><div class="kept"></div><div class="marks"></div><div class="knob"></div>
  <div class="ticks"></div><div class="bubble" hidden></div>`;

/** Turn `node` (role=slider) into the time line. `moved(step)` is called at each step of a drag, `seek(step, toward)`
    when the run should show that step, or the kept one after (toward 1) or before it. Returns {draw(value, marks), move(by, toMark), held()}; marks is [[step, text]]. */
export const timeLine = (node, moved, seek) => {
  node.innerHTML = MARKUP;
  const part = name => node.querySelector("." + name);
  const knob = part("knob"), kept = part("kept"), bubble = part("bubble");
  let /** @type {number | null} */ mine = null;
  let value = { step: 0, last: 0, total: 1 }, marks = [], drawn = {}, dragging = false, mineUntil = 0;
  const percent = step => `${(100 * Math.min(1, step / Math.max(1, value.total))).toFixed(3)}%`;
  const shown = () => mine ?? value.step;

  const drawTicks = () => {
    part("ticks").innerHTML = [0, .25, .5, .75, 1].map(share => {
      const text = num(Math.round(share * value.total)) + (share === 1 ? " steps" : "");
      return `<span class="tick" style="left:${100 * share}%">${text}</span>`;
    }).join("");
  };

  /** Newest first, a text that would run into one already placed is left to hover, tap and keyboard. */
  const placeTexts = () => {
    const taken = [], all = [...part("marks").children];
    all.forEach(mark => mark.classList.remove("mute"));               // a muted one has no width to measure
    for (const mark of all.reverse()) {
      const box = mark.getBoundingClientRect();
      const free = taken.every(other => box.right < other.left || box.left > other.right);
      mark.classList.toggle("mute", !free);
      if (free) taken.push(box);
    }
  };
  const drawMarks = () => {
    part("marks").innerHTML = marks.map(([step, text]) => {
      const side = step > .7 * value.total ? " left" : "";
      return `<div class="mark${side}" style="left:${percent(step)}">${esc(text)}</div>`;
    }).join("");
    placeTexts();
  };
  new ResizeObserver(placeTexts).observe(node);

  const speak = () => {
    const before = marks.filter(([step]) => step <= shown()).at(-1);
    const text = `step ${num(shown())} of ${num(value.total)}`;
    node.setAttribute("aria-valuemin", 0);
    node.setAttribute("aria-valuemax", value.last);
    node.setAttribute("aria-valuenow", shown());
    node.setAttribute("aria-valuetext", before ? `${text}, ${before[1]} at ${num(before[0])}` : text);
  };
  const draw = (next, nextMarks) => {
    value = next;
    if (mine !== null && !dragging && (value.step === mine || performance.now() > mineUntil)) mine = null;
    if (drawn.total !== value.total) drawTicks();
    if (drawn.total !== value.total || marks !== nextMarks) { marks = nextMarks; drawMarks(); }
    kept.style.width = percent(value.last);
    knob.style.left = percent(shown());
    drawn = { total: value.total };
    speak();
  };

  /* ---- reading a mark by pointer or keyboard ---- */
  let fading = 0;
  const read = (step, within) => {
    const near = marks.filter(mark => Math.abs(mark[0] - step) <= within)
      .sort((a, b) => Math.abs(a[0] - step) - Math.abs(b[0] - step))[0];
    const label = near && part("marks").children[marks.indexOf(near)];
    const legible = label && !label.classList.contains("mute") && getComputedStyle(label).fontSize !== "0px";
    clearTimeout(fading);
    bubble.hidden = !near || legible;
    if (bubble.hidden) return;
    setText(bubble, `${num(near[0])}: ${near[1]}`);
    bubble.style.left = percent(near[0]);
    const room = node.clientWidth, width = bubble.offsetWidth, at = near[0] / value.total * room;
    bubble.style.marginLeft = `${Math.max(0, Math.min(room - width, at - width / 2)) - at}px`;   // stays inside the bar
    fading = setTimeout(() => { bubble.hidden = true; }, 4000);
  };

  /* ---- moving ---- */
  let sent = 0;
  const go = (step, final, toward = 0) => {
    mine = Math.max(0, Math.min(value.last, Math.round(step)));
    mineUntil = performance.now() + SETTLE_MS;
    knob.style.left = percent(mine);
    moved(mine);
    speak();
    if (final || performance.now() - sent > SEEK_MS) { sent = performance.now(); seek(mine, toward); }
  };
  const under = event => {
    const box = node.getBoundingClientRect();
    return { step: (event.clientX - box.left) / box.width * value.total, within: NEAR_PX / box.width * value.total };
  };
  node.addEventListener("pointerdown", event => {
    if (event.button) return;
    dragging = true;
    node.setPointerCapture(event.pointerId);
    const { step, within } = under(event);
    read(step, within);
    go(step);
  });
  node.addEventListener("pointermove", event => {
    const { step, within } = under(event);
    if (dragging) go(step); else read(step, within);
  });
  node.addEventListener("pointerup", event => { if (dragging) { go(under(event).step, true); dragging = false; } });
  node.addEventListener("pointercancel", () => { dragging = false; mine = null; });
  node.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") bubble.hidden = true; });

  /** One hundredth of the run to either side, or to the next mark. */
  const move = (direction, toMark) => {
    const places = [0, ...marks.map(([step]) => step), value.last].sort((a, b) => a - b);
    const beyond = direction > 0 ? places.find(step => step > shown()) : places.findLast(step => step < shown());
    if (toMark) { go(beyond ?? shown(), true, direction); read(shown(), 0); }
    else go(shown() + direction * Math.max(1, Math.round(value.total / 100)), true, direction);
  };
  node.addEventListener("keydown", event => {
    const arrow = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (arrow) move(arrow, event.shiftKey);
    else if (event.key === "Home") go(0, true);
    else if (event.key === "End") go(value.last, true);
    else if (event.key === "Escape" && !bubble.hidden) bubble.hidden = true;
    else return;
    event.preventDefault();
  });
  return { draw, move, held: () => mine };
};
