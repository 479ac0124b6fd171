/* The stream of frames, and the page's pulse.

   A stream (event "watch" {key, page, seen}) is open only while something computes and the page is in sight; the server ends
   it when nothing moves, and Gradio's `then` calls `streamed`. A browser holds six connections to a host, so four streams
   are the most for all its tabs together; the others ask every other second.

   The pulse is POST pg/pulse {key, page, seen, hidden}: after each frame that has been drawn (`seen`; the server sends two
   more at most), where an answer is overdue, every 15 s, or 30 s where the tab is hidden; and {..., leaving: true} when the
   page goes. 204: fine; 410: the server does not know this page, which then attaches again. */
import { url } from "./address.js";
import { attach, isReady, minded, press, sendAs, whose } from "./bus.js";
import { cutOff } from "./hold.js";
import { soon } from "./mount.js";
import { notice } from "./notice.js";

const BEAT_MS = 15_000, HIDDEN_MS = 30_000, AGAIN_MS = 2000, LONGEST_MS = 10_000, POLL_MS = 2000, QUIET_MS = 4000;
const STREAMS = 4;
const FULL = "Four tabs of this browser are already watching a run, and a browser holds no more connections. Close or hide one; this run trains on.";
const CUT = "The server does not answer. This is the last picture; the page goes on by itself when it is back.";

/* ---- the stream ---- */
let /** @type {(() => void) | null} */ release = null;
let live = false, streaming = false, seeking = false, poll = 0, again = 0, wait = 100, idle = true;

/** One of the places that this browser's tabs share: a function that leaves it, or null if all are taken. Where there are no
    locks (plain http, blocked storage), nobody is counted.
    @type {() => Promise<(() => void) | null>} */
const place = async () => {
  if (!navigator.locks) return () => {};
  for (let i = 0; i < STREAMS; i++) {
    const leave = await new Promise(done => {
      const held = (/** @type {Lock | null} */ lock) => lock ? new Promise(free => done(free)) : done(null);
      navigator.locks.request(`pg-stream-${i}`, { ifAvailable: true }, held).catch(() => done(() => {}));
    });
    if (leave) return leave;
  }
  return null;
};
const wanted = () => live && !streaming && !document.hidden && isReady();
const open = async () => {
  if (!wanted() || seeking) return;
  seeking = true;
  const leave = await place();
  seeking = false;
  notice("full", leave || !live || document.hidden ? "" : FULL);
  clearTimeout(poll);
  if (leave && !wanted()) return leave();
  if (!leave) {                                        // without a stream: ask, and try again
    poll = setTimeout(() => { if (wanted()) { press("bus", "whole"); open(); } else notice("full", ""); }, POLL_MS);
    return;
  }
  release = leave;
  streaming = idle = true;
  sendAs("watch", whose());
};
/** The stream has ended. One that brought nothing is opened again more and more slowly. */
export const streamed = () => {
  streaming = false;
  release?.();
  release = null;
  wait = idle ? Math.min(AGAIN_MS, 2 * wait) : 100;
  clearTimeout(again);
  again = setTimeout(open, wait);
  pulse();                                             // perhaps because the server is not there any more
};
/** Called with each message that is applied: whether frames are to come.
    @param {boolean} on */
const flow = on => {
  live = on;
  clearTimeout(quiet);
  quiet = 0;
  if (!streaming) return open();
  expect();
  idle = false;
  soon(pulse);                                      // once it is drawn, so that a slow browser is sent less
};

/* ---- the pulse ---- */
let gone = false, beat = 0, failed = 0, asking = false, more = false, quiet = 0;
/** Something should come from the server now; if it does not, see whether it is there. */
const expect = () => { quiet ||= setTimeout(() => { quiet = 0; pulse(); }, QUIET_MS); };

const post = async () => {
  const address = url("pg/pulse"), body = JSON.stringify({ ...whose(), hidden: document.hidden });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body, signal: AbortSignal.timeout(LONGEST_MS) });
  if (answer.status >= 500) throw new Error(answer.statusText);
  return answer.status;
};
/** @param {boolean} yes */
const cut = yes => {
  const seen = cutOff(yes ? CUT : "");                 // on the card over the last picture, where there is one
  notice("cut", yes && !seen ? CUT : "");
};
/** While the server is away: Gradio's own word for it, which covers the controls, is not shown beside ours. */
export const isAway = () => gone;
/** @param {boolean} yes */
const away = yes => {
  if (gone === yes) return;
  document.documentElement.toggleAttribute("data-away", gone = yes);
  document.dispatchEvent(new Event("pg-away"));
};
const pulse = async () => {
  if (asking) { more = true; return; }                 // the newest follows the one on its way
  asking = true;
  more = false;
  clearTimeout(beat);
  if (whose().page !== null) try {
    const status = await post(), back = failed > 1;
    failed = 0;
    away(false);
    if (back) cut(false);
    if (isReady() && (back || status === 410)) attach();
  } catch {
    away(true);
    if (++failed > 1) cut(true);
  }
  asking = false;
  beat = setTimeout(pulse, failed ? AGAIN_MS : document.hidden ? HIDDEN_MS : BEAT_MS);
  if (more && !failed) pulse();
};
beat = setTimeout(pulse, BEAT_MS);
document.addEventListener("visibilitychange", () => {
  if (!isReady()) return;
  pulse();                                             // in sight or not; hidden, the server ends the stream
  if (!document.hidden) press("bus", "whole");
});
addEventListener("pagehide", () => {
  const body = JSON.stringify({ ...whose(), leaving: true });
  if (whose().page !== null) navigator.sendBeacon?.(url("pg/pulse"), new Blob([body], { type: "application/json" }));
});
minded({ expect, flow, pulse });
