// The header above the messages: the channel's name.

import { fill, h } from "./dom.js";
import { avatar } from "./slack_message.js";
import { signOf } from "./slack_sidebar.js";

/** `draw(channel)` shows a channel; without one, the Home tab of `bot`. */
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
