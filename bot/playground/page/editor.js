// An event as JSON, to be written by hand: it is checked while somebody types, signed and sent.

import { h } from "./dom.js";
import { whatIsWrong } from "./json_check.js";

/** The editor; `show` puts a body into it, unless somebody is writing there. */
export function mountEditor(page) {
  const says = h("span", {});
  const goThere = h("button", { type: "button", class: "as-link", hidden: true }, "Go there");
  const text = h("textarea", {
    id: "editor",
    rows: 10,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-describedby": "editor-says",
  });
  const fresh = h("input", { type: "checkbox", id: "fresh", checked: true });

  const check = () => {
    const wrong = whatIsWrong(text.value);
    says.textContent = wrong.says;
    goThere.hidden = wrong.at === null;
    text.setAttribute("aria-invalid", String(Boolean(wrong.says)));
    return wrong;
  };
  const send = () => page.post("/send", { body: text.value, fresh: fresh.checked });
  const format = () => {
    if (!check().says) text.value = JSON.stringify(JSON.parse(text.value), null, 2);
  };
  goThere.addEventListener("click", () => {
    const { at } = whatIsWrong(text.value);
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
  return { element: frame({ text, says, goThere, fresh, send, format }), show };
}

const frame = ({ text, says, goThere, fresh, send, format }) =>
  h("div", { class: "editor" },
    h("div", { class: "editor-head" },
      h("label", { for: "editor" }, "Event"),
      h("button", { type: "button", class: "as-link", onclick: format }, "Format")),
    text,
    h("p", { class: "editor-says", id: "editor-says", role: "status" }, says, " ", goThere),
    h("label", { class: "editor-fresh", for: "fresh" }, fresh, "New id and time for each send"),
    h("button", { type: "button", class: "is-main", onclick: send, "aria-keyshortcuts": "Control+Enter Meta+Enter" },
      "Sign and send", h("kbd", { "aria-hidden": "true" }, "Ctrl ↵")));

function firstOf([{ type, data }]) {
  return JSON.stringify({ id: "evt_…", type, timestamp: new Date().toISOString(), data }, null, 2);
}
