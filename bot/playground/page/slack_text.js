// Parts of all Slack texts: escaped characters, lines and emoji names.

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** Decode the three entities that Slack decodes, also in `plain_text`. */
export const unescape = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/** The nodes of all lines, with a <br> between lines. */
export const broken = (lines) => lines.flatMap((nodes, index) => (index ? [h("br"), ...nodes] : nodes));

/** The text of a `plain_text` object; emoji names are replaced unless `emoji` is false. */
export function plainText({ text, emoji }) {
  const shown = unescape(emoji === false ? text : withEmoji(text));
  return broken(shown.split("\n").map((line) => [line]));
}
