// Slack's markup as elements of the page.
// https://docs.slack.dev/messaging/formatting-message-text

import { h } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { link } from "./links.js";
import { slackDate } from "./slack_date.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
export const unescape = (text) => text.replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]);

const INLINE = new RegExp(
  [
    "<(?<entity>[^<>]+)>",
    "`(?<code>[^`\\n]+)`",
    "(?<![\\p{L}\\p{N}*])\\*(?=[^\\s*])(?<bold>[^*\\n]*[^*\\s])\\*(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])_(?=[^\\s_])(?<italic>[^_\\n]*[^_\\s])_(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])~(?=[^\\s~])(?<strike>[^~\\n]*[^~\\s])~(?![\\p{L}\\p{N}~])",
    ":(?<emoji>[a-z0-9_+-]+):",
    "(?<url>https?://[^\\s<>|&]+)",
  ].join("|"),
  "gu",
);

/**
 * What a `mrkdwn` text says, as a list of nodes.
 *
 * `names` knows what ids stand for: `names.user(id)` and `names.channel(id)`. A `verbatim` text has no
 * links but those that are marked as such.
 */
export function mrkdwn(text, names, verbatim = false) {
  return text.split("```").flatMap((part, index, parts) => {
    const closed = index % 2 === 1 && index < parts.length - 1;
    if (closed) return [h("pre", { class: "slack-pre" }, unescape(part.replace(/^\n|\n$/g, "")))];
    return lines(index % 2 === 1 ? "```" + part : part, names, verbatim);
  });
}

function lines(text, names, verbatim) {
  const nodes = [];
  let quoted = [];
  const endQuote = () => {
    if (quoted.length) nodes.push(h("blockquote", { class: "slack-quote" }, joined(quoted, names, verbatim)));
    quoted = [];
  };
  const all = text.split("\n");
  all.forEach((line, index) => {
    const quote = /^(?:&gt;|>) ?/.exec(line);
    if (quote) {
      quoted.push(line.slice(quote[0].length));
      return;
    }
    const afterQuote = quoted.length > 0;
    endQuote();
    if (index > 0 && !afterQuote) nodes.push(h("br"));
    nodes.push(...inline(line, names, verbatim));
  });
  endQuote();
  return nodes;
}

const joined = (texts, names, verbatim) =>
  texts.flatMap((text, index) => [index ? h("br") : null, ...inline(text, names, verbatim)]);

function inline(text, names, verbatim) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(end, found.index)));
    nodes.push(node(found, names, verbatim));
    end = found.index + found[0].length;
  }
  nodes.push(unescape(text.slice(end)));
  return nodes.filter((part) => part !== "");
}

function node(found, names, verbatim) {
  const { entity, code, bold, italic, strike, emoji, url } = found.groups;
  if (entity !== undefined) return entityOf(entity, names);
  if (code !== undefined) return h("code", { class: "slack-code" }, unescape(plain(code)));
  if (bold !== undefined) return h("strong", {}, inline(bold, names, verbatim));
  if (italic !== undefined) return h("em", {}, inline(italic, names, verbatim));
  if (strike !== undefined) return h("s", {}, inline(strike, names, verbatim));
  if (emoji !== undefined) return emojiOf(emoji);
  return verbatim ? url : link(url);
}

/** In code a marked link is shown by its label. */
const plain = (text) => text.replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_, target, label) => label ?? target);

function entityOf(entity, names) {
  const bar = entity.indexOf("|");
  const target = bar < 0 ? entity : entity.slice(0, bar);
  const label = bar < 0 ? "" : unescape(entity.slice(bar + 1));
  if (target.startsWith("@")) return mention(`@${label || names.user(target.slice(1))}`);
  if (target.startsWith("#")) return mention(`#${label || names.channel(target.slice(1))}`);
  if (target.startsWith("!")) return special(target.slice(1), label);
  return link(unescape(target), ...(label ? [label] : []));
}

export const mention = (text, loud = false) =>
  h("span", { class: loud ? "slack-mention is-loud" : "slack-mention" }, text);

function special(target, label) {
  const [name, ...rest] = target.split("^");
  if (name === "date") return dateOf(rest, label);
  if (["here", "channel", "everyone"].includes(name)) return mention(`@${name}`, true);
  return mention(label || `@${name}`);
}

function dateOf([seconds, format = "", url], fallback) {
  const shown = slackDate(seconds, format) ?? fallback;
  return url ? link(url, shown) : h("time", { class: "slack-date", title: fallback }, shown);
}
