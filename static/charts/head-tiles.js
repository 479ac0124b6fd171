/* A grid of heads as tiles: a press or the arrows choose one, the other mouse button ablates it. */

/** `state()` -> { tiles, heads (of a layer), on (index of the chosen one) }; tiles carry data-l and data-h. */
export const headTiles = (host, selector, state, { choose, ablate }) => {
  const of = event => event.target.closest(selector);
  host.addEventListener("click", event => { const t = of(event); if (t) choose(+t.dataset.l, +t.dataset.h); });
  host.addEventListener("contextmenu", event => {
    const t = of(event);
    if (!t) return;
    event.preventDefault();
    ablate(+t.dataset.l, +t.dataset.h);
  });
  host.addEventListener("keydown", event => {
    const { tiles, heads, on } = state(), by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -heads, ArrowDown: heads }[event.key];
    if (!by || !of(event)) return;
    event.preventDefault();
    event.stopPropagation();                           // the page's own arrows move the scrubber
    const to = on + by, sameLayer = Math.floor(to / heads) === Math.floor(on / heads);
    if (!tiles[to] || Math.abs(by) === 1 && heads > 1 && !sameLayer) return;
    choose(Math.floor(to / heads), to % heads);
    tiles[to].focus({ preventScroll: false });
  });
};
