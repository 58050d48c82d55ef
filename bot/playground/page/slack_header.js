// The line above a channel's messages: where the reader is.

import { fill, h } from "./dom.js";
import { avatar } from "./slack_message.js";
import { signOf } from "./slack_sidebar.js";

/** `draw(channel)`; without a channel it is the Home tab of `bot`. */
export function channelHeader(bot) {
  const element = h("header", { class: "slack-channel" });
  const app = { bot: true, name: bot.name };

  function draw(channel) {
    if (channel && !channel.direct) {
      fill(element, h("h3", { class: "slack-title" }, h("span", { class: "slack-sign", "aria-hidden": "true" }, signOf(channel)), channel.name));
      return;
    }
    const name = channel?.name ?? bot.name;
    fill(element,
      h("h3", { class: "slack-title" }, avatar(app), name, h("span", { class: "slack-app" }, "APP")),
      h("p", { class: "slack-tab" }, channel ? "Messages" : "Home"));
  }
  return { element, draw };
}
