// Suggestions while a slash command is typed.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { fill, h } from "./dom.js";

const COMMANDS = [
  { command: "/juicebox status", argument: " [event id]", description: "How things stand, or one event in detail" },
  { command: "/juicebox subscribe ", argument: "<types|all> [query:\"words\"] [min:N] [me|email]", description: "Have this channel, or yourself, get more" },
  { command: "/juicebox unsubscribe ", argument: "<types|all|number> [me|email]", description: "Have this channel, or yourself, get less" },
  { command: "/juicebox subscriptions", argument: "", description: "What this channel and you get, and why" },
  { command: "/juicebox mute ", argument: "<2h|until 9:00|until monday 9:00|forever> [types|id] [me]", description: "Have a break" },
  { command: "/juicebox unmute", argument: " [types|id] [me]", description: "End the break" },
  { command: "/juicebox quiet", argument: " <19:00-08:00> [weekends] | off", description: "Hold your own messages at night" },
  { command: "/juicebox why ", argument: "<event id, part of it, or words>", description: "Why a message came, or did not" },
  { command: "/juicebox exports", argument: "", description: "Recent exports that can be downloaded" },
  { command: "/juicebox failed", argument: "", description: "What could not be sent" },
  { command: "/juicebox retry ", argument: "<id|all>", description: "Send again what could not be sent" },
  { command: "/juicebox test", argument: "", description: "Send a sample to this channel" },
  { command: "/juicebox help", argument: " [command]", description: "This list, or one command in detail" },
];

/** The list above `input`; `onChoice` is called when a command was put into it. */
export function commandList(input, onChoice) {
  let shown = [];
  let at = 0;
  const list = h("ul", { class: "slack-commands", id: "slack-commands", role: "listbox", "aria-label": "Commands", hidden: true });
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) {
    input.setAttribute(name, value);
  }

  function show(commands, chosen = 0) {
    shown = commands;
    at = chosen;
    list.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    fill(list, shown.map((command, index) => optionView(command, index, () => choose(index))));
    mark();
  }
  function mark() {
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    if (list.hidden || at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[at].id);
  }
  function choose(index) {
    input.value = shown[index].command;
    close();
    input.focus();
    onChoice();
  }
  const close = () => show([]);

  input.addEventListener("input", () => {
    const text = input.value;
    const begun = text.startsWith("/") ? COMMANDS.filter(({ command }) => command.startsWith(text) && command !== text) : [];
    // Enter sends a complete command, even if a longer one begins with it.
    show(begun, COMMANDS.some(({ command }) => command === text) ? -1 : 0);
  });
  input.addEventListener("blur", close);
  close();

  /** Handle a key if it is for the list, and return whether it was. */
  function handleKey(event) {
    const act = list.hidden ? null : {
      ArrowDown: () => (at = (at + 1) % shown.length),
      ArrowUp: () => (at = (Math.max(at, 0) + shown.length - 1) % shown.length),
      Tab: at < 0 ? null : () => choose(at),
      Enter: at < 0 ? null : () => choose(at),
      Escape: close,
    }[event.key];
    if (!act || event.shiftKey) return false;
    event.preventDefault();
    act();
    mark();
    return true;
  }
  return { element: list, handleKey, close };
}

function optionView({ command, argument, description }, index, choose) {
  // The input keeps the focus: mousedown must not take it away before the click.
  const attributes = { role: "option", id: `slack-command-${index}`, onclick: choose, onmousedown: (event) => event.preventDefault() };
  return h("li", attributes, h("span", {}, h("strong", {}, command), argument ? h("em", {}, argument) : null), h("small", {}, description));
}
