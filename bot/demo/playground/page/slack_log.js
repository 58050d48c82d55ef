// The messages of one channel, in their order, with the replies below the message that they answer.

import { h } from "./dom.js";
import { dayOf, goesOn, messageView } from "./slack_message.js";

const NEAR_THE_END = 80;

/** A list that `draw` fills; it stays where the reader is, and follows the end if that is there. */
export function messageLog(dress) {
  const element = h("div", { class: "slack-log", role: "log", "aria-label": "Messages", tabindex: "0" });
  let drawn = new Map();

  const viewOf = (message, grouped, kept) => {
    const key = `${message.ts}${grouped}`;
    const known = drawn.get(key);
    const view = known?.message === message ? known.view : messageView(message, { ...dress, grouped });
    kept.set(key, { message, view });
    return view;
  };

  function draw(messages) {
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END;
    const kept = new Map();
    const { top, replies } = threads(messages);
    const nodes = [];
    top.forEach((message, index) => {
      const before = top[index - 1];
      const day = dayOf(message);
      const newDay = !before || dayOf(before) !== day;
      if (newDay) nodes.push(h("p", { class: "slack-day" }, h("span", {}, day)));
      nodes.push(viewOf(message, !newDay && goesOn(message, before), kept));
      const answers = replies.get(message.ts) ?? [];
      if (answers.length) nodes.push(threadView(message, answers, element, (reply) => viewOf(reply, false, kept)));
    });
    if (top.length === 0) nodes.push(h("p", { class: "hint" }, "What the bot posts appears here. Type /juicebox status to ask it."));
    drawn = kept;
    place(element, nodes);
    if (atEnd) element.scrollTop = element.scrollHeight;
  }

  return { element, draw, toEnd: () => (element.scrollTop = element.scrollHeight) };
}

/** Put the nodes there without touching those that are in their place: a focus stays where it is. */
function place(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

function threads(messages) {
  const known = new Set(messages.map(({ ts }) => ts));
  const isReply = ({ thread_ts, ts }) => thread_ts && thread_ts !== ts && known.has(thread_ts);
  const replies = new Map();
  for (const message of messages.filter(isReply)) {
    replies.set(message.thread_ts, [...(replies.get(message.thread_ts) ?? []), message]);
  }
  return { top: messages.filter((message) => !isReply(message)), replies };
}

function threadView(message, replies, log, viewOf) {
  const open = log.querySelector(`details[data-thread="${CSS.escape(message.ts)}"]`)?.open ?? false;
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return h("details", { class: "slack-thread", "data-thread": message.ts, open },
    h("summary", {}, count), replies.map(viewOf));
}
