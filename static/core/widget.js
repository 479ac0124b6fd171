/* What `js_on_load` of a component calls (components/widget.py). */
import { press } from "./bus.js";
import { hear, unhear, values } from "./values.js";
/** @import { Press } from "./bus.js"
    @import { Json, Value } from "./values.js"
    @typedef {{view: string, value?: Value, [fixed: string]: Json}} Props what Python gave `widget`
    @typedef {(event: string, data?: object) => Press} Trigger
    @typedef {(name: "value", act: () => void) => void} Watch
    @typedef {(element: HTMLElement, props: Props, trigger: Trigger, watch: Watch) => void} Make */

/** `make(element, props, trigger, watch)` draws it, with the value of its view as `props.value`. `text`: what never
    changes, as percent-encoded JSON.
    @type {(element: HTMLElement, make: Make, text: string) => void} */
export const widget = (element, make, text) => {
  const fixed = JSON.parse(decodeURIComponent(text)), { view } = fixed;
  const props = new Proxy(fixed, { get: (target, name) => name === "value" ? values[view] : target[name] });
  unhear(view);
  make(element, props, (event, data) => press(view, event, data), (_, act) => hear(view, act));
};

/** The same with the value and the events of Gradio's own.
    @type {(element: HTMLElement, make: Make, text: string, props: Props, trigger: Trigger, watch: Watch) => void} */
export const gradioWidget = (element, make, text, props, trigger, watch) => {
  const fixed = JSON.parse(decodeURIComponent(text));
  const both = new Proxy(props, { get: (target, name) => name in fixed ? fixed[name] : Reflect.get(target, name) });
  make(element, both, trigger, watch);
};
