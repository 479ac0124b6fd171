/* The row of tools above the attention pictures: which attention, which probe, what the colours mean, picture or table,
   export. */
const OWN = "own";                                                     // id of the visitor's own probe
const STOPS = Array.from({ length: 11 }, (_, i) => `var(--seq-${i})`).join(",");
const TICKS = [0, 0.1, 0.5, 1].map(weight => `<span style="left:${100 * Math.sqrt(weight)}%">${weight}</span>`).join("");
const LEGEND = `<span class="axt">weight, square-root scale</span>
  <span class="scale" role="img" aria-label="Colour scale from weight 0 to 1, square root; masked cells are grey">
    <span class="ramp" style="background:linear-gradient(to right,${STOPS})"></span><span class="ticks">${TICKS}</span></span>
  <span class="sw masked"></span><span class="axt">masked</span>`;
const HTML = `<div class="tool"><span class="lab">Attention</span><div data-s="which"></div></div>
  <div class="tool"><span class="lab">Probe</span><div data-s="probe"></div>
    <form class="own" hidden><input aria-label="Your own probe" spellcheck="false" autocomplete="off" maxlength="128">
      <button class="b small">Look</button></form></div>
  <div class="tool legend">${LEGEND}</div>
  <div class="tool last"><div data-s="as"></div><div data-s="export"></div></div><p class="bad" role="alert" hidden></p>`;

/** `on` has look(which), probe({ id } | { text }), as(table), png(), svg(), csv(). */
pg.lensTools = (host, on) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), slot = name => $(`[data-s=${name}]`);
  const form = $(".own"), input = $(".own input"), bad = $(".bad");
  let frame = null, writing = false;

  const probes = () => [...frame.probes, [OWN, "your own…"]];
  const showProbes = () => {
    probe.draw(probes(), writing ? OWN : frame.probe);
    form.hidden = !writing && frame.probe !== OWN;
  };
  const which = pg.choice(slot("which"), "Which attention", id => { which.draw(frame.stacks, id); on.look(id); });
  const probe = pg.choice(slot("probe"), "Probe", id => {
    writing = id === OWN;
    if (!writing) { probe.draw(probes(), id); form.hidden = true; return on.probe({ id }); }
    showProbes();
    if (!input.value) input.value = frame.text;
    input.focus({ preventScroll: true });
    input.select();
  });
  form.addEventListener("submit", event => { event.preventDefault(); on.probe({ text: input.value }); });
  form.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    writing = false;
    showProbes();
    slot("probe").querySelector("[tabindex='0']").focus({ preventScroll: true });
  });
  const as = pg.choice(slot("as"), "Show as", id => { as.draw(views, id); on.as(id === "table"); });
  const views = [["picture", "Picture"], ["table", "Table"]];
  as.draw(views, "picture");
  pg.menu(slot("export"), "Export", "down", [["Picture as PNG", on.png], ["Picture as SVG", on.svg], ["Numbers as CSV", on.csv]]);

  return {
    draw(next) {
      if (frame && next.probe !== frame.probe) writing = false;
      frame = next;
      which.draw(frame.stacks, frame.which);
      if (document.activeElement !== input || !writing) showProbes();
      bad.hidden = !frame.error;
      pg.set(bad, frame.error);
      input.toggleAttribute("aria-invalid", !!frame.error);
    },
    as: table => as.draw(views, table ? "table" : "picture"),
  };
};
