// Renders mrkdwn within one line.
// https://docs.slack.dev/messaging/formatting-message-text
//
// A scanner rather than one regular expression, so that hostile input takes linear time.

import { h } from "./dom.js";
import { emojiNamed } from "./emoji.js";
import { entityView, mention } from "./mrkdwn_entity.js";
import { link } from "./links.js";
import { unescape } from "./slack_text.js";

const TAGS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const ENTITY = /<([^<>\n]+)>/y;
const CODE = /`([^`\n]+)`/y;
const EMOJI = /:([a-z0-9_+-]+):/y;
const URL_LIKE = /https?:\/\/(?:(?!&[lg]t;)[^\s<>|])+/iy;
const MAIL_LIKE = /[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/y;
const CHANNEL_LIKE = /#([\p{L}\p{N}_-]+)/uy;
const READERS = new Map([
  ["<", { pattern: ENTITY, view: entityView }],
  ["`", { pattern: CODE, view: (code) => h("code", { class: "slack-code" }, unmarked(code)) }],
  [":", { pattern: EMOJI, view: emojiNamed }],
]);
const TRAILING = /[.,;:!?'"\]}*_~]+$/;

const isWord = (character) => character !== undefined && WORD.test(character);
const isSpace = (character) => character === undefined || /\s/.test(character);

/** Render one line; `reading.within` has the enclosing marks. */
export function marked(line, reading) {
  const nodes = [];
  const unclosed = new Set();
  let plain = "";
  let at = 0;
  while (at < line.length) {
    const found = spanAt(line, at, reading) ?? automaticAt(line, at, reading) ?? pairAt(line, at, reading, unclosed);
    if (!found) {
      plain += line[at++];
      continue;
    }
    if (plain) nodes.push(unescape(plain));
    plain = "";
    nodes.push(found.node);
    at = found.end;
  }
  return plain ? [...nodes, unescape(plain)] : nodes;
}

/** Replace links and mentions in code by their labels. */
export const unmarked = (code) =>
  unescape(code.replace(/<((?:https?:|mailto:|[@#!])[^<>|\n]*)(?:\|([^<>\n]*))?>/g, (_, target, label) => label || target));

function found(pattern, line, at) {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

function spanAt(line, at, { names }) {
  const read = READERS.get(line[at]);
  const match = read && found(read.pattern, line, at);
  const node = match && read.view(match[1], names);
  return node ? { node, end: at + match[0].length } : null;
}

/** Automatic links, unless the text is `verbatim`: URLs, mail addresses and channel names. */
function automaticAt(line, at, { names, verbatim }) {
  if (verbatim || isWord(line[at - 1])) return null;
  const url = found(URL_LIKE, line, at)?.[0];
  if (url) return addressView(url.includes("(") ? url : url.replace(/\)+[.,;:!?]*$/, ""), at);
  const mail = found(MAIL_LIKE, line, at)?.[0];
  if (mail) return { node: link(`mailto:${mail}`, mail), end: at + mail.length };
  const channel = found(CHANNEL_LIKE, line, at);
  const id = channel && names.channelNamed?.(channel[1]);
  return id ? { node: mention(`#${channel[1]}`, { open: names.open && (() => names.open(id)) }), end: at + channel[0].length } : null;
}

function addressView(written, at) {
  const url = written.replace(TRAILING, "");
  return { node: link(unescape(url)), end: at + url.length };
}

/** `*bold*`, `_italic_`, `~strike~`: at word boundaries only, and never nested in themselves. */
function pairAt(line, at, reading, unclosed) {
  const mark = line[at];
  if (!Object.hasOwn(TAGS, mark) || reading.within.includes(mark) || unclosed.has(mark)) return null;
  const opens = !isWord(line[at - 1]) && line[at - 1] !== mark && !isSpace(line[at + 1]) && line[at + 1] !== mark;
  if (!opens) return null;
  const end = closing(line, at);
  if (end < 0) {
    // No later mark of this kind can close either; without this, a row of marks takes quadratic time.
    unclosed.add(mark);
    return null;
  }
  const inner = marked(line.slice(at + 1, end), { ...reading, within: reading.within + mark });
  return { node: h(TAGS[mark], {}, inner), end: end + 1 };
}

function closing(line, from) {
  const mark = line[from];
  for (let at = from + 1; at < line.length; at++) {
    const opaque = found(ENTITY, line, at) ?? found(CODE, line, at);
    if (opaque) at += opaque[0].length - 1;
    else if (line[at] === mark && !isSpace(line[at - 1]) && line[at + 1] !== mark && !isWord(line[at + 1])) return at;
  }
  return -1;
}
