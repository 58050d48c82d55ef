// Renders the `markdown` block: the subset of Markdown that Slack supports.
// https://docs.slack.dev/reference/block-kit/blocks/markdown-block

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { link, safeUrl } from "./links.js";
import { broken } from "./slack_text.js";

const INDENT_PX = 28;
const SPACES_PER_INDENT = 2;
const BULLETS = ["disc", "circle", "square"];
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;

const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "!?\\[(?<label>[^\\[\\]\\n]*)\\]\\((?<target>[^()\\s]*)\\)",
    "(?<url>https?://[^\\s<>()]*[^\\s<>().,;:!?])",
    "\\*\\*(?=\\S)(?<strong>[^\\n*]*[^\\s*])\\*\\*",
    "(?<!\\w)__(?=\\S)(?<strong2>[^\\n_]*[^\\s_])__(?!\\w)",
    "~~(?=\\S)(?<strike>[^\\n~]*[^\\s~])~~",
    "\\*(?=\\S)(?<italic>[^\\n*]*[^\\s*])\\*",
    "(?<!\\w)_(?=\\S)(?<italic2>[^\\n_]*[^\\s_])_(?!\\w)",
  ].join("|"),
  "g",
);

export const markdown = (text) => blocks(text.replace(/\r\n?/g, "\n").split("\n"));

/** Render each run of lines that belong together. */
function blocks(lines) {
  const views = [];
  let at = 0;
  while (at < lines.length) {
    const { length, view } = READERS.map((read) => read(lines, at)).find(Boolean);
    if (view) views.push(view);
    at += length;
  }
  return views;
}

/** The lines from `from` on for which `isLike` holds. */
function run(lines, from, isLike) {
  let end = from;
  while (end < lines.length && isLike(lines[end])) end++;
  return lines.slice(from, end);
}

const isOther = (line) => /^\s*$|^#{1,6}\s|^```|^>|^\s*([-*_])(\s*\1){2,}\s*$/.test(line) || ITEM.test(line);

const READERS = [
  (lines, at) => (lines[at].trim() ? null : { length: 1 }),
  (lines, at) => {
    if (!lines[at].startsWith("```")) return null;
    const code = run(lines, at + 1, (line) => !line.startsWith("```"));
    return { length: code.length + 2, view: h("pre", { class: "slack-pre" }, code.join("\n")) };
  },
  (lines, at) => {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(lines[at]);
    return heading && { length: 1, view: h("h4", { class: "slack-header" }, inline(heading[1])) };
  },
  (lines, at) => (/^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[at]) ? { length: 1, view: h("hr") } : null),
  (lines, at) => {
    const quoted = run(lines, at, (line) => line.startsWith(">"));
    const said = quoted.map((line) => line.replace(/^> ?/, ""));
    return quoted.length ? { length: quoted.length, view: h("blockquote", { class: "slack-quote" }, blocks(said)) } : null;
  },
  (lines, at) => (ITEM.test(lines[at]) ? { length: 1, view: item(ITEM.exec(lines[at])) } : null),
  (lines, at) => {
    // The first line always belongs to the paragraph: no other reader has taken it.
    const said = [lines[at], ...run(lines, at + 1, (line) => !isOther(line))];
    return { length: said.length, view: h("p", {}, broken(said.map(inline))) };
  },
];

function item([, spaces, number, ticked, text]) {
  const box = ticked === undefined ? null : ticked === " " ? "☐ " : "☑ ";
  const said = h("li", {}, box, inline(text));
  const list = number ? h("ol", { class: "slack-list", start: number }, said) : h("ul", { class: "slack-list" }, said);
  const indent = Math.floor(spaces.length / SPACES_PER_INDENT);
  list.style.marginInlineStart = `${indent * INDENT_PX}px`;
  if (!number) list.style.listStyleType = BULLETS[indent % BULLETS.length];
  return list;
}

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(withEmoji(text.slice(end, found.index)), marked(found));
    end = found.index + found[0].length;
  }
  nodes.push(withEmoji(text.slice(end)));
  return nodes.filter((node) => node !== "");
}

function marked({ 0: written, groups }) {
  const { code, label, target, url, strong, strong2, strike, italic, italic2 } = groups;
  if (code !== undefined) return h("code", { class: "slack-code" }, code);
  if (target !== undefined) return safeUrl(target) ? link(target, label || target) : written;
  if (url !== undefined) return link(url);
  if (strong ?? strong2) return h("strong", {}, inline(strong ?? strong2));
  if (strike) return h("s", {}, inline(strike));
  return h("em", {}, inline(italic ?? italic2));
}
