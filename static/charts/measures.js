/* A few numbers in a row, each with its name, its unit and what it means. */
import { esc, setHtml } from "../core/text.js";

/** `found`: [[name, value, unit, note, what it is]], all html but the last, which is shown on hover. */
export const drawMeasures = (node, found) => setHtml(node, found.map(([name, value, unit, note, about]) =>
  `<div title="${esc(about)}"><dt>${name}</dt><dd>${value} <small>${unit}</small></dd><dd class="aside">${note}</dd></div>`).join(""));
