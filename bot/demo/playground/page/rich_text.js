// A rich_text block as elements of the page.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { link } from "./links.js";
import { mention } from "./mrkdwn.js";
import { slackDate } from "./slack_date.js";

export function richText(elements, names) {
  return elements.map((element) => PARTS[element.type]?.(element, names) ?? unsupported(element));
}

export const unsupported = ({ type }) => h("p", { class: "slack-unsupported" }, `unsupported: ${type}`);

const PARTS = {
  rich_text_section: ({ elements }, names) => h("div", { class: "slack-rich" }, runs(elements, names)),
  rich_text_preformatted: ({ elements }, names) => h("pre", { class: "slack-pre" }, runs(elements, names)),
  rich_text_quote: ({ elements }, names) => h("blockquote", { class: "slack-quote" }, runs(elements, names)),
  rich_text_list: ({ elements, style, indent = 0, offset = 0 }, names) => {
    const list = h(style === "ordered" ? "ol" : "ul", { class: "slack-list", start: style === "ordered" ? String(offset + 1) : null },
      elements.map((section) => h("li", {}, runs(section.elements, names))));
    list.style.marginInlineStart = `${indent * 28}px`;
    return list;
  },
};

const runs = (elements, names) =>
  elements.map((element) => styled(RUNS[element.type]?.(element, names) ?? unsupported(element), element.style));

const RUNS = {
  text: ({ text }) => text,
  link: ({ url, text }) => link(url, text || url),
  emoji: ({ name, unicode }) => (unicode ? fromHex(unicode) : emojiOf(name)),
  user: ({ user_id }, names) => mention(`@${names.user(user_id)}`),
  channel: ({ channel_id }, names) => mention(`#${names.channel(channel_id)}`),
  broadcast: ({ range }) => mention(`@${range}`, true),
  date: ({ timestamp, format, url, fallback }) => {
    const shown = slackDate(timestamp, format) ?? fallback ?? String(timestamp);
    return url ? link(url, shown) : h("time", { title: fallback }, shown);
  },
};

const TAGS = { bold: "strong", italic: "em", strike: "s", code: "code" };

function styled(node, style = {}) {
  return Object.keys(TAGS)
    .filter((name) => style?.[name])
    .reduce((inner, name) => h(TAGS[name], { class: name === "code" ? "slack-code" : null }, inner), node);
}

function fromHex(unicode) {
  const points = unicode.split("-").map((point) => parseInt(point, 16));
  return points.every((point) => point >= 0 && point <= 0x10ffff) ? String.fromCodePoint(...points) : unicode;
}
