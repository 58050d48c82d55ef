// The message box: Enter sends, ArrowUp recalls earlier messages, `/` shows the commands.

import { h } from "./dom.js";
import { commandList } from "./slack_commands.js";

const MAX_LENGTH = "4000";

/** `send(text)` resolves to null if it failed; the text is then restored. */
export function composer(send) {
  const past = [];
  let place = 0;
  const input = h("input", { class: "slack-input", autocomplete: "off", enterkeyhint: "send", maxlength: MAX_LENGTH });
  const button = h("button", { type: "submit", class: "slack-send", "aria-label": "Send", disabled: true }, "➤");
  const commands = commandList(input, () => changed());
  const element = h("form", { class: "slack-box" },
    commands.element,
    h("div", { class: "slack-typing" }, input, button),
    h("p", { class: "slack-tip" }, h("kbd", {}, "/"), " for the bot's commands · ", h("kbd", {}, "Enter"), " sends"));

  function changed() {
    button.disabled = !input.value.trim();
  }

  function write(text) {
    input.value = text;
    input.setSelectionRange(text.length, text.length);
    changed();
  }

  function recall(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isRecalled = input.value === (past[place] ?? "");
    if (!step || !isRecalled) return;
    event.preventDefault();
    place = Math.max(0, Math.min(past.length, place + step));
    write(past[place] ?? "");
  }

  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    if (past.at(-1) !== text) past.push(text);
    place = past.length;
    write("");
    commands.close();
    if ((await send(text)) === null && !input.value) write(text);
  });
  input.addEventListener("input", changed);
  input.addEventListener("keydown", (event) => {
    if (!event.isComposing && !commands.handleKey(event)) recall(event);
  });

  /** Set the channel that messages are sent to. */
  function setChannel({ direct, name }) {
    input.placeholder = `Message ${direct ? "" : "#"}${name}`;
    input.setAttribute("aria-label", input.placeholder);
  }
  return { element, setChannel };
}
