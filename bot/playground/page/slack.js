// The Slack panel: channels, their messages, the Home tab, modals and the message box.

import { blocksView } from "./block_kit.js";
import { fill, h } from "./dom.js";
import { keepingFocus, soon } from "./redraw.js";
import { channelHeader } from "./slack_header.js";
import { messageLog } from "./slack_log.js";
import { modalDialog } from "./slack_modal.js";
import { HOME, sidebar } from "./slack_sidebar.js";
import { composer } from "./slack_composer.js";

const MODAL = "modal";

export function mount(root, page) {
  const channels = new Map();
  const messages = new Map();
  const unread = new Map();
  let home = null;
  let drawnHome = null;
  let current = null;

  const names = namesOf(page.hello, channels, (id) => select(id));
  const press = (place, block, element, value) =>
    page.post("/slack/press", {
      channel: place.channel,
      ts: place.ts ?? null,
      block_id: block.block_id,
      action_id: element.action_id,
      value,
    });
  const log = messageLog({ names, press, focus: page.focusEvent });
  const side = sidebar(page.hello, (id) => select(id));
  const header = channelHeader(page.hello.bot);
  const homeView = h("div", { class: "slack-home", tabindex: "0", role: "region", "aria-label": "Home tab" });
  const modal = modalDialog(root, {
    names,
    press: (...pressed) => press({ channel: MODAL }, ...pressed),
    submit: (values) => page.post("/slack/submit", { values }),
    close: () => page.post("/slack/close", {}),
  });
  const box = composer((text) => page.post("/slack/say", { channel: current, text }));
  const main = h("div", { class: "slack-main" }, header.element, log.element, homeView, box.element);
  root.append(h("div", { class: "slack-frame" }, h("h2", { class: "sr-only" }, "Slack"), side.element, main));

  function select(id) {
    current = id;
    unread.delete(id);
    const isHome = id === HOME;
    log.element.hidden = box.element.hidden = isHome;
    homeView.hidden = !isHome;
    if (isHome) page.post("/slack/home", {});
    else log.toEnd();
    draw();
  }

  const draw = soon(() => {
    keepingFocus(root, () => {
      const channel = channels.get(current);
      header.draw(channel);
      side.draw({ channels, unread, current });
      if (current === HOME) drawHome();
      else if (channel) {
        box.setChannel(channel);
        log.draw([...(messages.get(current)?.values() ?? [])]);
      }
    });
  });

  /** Redraw it only when it was published: a picker that is open stays open. */
  function drawHome() {
    if (home && home === drawnHome) return;
    drawnHome = home;
    const empty = h("p", { class: "hint" }, "Loading the Home tab …");
    fill(homeView, home ? blocksView(home, names, (...pressed) => press({ channel: HOME }, ...pressed)) : empty);
  }

  page.on("channel", (channel) => {
    channels.set(channel.id, channel);
    if (current === null) select(channel.id);
    draw();
  });
  page.on("message", (message) => {
    const said = messages.get(message.channel) ?? new Map();
    messages.set(message.channel, said);
    const isNew = !said.has(message.ts) && !message.deleted;
    if (message.deleted) said.delete(message.ts);
    else said.set(message.ts, message);
    if (isNew && message.channel !== current) unread.set(message.channel, (unread.get(message.channel) ?? 0) + 1);
    draw();
  });
  page.on("home", ({ blocks }) => {
    home = blocks;
    draw();
  });
  page.on("modal", (shown) => modal.draw(shown));
}

/** Names for ids, as mrkdwn() needs them. */
function namesOf({ person, bot }, channels, open) {
  const people = new Map([person, bot].map(({ id, name }) => [id, name]));
  return {
    user: (id) => people.get(id) ?? id,
    isMe: (id) => id === person.id,
    channel: (id) => channels.get(id)?.name ?? id,
    channelNamed: (name) => [...channels.values()].find((channel) => !channel.direct && channel.name === name)?.id,
    open: (id) => channels.has(id) && open(id),
  };
}
