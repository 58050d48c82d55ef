// An editor for an event as JSON, which is checked while typing, then signed and sent.

import { h } from "./dom.js";
import { findError } from "./json_check.js";

/** The editor; `show` replaces its text, unless it has the focus. */
export function mountEditor(page) {
  const message = h("span", {});
  const goTo = h("button", { type: "button", class: "as-link", hidden: true }, "Go to the error");
  const text = h("textarea", {
    id: "editor",
    rows: 10,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-describedby": "editor-message",
  });
  const fresh = h("input", { type: "checkbox", id: "fresh", checked: true });

  const check = () => {
    const error = findError(text.value);
    message.textContent = error.message;
    goTo.hidden = error.at === null;
    text.setAttribute("aria-invalid", String(Boolean(error.message)));
    return error;
  };
  const send = () => page.post("/send", { body: text.value, fresh: fresh.checked });
  const format = () => {
    if (!check().message) text.value = JSON.stringify(JSON.parse(text.value), null, 2);
  };
  goTo.addEventListener("click", () => {
    const { at } = findError(text.value);
    text.focus();
    text.setSelectionRange(at, at + 1);
  });
  text.addEventListener("input", check);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  });

  const show = (body) => {
    if (document.activeElement === text) return;
    text.value = body;
    check();
  };
  show(firstOf(page.hello.samples));
  return { element: frame({ text, message, goTo, fresh, send, format }), show };
}

const frame = ({ text, message, goTo, fresh, send, format }) =>
  h("div", { class: "editor" },
    h("div", { class: "editor-head" },
      h("label", { for: "editor" }, "Event"),
      h("button", { type: "button", class: "as-link", onclick: format }, "Format")),
    text,
    h("p", { class: "editor-message", id: "editor-message", role: "status" }, message, " ", goTo),
    h("label", { class: "editor-fresh", for: "fresh" }, fresh, "New id and timestamp each time"),
    h("button", { type: "button", class: "is-main", onclick: send, "aria-keyshortcuts": "Control+Enter Meta+Enter" },
      "Sign and send", h("kbd", { "aria-hidden": "true" }, "Ctrl ↵")));

function firstOf([{ type, data }]) {
  return JSON.stringify({ id: "evt_…", type, timestamp: new Date().toISOString(), data }, null, 2);
}
