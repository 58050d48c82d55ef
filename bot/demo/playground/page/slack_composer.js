// Slack's message box: Enter sends, ArrowUp brings back what was typed before.

import { h } from "./dom.js";

const COMMANDS = ["/juicebox status", "/juicebox status <event id>", "/juicebox help"];

/** `send` gets what was typed. */
export function composer(send) {
  const past = [];
  let place = 0;
  const input = h("input", {
    id: "slack-box",
    class: "slack-input",
    autocomplete: "off",
    list: "slack-commands",
    enterkeyhint: "send",
  });
  const label = h("label", { class: "sr-only", for: "slack-box" });
  const element = h("form", { class: "slack-box" },
    label,
    input,
    h("datalist", { id: "slack-commands" }, COMMANDS.map((command) => h("option", { value: command }))),
    h("button", { type: "submit", class: "slack-send", "aria-label": "Send" }, "➤"));

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    past.push(text);
    place = past.length;
    input.value = "";
    send(text);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const recalled = input.value === past[place];
    if (!step || (input.value ? !recalled : step > 0)) return;
    event.preventDefault();
    place = Math.max(0, Math.min(past.length, place + step));
    input.value = past[place] ?? "";
  });

  function say(channel) {
    label.textContent = `Message ${channel}`;
    input.placeholder = `Message ${channel}, or /juicebox status`;
  }
  return { element, say };
}
