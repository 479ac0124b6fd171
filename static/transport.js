/* The transport: the page's one primary button, the time line, the numbers of the run, the loss so far, and sharing.
   It never changes its order; states change words and buttons in place. Value: see components/transport.py. */
const HOPE_MS = 5000;                                  // how long the button shows what was asked, not yet confirmed
// state -> [icon, words on the button, words under the step where the value has none]
const STATES = {
  replay: ["play", () => "Train it now", "step of a stored run"],
  ready: ["play", () => "Play", "step · ready"],
  running: ["pause", () => "Pause", "step · running"],
  paused: ["play", () => "Play", "step · paused"],
  past: ["play", () => "Play", "step · past"],
  queued: ["", () => "Leave the queue", "in the queue"],
  diverged: ["play", () => "Play", "step · diverged"],
  finished: ["play", value => `Go on for ${pg.num(value.more || value.total)}`, "step · finished"],
};

const markup = () => `<section class="tp" aria-label="Run">
  <div class="keys">
    <button class="b icon hide-phone" data-do="reset" aria-label="Reset to step 0 (R)">
      ${pg.icon("reset")}</button>
    <button class="b icon" data-do="step" aria-label="One step (.)">${pg.icon("step")}</button>
    <button class="b primary" data-do="toggle"></button>
    <span class="tag replay" hidden>replay</span><button class="b small newest" data-do="newest" hidden></button>
  </div>
  <div class="scrub" role="slider" tabindex="0" aria-label="Step shown"></div>
  <div class="readout">
    <div class="stat now"><b data-step></b><span data-words></span></div>
    <div class="stat"><b data-rate></b><span>tokens/s</span></div>
    <div class="stat"><b data-device></b><span data-threads></span></div>
  </div>
  <p class="reason" hidden></p>
  <div class="spark" role="img"><svg viewBox="0 0 132 40" aria-hidden="true"></svg>
    <div class="stat"><b data-loss></b><span data-loss-label></span></div></div>
  <div class="share">
    <button class="b hide-phone" data-do="share" aria-haspopup="dialog">${pg.icon("share")}Share</button>
    <button class="b only-phone" data-do="sheet" aria-controls="cfg">Configure</button></div>
  <div class="banner" role="status" hidden></div></section>`;

const lossText = loss => loss === null || loss === undefined ? "–" : loss < .1 ? pg.num(loss, 2) : loss.toFixed(2);

const banner = (node, note) => {
  node.hidden = !note;
  node.className = `banner ${note?.tone ?? ""}`;
  const actions = (note?.actions ?? []).map(([event, label], i) =>
    `<button class="b small${i ? " quiet" : ""}" data-event="${pg.esc(event)}">${pg.esc(label)}</button>`).join("");
  node.innerHTML = !note ? "" : `${note.tone === "error" ? pg.icon("warn") : ""}<div class="grow">
    ${note.title ? `<b>${pg.esc(note.title)}</b> ` : ""}<span>${pg.esc(note.text)}</span></div>
    <div class="row">${actions}</div>`;
};

pg.transport = (element, props, trigger, watch) => {
  const root = pg.root(element);
  root.innerHTML = markup();
  const $ = selector => root.querySelector(selector);
  const read = pg.reader();
  let value = props.value, hope = null, hopeUntil = 0, was = {}, spoken = null;

  // Every press carries a rising number, so that the newest wins in whatever order requests arrive; over reloads too.
  let count = Date.now();
  const send = (event, more) => trigger(event, { n: ++count, ...more });
  let asked = 0;                                       // the press that `hope` belongs to

  const scrubber = pg.scrubber($(".scrub"), step => pg.set($("[data-step]"), pg.num(step)), step => {
    hope = null;
    send("seek", { step });
  });

  const drawButton = state => {
    const [icon, words] = STATES[state], text = words(value), button = $("[data-do=toggle]");
    if (was.text === text) return;
    was.text = text;
    button.innerHTML = `${icon ? pg.icon(icon) : ""}<span>${text}</span>`;
    button.setAttribute("aria-label", `${text} (space)`);
    button.className = `b ${state === "queued" ? "plain" : "primary"}`;
  };
  const drawWords = state => {
    if (was.state === state && was.reason === value.reason && was.last === value.last) return;
    Object.assign(was, { state, reason: value.reason, last: value.last });
    root.firstElementChild.dataset.state = state;
    $(".tag.replay").hidden = state !== "replay";
    const newest = $(".newest");
    newest.hidden = state !== "past";
    pg.set(newest, `Go to ${pg.num(value.last)}`);
    const reason = $(".reason");
    reason.hidden = !value.reason;
    pg.set(reason, value.reason || "");
    root.querySelectorAll(".readout .stat:not(.now)").forEach(stat => { stat.hidden = !!value.reason; });
  };
  /** Only what happened, never a step. */
  const speak = () => {
    if (spoken !== null && spoken !== value.state) {
      const events = { running: "Running", paused: `Paused at step ${pg.num(value.step)}`, finished: "Finished",
        replay: "Replay", diverged: "The run diverged", queued: `In the queue, ${value.place || ""}` };
      pg.say(events[value.state] || "");
    }
    spoken = value.state;
  };

  const draw = next => {
    value = next;
    const confirmed = hope === null || value.answers >= asked || (value.state === "running") === (hope === "running")
      || ["queued", "diverged", "finished"].includes(value.state) || performance.now() > hopeUntil;
    if (confirmed) hope = null;
    const state = hope ?? value.state;
    drawButton(state);
    drawWords(state);
    scrubber.draw(value, read("marks", value.marks) ?? []);
    pg.set($("[data-step]"), state === "queued" && value.place ? value.place : pg.num(scrubber.held() ?? value.step));
    pg.set($("[data-words]"), hope ? STATES[state][2] : value.words || STATES[state][2]);
    pg.set($("[data-rate]"), value.rate ? pg.num(Math.round(value.rate)) : "–");
    pg.set($("[data-device]"), value.device ?? "");
    pg.set($("[data-threads]"), value.threads ?? "");
    pg.set($("[data-loss]"), lossText(value.loss));
    pg.set($("[data-loss-label]"), value.loss_label ?? "train loss");
    pg.sparkline($(".spark svg"), { ...value, spark: value.spark ?? "" });
    $(".spark").setAttribute("aria-label", `${value.loss_label ?? "train loss"} ${lossText(value.loss)}`);
    if (was.note !== value.note) { was.note = value.note; banner($(".banner"), read("note", value.note)); }
    share.draw(value.link);
    speak();
  };

  const hopeFor = state => {
    hope = state;
    hopeUntil = performance.now() + HOPE_MS;
    setTimeout(() => { if (hope && performance.now() >= hopeUntil) draw(value); }, HOPE_MS + 50);
    draw(value);
  };
  const share = pg.share($("[data-do=share]"), () => send("link"));
  const actions = {
    toggle() {
      const running = ["running", "queued"].includes(hope ?? value.state);
      asked = count + 1;
      hopeFor(running ? "paused" : "running");
      send(running ? "pause" : "play");
    },
    step() { hope = null; send("step"); },
    reset() { hope = null; send("reset"); },
    newest() { hope = null; send("seek", { step: value.last }); },
    share: () => share.ask(),
    sheet: () => pg.sheet.open(),
  };
  root.addEventListener("click", event => {
    const button = event.target.closest("[data-do]"), action = event.target.closest("[data-event]");
    if (button) actions[button.dataset.do]();
    if (action) { hope = null; send(action.dataset.event); }
  });

  const arrow = direction => event => event.target.closest?.("input, [role=radio], [role=slider], [role=img]")
    ? false : scrubber.move(direction, event.shiftKey);
  Object.assign(pg.keys, { " ": actions.toggle, ".": actions.step, r: actions.reset,
    ArrowLeft: arrow(-1), ArrowRight: arrow(1) });
  // What sticks below the bar needs its height, which grows when there is a note.
  const bar = root.firstElementChild;
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar-h", `${bar.offsetHeight}px`)).observe(bar);
  pg.mount("transport", element, props, watch, draw, { always: true });
};
