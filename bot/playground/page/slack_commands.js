// What Slack shows while a slash command is typed: the commands that begin like that.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { fill, h } from "./dom.js";

const COMMANDS = [
  { writes: "/juicebox status", takes: "", says: "How things stand, and what happened lately" },
  { writes: "/juicebox status ", takes: "<event id>", says: "One event's whole way" },
  { writes: "/juicebox help", takes: "", says: "What the bot can be asked" },
];

/** The list above `input`; `written` is called when a command was written into it. */
export function commandList(input, written) {
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
    input.value = shown[index].writes;
    close();
    input.focus();
    written();
  }
  const close = () => show([]);

  input.addEventListener("input", () => {
    const text = input.value;
    const begun = text.startsWith("/") ? COMMANDS.filter(({ writes }) => writes.startsWith(text) && writes !== text) : [];
    // What is complete already is sent by Enter, though it may be the beginning of something longer.
    show(begun, COMMANDS.some(({ writes }) => writes === text) ? -1 : 0);
  });
  input.addEventListener("blur", close);
  close();

  /** Whether the key that was pressed is for the list. */
  function take(event) {
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
  return { element: list, take, close };
}

function optionView({ writes, takes, says }, index, choose) {
  // The box keeps the focus: a press on the list must not take it away before it is a click.
  const attributes = { role: "option", id: `slack-command-${index}`, onclick: choose, onmousedown: (event) => event.preventDefault() };
  return h("li", attributes, h("span", {}, h("strong", {}, writes), takes ? h("em", {}, takes) : null), h("small", {}, says));
}
