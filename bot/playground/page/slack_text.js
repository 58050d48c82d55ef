// What is common to every text of Slack: three escaped characters, lines, and emoji by their names.

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** Slack decodes these three, and no other, in whatever it shows; in `plain_text` too. */
export const unescape = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/** The nodes of each line, with a break between one line and the next. */
export const broken = (lines) => lines.flatMap((nodes, index) => (index ? [h("br"), ...nodes] : nodes));

/** A `plain_text` object's text: nothing is marked up but emoji, and those only if `emoji` is not false. */
export function plainText({ text, emoji }) {
  const shown = unescape(emoji === false ? text : withEmoji(text));
  return broken(shown.split("\n").map((line) => [line]));
}
