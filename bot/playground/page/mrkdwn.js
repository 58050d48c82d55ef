// Renders mrkdwn: code blocks, quotes and lines.
// https://docs.slack.dev/messaging/formatting-message-text

import { h } from "./dom.js";
import { marked, unmarked } from "./mrkdwn_marks.js";
import { broken } from "./slack_text.js";

const FENCE = "```";
const QUOTE = /^(?:&gt;|>) ?/;
const QUOTE_TO_THE_END = /^(?:&gt;|>){3} ?/;

/**
 * Render a `mrkdwn` text as a list of nodes.
 *
 * `names` resolves ids: `user(id)`, `channel(id)`, and optionally `isMe(id)`, `channelNamed(name)` and
 * `open(channelId)`. A `verbatim` text has only explicit links.
 */
export function mrkdwn(text, names, verbatim = false) {
  const reading = { names, verbatim, within: "" };
  const parts = text.split(FENCE);
  return parts.flatMap((part, index) => {
    const isOpen = index % 2 === 1;
    if (isOpen && index < parts.length - 1) return fenced(part);
    const afterFence = index > 0 && !isOpen;
    return quotesAndLines(isOpen ? FENCE + part : part, reading, afterFence);
  });
}

function fenced(code) {
  if (!code.trim()) return [FENCE + code + FENCE];
  return [h("pre", { class: "slack-pre" }, unmarked(code.replace(/^\n|\n$/g, "")))];
}

/** Drop the line break that ends preformatted text. */
function quotesAndLines(text, reading, afterFence) {
  const lines = (afterFence ? text.replace(/^\n/, "") : text).split("\n");
  return runsOf(lines).flatMap(({ isQuote, said }) => {
    const nodes = broken(said.map((line) => marked(line, reading)));
    return isQuote ? [h("blockquote", { class: "slack-quote" }, nodes)] : nodes;
  });
}

function runsOf(lines) {
  const runs = [];
  let toTheEnd = false;
  for (const line of lines) {
    const opensAll = !toTheEnd && QUOTE_TO_THE_END.test(line);
    const isQuote = toTheEnd || QUOTE.test(line);
    const said = opensAll ? line.replace(QUOTE_TO_THE_END, "") : toTheEnd ? line : line.replace(QUOTE, "");
    toTheEnd ||= opensAll;
    if (runs.at(-1)?.isQuote === isQuote) runs.at(-1).said.push(said);
    else runs.push({ isQuote, said: [said] });
  }
  return runs;
}
