/* {name: figure} of standard input -> {name: Plotly's figure} on standard output. */
import { readFileSync } from "node:fs";
import "./browser.mjs";

const { asPlotly } = await import("../../static/charts/plotly-figure.js");
const figures = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, asPlotly(figure)]))));
