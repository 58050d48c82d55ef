// The replies to a message, behind a line with their number.

import { fill, h } from "./dom.js";
import { place } from "./redraw.js";
import { avatar, timeOf } from "./slack_message.js";
import { clock } from "./time.js";

/** `threads` keeps each thread's view, so that an open one stays open. */
export function threadView(threads, message, replies, viewOf) {
  const key = `${message.channel} ${message.ts}`;
  const thread = threads.get(key) ?? newThread(message.ts);
  threads.set(key, thread);
  const authors = new Map(replies.map((reply) => [reply.user, reply]));
  fill(thread.summary,
    [...authors.values()].map(avatar),
    h("span", { class: "slack-replies" }, replies.length === 1 ? "1 reply" : `${replies.length} replies`),
    h("span", { class: "slack-at" }, `Last reply at ${clock(timeOf(replies.at(-1)))}`));
  place(thread.list, replies.map((reply) => viewOf(reply, false)));
  return thread.item;
}

function newThread(ts) {
  const summary = h("summary");
  const list = h("ol", { class: "slack-messages" });
  const item = h("li", { class: "slack-thread" }, h("details", { "data-thread": ts }, summary, list));
  return { item, summary, list };
}
