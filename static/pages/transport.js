/* The transport: the page's one primary button, the time line, the numbers of the run, the loss so far, and sharing.
   It never changes its order; states change words and buttons in place. Value: see components/transport.py. */
import { isOpening } from "../core/address.js";
import { say } from "../core/announce.js";
import { holdPicture } from "../core/hold.js";
import { iconHtml } from "../core/icons.js";
import { onKey } from "../core/keys.js";
import { mount, mountOf } from "../core/mount.js";
import { num } from "../core/numbers.js";
import { ask, offer } from "../core/offers.js";
import { isAway } from "../core/stream.js";
import { reader, setText } from "../core/text.js";
import { timeLine } from "../controls/scrubber.js";
import { shareButton } from "../controls/share.js";
import { sheet } from "../controls/sheet.js";
import { historyPlayback } from "./playback.js";
import { replayAgain, stopReplay } from "./replay.js";
import { sparkline } from "./sparkline.js";
import { banner, runStates, transportMarkup } from "./transport-parts.js";
/** @import { Press } from "../core/bus.js"
    @import { Value } from "../core/values.js"
    @import { Make } from "../core/widget.js" */

const HOPE_MS = 5000;                                  // how long the button shows what was asked, not yet confirmed
const START_MS = 20_000;                               // the same for a first run, which may have to build its model
// What the bar shows between the press in the replay and the server's first word: a run at its start, not the recording.
const STARTING = { step: 0, last: 0, marks: "", rate: 0, loss: null, spark: "", reason: "", words: "starting…",
  held: "Starting." };

const HIDDEN = "step · slower, as this tab is hidden";
const AWAY = "step · last known";                       // the server does not answer, and may train on

const lossText = loss => loss === null || loss === undefined ? "–" : loss < .1 ? num(loss, 2) : loss.toFixed(2);

/** @type {Make} */
export const transport = (element, props, trigger, watch) => {
  const root = mountOf(element);
  root.innerHTML = transportMarkup();
  const $ = selector => root.querySelector(selector);
  const read = reader();
  let /** @type {string | null} */ hope = null, /** @type {string | null} */ spoken = null;
  let value = props.value ?? { state: "ready" }, hopeUntil = 0;
  const was = {};

  const send = (event, more) => { if (event !== "onward") playback.stop(); return trigger(event, more); };
  const playback = historyPlayback($(".rewind"), () => send("onward"));
  let /** @type {Press | null} */ asked = null;       // the press that `hope` belongs to

  const scrubber = timeLine($(".scrub"), step => setText($("[data-step]"), num(step)), (step, toward) => {
    hope = null;
    send("seek", { step, toward });
  });

  const drawButton = (state, view) => {
    const [icon, words] = runStates[state], text = words(view), button = $("[data-do=toggle]");
    if (was.text === text) return;
    was.text = text;
    button.innerHTML = `${iconHtml(icon)}<span>${text}</span>`;
    button.setAttribute("aria-label", `${text} (space)`);
  };
  const drawWords = (state, /** @type {Value} */ { reason: sentence, last, device }) => {
    const key = JSON.stringify([state, sentence, last, device]);
    if (was.words === key) return;
    was.words = key;
    root.firstElementChild.dataset.state = state;
    $(".tag.replay").hidden = state !== "replay";
    const newest = $(".newest");
    newest.hidden = state !== "past";
    setText(newest, `Go to ${num(last)}`);
    setText($(".fork span"), state === "past" ? "Fork here" : "Fork");
    $(".fork").setAttribute("aria-label", `${state === "past" ? "Fork here" : "Fork"} (F)`);
    $(".fork").hidden = $(".rewind").hidden = state === "replay";
    const reason = $(".reason");
    reason.hidden = !sentence;
    setText(reason, sentence || "");
    root.querySelectorAll(".readout .stat:not(.now)").forEach(stat => {
      stat.hidden = !!sentence || !device;             // nothing runs yet: the words need the room
    });
  };
  /** Only what happened, never a step. */
  const speak = () => {
    if (spoken !== null && spoken !== value.state) {
      const events = { running: "Running", paused: `Paused at step ${num(value.step)}`, finished: "Finished",
        replay: "Replay", diverged: "The run diverged" };
      say(events[value.state] || "");
    }
    spoken = value.state;
  };

  const drawNumbers = view => {
    const label = view.loss_label ?? "train loss";
    setText($("[data-rate]"), view.rate ? num(Math.round(view.rate)) : "–");
    setText($("[data-device]"), view.device ?? "");
    setText($("[data-threads]"), view.threads ?? "");
    $("[data-threads]").parentElement.title = view.why ?? "";
    setText($("[data-loss]"), lossText(view.loss));
    setText($("[data-loss-label]"), label);
    sparkline($(".spark svg"), { ...view, spark: view.spark ?? "" });
    $(".spark").setAttribute("aria-label", `${label} ${lossText(view.loss)}`);
  };

  const hold = holdPicture($(".hold"));
  const draw = next => {
    value = { ...value, ...next };
    const confirmed = hope === null || !asked || value.answers >= asked.n
      || ["diverged", "finished"].includes(value.state) || performance.now() > hopeUntil;
    if (confirmed && hope && value.state === "replay") replayAgain?.();    // left before the run was there
    if (confirmed) hope = null;
    const opening = isOpening() && value.state === "replay", state = hope ?? (opening ? "ready" : value.state);
    const starting = opening || hope === "running" && value.state === "replay";
    const view = starting ? { ...value, ...STARTING, ...(opening && { words: "opening the link…" }) } : value;
    drawButton(state, view);
    drawWords(state, view);
    scrubber.draw(view, read("marks", view.marks) ?? []);
    setText($("[data-step]"), num(scrubber.held() ?? view.step));
    const words = state === "running" && document.hidden ? HIDDEN : runStates[state][2];
    const gone = isAway() && state !== "replay";
    setText($("[data-words]"), gone ? AWAY : (!hope || starting) && view.words || words);
    drawNumbers(gone ? { ...view, rate: 0 } : view);
    if (was.note !== value.note) { was.note = value.note; banner($(".banner"), read("note", value.note)); }
    share.draw(value.link, value.link_note);
    playback.draw(value);
    ask("count runs", value.runs);
    if (was.history !== value.history) $(".scrub").title = was.history = value.history ?? "";
    hold(view);
    speak();
  };

  const hopeFor = state => {
    const wait = state === "running" && value.state === "replay" ? START_MS : HOPE_MS;
    hope = state;
    hopeUntil = performance.now() + wait;
    setTimeout(() => { if (hope && performance.now() >= hopeUntil) draw(value); }, wait + 50);
    if (wait === START_MS) stopReplay();          // else its next frame would write over what was asked
    draw(value);
  };
  const share = shareButton($("[data-do=share]"), () => send("link"));
  const actions = {
    toggle() {
      const running = (hope ?? value.state) === "running";
      asked = send(running ? "pause" : "play");
      hopeFor(running ? "paused" : "running");
    },
    step() { hope = null; stopReplay(); send("step"); },
    reset() { hope = null; send("reset"); },
    fork() { if (value.state !== "replay") { hope = null; send("fork"); } },
    rewind() { if (value.last) { hope = null; playback.toggle(); } },
    newest() { hope = null; send("seek", { step: value.last }); },
    share: () => share.ask(),
    sheet: () => sheet.open(),
  };
  root.addEventListener("click", event => {
    const button = event.target.closest("[data-do]"), action = event.target.closest("[data-event]");
    if (button) actions[button.dataset.do]();
    if (action) { hope = null; if (action.dataset.event === "both") ask("expect runs"); send(action.dataset.event); }
  });

  const arrow = direction => event => event.target.closest?.("input, [role=radio], [role=slider], [role=img]")
    ? false : scrubber.move(direction, event.shiftKey);
  const keys = { " ": event => event.shiftKey ? actions.rewind() : actions.toggle(), f: actions.fork, ".": actions.step,
    r: actions.reset, ArrowLeft: arrow(-1), ArrowRight: arrow(1) };
  for (const [key, act] of Object.entries(keys)) onKey(root, key, act);
  offer("reset run", actions.reset);
  for (const change of ["visibilitychange", "pg-away"]) document.addEventListener(change, () => draw(value));
  // What sticks below the bar needs its height, which grows when there is a note.
  const bar = root.firstElementChild;
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar-h", `${bar.offsetHeight}px`)).observe(bar);
  mount(element, props, watch, draw, { always: true });
};
