// Renders `<…>` of mrkdwn: links, mentions and dates.
// https://docs.slack.dev/messaging/formatting-message-text#advanced

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { link } from "./links.js";
import { slackDate } from "./slack_date.js";
import { unescape } from "./slack_text.js";

const BROADCASTS = new Set(["here", "channel", "everyone"]);

export function entityView(entity, names) {
  const bar = entity.indexOf("|");
  const target = bar < 0 ? entity : entity.slice(0, bar);
  const label = bar < 0 ? "" : unescape(withEmoji(entity.slice(bar + 1)));
  if (target.startsWith("@")) return userMention(target.slice(1), names, label);
  if (target.startsWith("#")) return channelMention(target.slice(1), names, label);
  if (target.startsWith("!")) return special(target.slice(1), label);
  return link(unescape(target), ...(label ? [label] : []));
}

/** A mention; `loud` highlights one of the reader, and `open` makes it a button. */
export function mention(text, { loud = false, open = null } = {}) {
  const style = loud ? "slack-mention is-loud" : "slack-mention";
  return open ? h("button", { type: "button", class: style, onclick: open }, text) : h("span", { class: style }, text);
}

export const userMention = (id, names, label = "") =>
  mention(`@${label || names.user(id)}`, { loud: names.isMe?.(id) ?? false });

export const channelMention = (id, names, label = "") =>
  mention(`#${label || names.channel(id)}`, { open: names.open && (() => names.open(id)) });

export const broadcast = (range) => mention(`@${range}`, { loud: true });

function special(target, label) {
  const [name, ...rest] = target.split("^");
  if (name === "date") return dateView(rest, label);
  if (BROADCASTS.has(name)) return broadcast(name);
  if (name === "subteam") return mention(label || `@${rest[0]}`);
  return label || `<!${target}>`;
}

function dateView([seconds, format = "", url], fallback) {
  const shown = slackDate(seconds, unescape(format)) ?? fallback;
  return url ? link(unescape(url), shown) : h("time", { class: "slack-date", title: fallback }, shown);
}
