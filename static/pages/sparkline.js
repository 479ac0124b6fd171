/* The loss so far, as a line of 132 x 40. It comes as a text of 96 characters, "0" (smallest) to "n" (largest): Gradio
   replaces a text in one piece where it would compare a list number by number. */
const MARKUP = '<path class="base" d="M2 36.5H130"/><path class="curve"/><circle r="3.5"/>';

/** Draw into an svg: the line over the part of the run that has been trained, the dot at the step shown. */
export const sparkline = (svg, { spark, step, last, total }) => {
  if (!svg.firstElementChild) svg.innerHTML = MARKUP;
  const n = spark.length, at = n ? Math.round((n - 1) * Math.min(1, last ? step / last : 0)) : 0;
  const x = i => 2 + 128 * (n > 1 ? i / (n - 1) : 0) * Math.min(1, last / Math.max(1, total));
  const y = i => 36 - 32 * (spark.charCodeAt(i) - 48) / 62;
  const path = Array.from({ length: n }, (_, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(i).toFixed(1)}`).join("");
  svg.querySelector(".curve").setAttribute("d", path);
  const dot = svg.querySelector("circle");
  dot.style.visibility = n ? "visible" : "hidden";
  if (n) { dot.setAttribute("cx", x(at)); dot.setAttribute("cy", y(at)); }
};
