// Renders a rich_text block.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from "./dom.js";
import { emojiNamed } from "./emoji.js";
import { link } from "./links.js";
import { broadcast, channelMention, mention, userMention } from "./mrkdwn_entity.js";
import { slackDate } from "./slack_date.js";

const INDENT_PX = 28;
const BULLETS = ["disc", "circle", "square"];
const NUMBERS = ["decimal", "lower-alpha", "lower-roman"];
const unsupported = ({ type }) => h("span", { class: "slack-unsupported" }, `unsupported: ${type}`);

export const richText = (elements, names) =>
  elements.map((element) => PARTS.get(element.type)?.(element, names) ?? unsupported(element));

const PARTS = new Map(Object.entries({
  rich_text_section: ({ elements }, names) => h("div", { class: "slack-rich" }, runs(elements, names)),
  rich_text_preformatted: ({ elements }, names) => h("pre", { class: "slack-pre" }, runs(elements, names)),
  rich_text_quote: ({ elements }, names) => h("blockquote", { class: "slack-quote slack-rich" }, runs(elements, names)),
  rich_text_list: ({ elements, style, indent = 0, offset = 0 }, names) => {
    const isOrdered = style === "ordered";
    const items = elements.map((section) => h("li", { class: "slack-rich" }, runs(section.elements, names)));
    const list = isOrdered
      ? h("ol", { class: "slack-list", start: String(offset + 1) }, items)
      : h("ul", { class: "slack-list" }, items);
    list.style.marginInlineStart = `${indent * INDENT_PX}px`;
    list.style.listStyleType = (isOrdered ? NUMBERS : BULLETS)[indent % 3];
    return list;
  },
}));

const runs = (elements, names) =>
  elements.map((element) => styled(RUNS.get(element.type)?.(element, names) ?? unsupported(element), element.style));

const RUNS = new Map(Object.entries({
  text: ({ text }) => text,
  link: ({ url, text }) => link(url, text || url),
  emoji: ({ name, unicode }) => (unicode ? fromHex(unicode) : emojiNamed(name) ?? `:${name}:`),
  user: ({ user_id: id }, names) => userMention(id, names),
  usergroup: ({ usergroup_id: id }) => mention(`@${id}`),
  channel: ({ channel_id: id }, names) => channelMention(id, names),
  broadcast: ({ range }) => broadcast(range),
  date: ({ timestamp, format, url, fallback }) => {
    const shown = slackDate(timestamp, format) ?? fallback ?? String(timestamp);
    return url ? link(url, shown) : h("time", { class: "slack-date", title: fallback }, shown);
  },
}));

const TAGS = { code: "code", strike: "s", italic: "em", bold: "strong" };

function styled(node, style = {}) {
  return Object.keys(TAGS)
    .filter((name) => style?.[name])
    .reduce((inner, name) => h(TAGS[name], { class: name === "code" ? "slack-code" : null }, inner), node);
}

/** An emoji from its code points, such as `1f469-200d-1f4bb`. */
function fromHex(unicode) {
  const points = unicode.split("-").map((point) => Number.parseInt(point, 16));
  return points.every((point) => point >= 0 && point <= 0x10ffff) ? String.fromCodePoint(...points) : unicode;
}
