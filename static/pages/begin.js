/* With the bus begins what has no place of its own on the page: theme, keys, commands, the stored replay, the stream. */
import { begin } from "../core/bus.js";
import "../core/keys.js";
import "../core/stream.js";
import "../core/theme.js";
import "./commands.js";
import "./replay.js";
/** @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const bus = (element, props, trigger, watch) => begin(props, trigger, watch);
