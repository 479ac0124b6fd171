/* One bus: a single hidden component (components/bus.py) carries every value to the page and every event from it.
   Views are the names under which components draw ("transport", "form:Training", "notes-attention").

   To the page, as the value of the bus, a JSON text:
     {life, seq, whole, answers, live, values: {view: {field: value}}, key?, page?, limits?}, {gone: true} or {refused}
     life     counts the homes of the session; what an earlier one still says is dropped.
     seq      rises by one with each message. Presses' answers and frames travel on different connections, so they may
              overtake: an older one is dropped, and where one is missing it is waited for (120 ms), after which what is
              there is applied and a whole picture asked for: act {view: "bus", event: "whole"}. That may be overtaken,
              too: what was applied meanwhile is then laid over it.
     whole    everything that is known of the session: values replace the view's; else fields are laid over them.
     answers  the newest press answered; live: something computes, so a stream is worth its connection.
     key      the server's secret name of this tab's session; page: the number of this page load. Both come with the answer
              to "attach", which is whole and begins a new count.
     gone     the server does not know this page any more, which attaches again; refused: a sentence why not now, so that
              it attaches again in a while.
   From the page, as event data of the bus:
     attach {key, query: {name: text of the address}, tab: "compare" (the page in sight), again: whether the same page
             load asks once more, whose address has been read}
     act    {key, page, n, view, event, data: {..., n}, seen}; n rises by one with each press, from what attach answered
     save   the same, of what is answered with a file (stream.js has watch and the pulse)
   Turns of pages and tabs are events, too: act {view: "pages" | "lenses" | ..., event: "turn", data: {id}} (commands.js). */
import { isOpening, opened } from "./address.js";
import { notice } from "./notice.js";
import { ask } from "./offers.js";
import { store, stored } from "./storage.js";
import { tell, values } from "./values.js";
/** @import { Json, Value } from "./values.js" */

const GAP_MS = 120, LATE_MS = 2000;                    // how long a missing message is waited for; and a whole picture
const STALE_MS = 10_000;                               // a press that has waited longer is not what anybody wants now
const RETRY_MS = 10_000;
/** @type {Record<string, string>} */
const FILED = { shelf: "save" };                       // view -> its event that is answered with a file

/** Who minds the connection (stream.js): something should come now; a message has been applied; a sign of life is due.
    @typedef {{expect(): void, flow(live: boolean): void, pulse(): void}} Connection */
let /** @type {Connection} */ connection;              // before the first press
/** @param {Connection} by */
export const minded = by => { connection = by; };

/** @typedef {{life?: number, seq: number, whole?: boolean, answers?: number, live?: boolean, values?: Record<string, Value>,
      key: string, page: number, limits?: Value, gone?: boolean, refused?: string}} Message as above; key and page of the
      answer to attach alone
    @typedef {{n: number}} Press its number, by which a view knows the answers to it */

/* ---- who this page is ---- */
let /** @type {(event: string, data: object) => void} */ send;         // Gradio's trigger of the bus
let key = "", /** @type {number | null} */ page = null, count = 0, ready = false, retry = 0;
/** @type {(() => void)[]} */
const waiting = [];                                    // presses until there is a session
let life = -1, /** @type {number | null} */ applied = null;            // of the newest message that is drawn

/** The key survives a reload in sessionStorage, but a duplicated tab gets a copy of that: so it is taken out while the page
    lives and put back when it goes, and no two live pages have the same one. Without storage it lasts as long as the page. */
const unkept = () => store("sessionStorage", "pg-run", null);
addEventListener("pagehide", () => { if (key) store("sessionStorage", "pg-run", key); });
addEventListener("pageshow", event => { if (event.persisted) { unkept(); attach(); } });

/** The fields that every request carries. */
export const whose = () => ({ key, page, seen: applied ?? 0 });
export const isReady = () => ready;
/** @type {(event: string, data: object) => void} */
export const sendAs = (event, data) => send(event, data);

/** Ask for this tab's session; presses wait for the answer. */
export const attach = () => {
  const query = Object.fromEntries(new URLSearchParams(location.search));
  ready = false;
  clearTimeout(retry);
  retry = setTimeout(attach, RETRY_MS);
  send?.("attach", { key, query, tab: ask("page") ?? query.at ?? "", again: page !== null });
};

/** Tell the server of an event. Returns the press: its `n` is infinite until it has been sent, so that no answer is newer.
    @type {(view: string, event: string, data?: object) => Press} */
export const press = (view, event, data) => {
  const pressed = { n: Infinity }, at = performance.now();
  const go = () => {
    if (performance.now() - at > STALE_MS) return;
    pressed.n = ++count;
    connection.expect();
    send(FILED[view] === event ? "save" : "act", { ...whose(), n: pressed.n, view, event, data: { ...data, n: pressed.n } });
  };
  ready ? go() : waiting.push(go);
  return pressed;
};

/** For what Gradio itself sends (a file): who this is, and the number of the press. */
export const identity = () => JSON.stringify({ ...whose(), n: ++count });

/* ---- receiving ---- */
/** @type {Map<number, Message>} */
const early = new Map();                               // seq -> message that came before one it follows
let gap = 0;
let missed = 0, owed = 0;                              // newest seq that may be missing; timer until a whole picture
                                                       // is asked for again
let /** @type {Message[]} */ since = [];               // what was applied since it was asked for

const whole = () => {
  if (owed) return;
  owed = setTimeout(() => { owed = 0; whole(); }, LATE_MS);
  press("bus", "whole");
};
/** Nothing is missing, or nothing of what is missing matters any more. */
const settle = () => { clearTimeout(owed); missed = owed = 0; since = []; };
/** A whole picture, and what is newer than it among the messages that were applied while it was waited for.
    @param {Message} message */
const over = message => {
  const newer = since.filter(({ seq }) => seq > message.seq);
  since = [];
  if (message.seq >= missed) settle();
  return [message, ...newer];
};
/** @type {(message: Message, changed: Set<string>) => void} */
const lay = (message, changed) => {
  for (const [view, fields] of Object.entries(message.values ?? {})) {
    values[view] = message.whole ? fields : { ...values[view], ...fields };
    changed.add(view);
  }
  if (message.limits) { values.limits = message.limits; changed.add("limits"); }
  if (owed) since.push(message);
  applied = message.seq;
};
/** Apply these messages, in order, and whatever follows them that has arrived.
    @param {Message[]} messages at least one */
const apply = messages => {
  const changed = new Set();
  let newest = messages[messages.length - 1];
  messages.forEach(message => lay(message, changed));
  for (const seq of early.keys()) if (seq <= newest.seq) early.delete(seq);
  for (let next; (next = early.get(newest.seq + 1)); newest = next) { early.delete(next.seq); lay(next, changed); }
  clearTimeout(gap);
  gap = early.size ? setTimeout(give, GAP_MS) : 0;
  if (isOpening() && !values.transport?.held) opened();       // what the link says has been built
  tell(changed);
  connection.flow(!!newest.live);
};
/** What is missing has not come: go on with what is there. */
const give = () => {
  const there = [...early.values()].sort((a, b) => a.seq - b.seq);
  gap = 0;
  if (!there.length) return;
  whole();
  if (applied === null) { early.clear(); return; }
  missed = there[there.length - 1].seq - 1;
  apply(there);
};

/** The answer to attach.
    @param {Message} message */
const attached = message => {
  ({ key, page } = message);
  unkept();
  life = message.life ?? 0;
  applied = null;
  early.clear();
  count = message.answers ?? 0;
  clearTimeout(retry);
  settle();
};
/** @param {string} text */
const receive = text => {
  if (!text) return;
  const /** @type {Message} */ message = JSON.parse(text), lives = message.life ?? 0;
  if (message.gone) return ready ? attach() : undefined;
  if (message.refused) {
    notice("refused", message.refused);
    clearTimeout(retry);
    retry = setTimeout(attach, RETRY_MS);
    return;
  }
  const first = "key" in message;
  if (first) { notice("refused", ""); attached(message); }
  if (lives < life) return;
  if (lives > life) { life = lives; applied = null; early.clear(); settle(); }   // the session has moved: its count begins anew
  if (applied !== null && message.seq <= applied && !(message.whole && owed)) return;
  if (message.whole) apply(over(message));
  else if (applied !== null && message.seq === applied + 1) apply([message]);
  else {
    early.set(message.seq, message);
    gap ||= setTimeout(give, GAP_MS);
  }
  if (!first) return;
  ready = true;
  waiting.splice(0).forEach(go => go());
  if (document.hidden) connection.pulse();
  connection.flow(!!message.live);
};

/** The component that Gradio hears (components/bus.py) begins: presses wait until it does.
    @param {{value?: Json}} props
    @param {(event: string, data: object) => void} trigger
    @param {(name: "value", act: () => void) => void} watch */
export const begin = (props, trigger, watch) => {
  send = trigger;
  key = stored("sessionStorage", "pg-run") ?? "";
  unkept();
  watch("value", () => receive(props.value));
  tell(Object.keys(values));
  attach();
};
