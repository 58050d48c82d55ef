// Plays Juicebox: buttons, an editor for the JSON, and what the webhook answered.

import { answerView } from "./answer.js";
import { h } from "./dom.js";

const TRICKS = [
  ["duplicate", "Send again", "The last event once more, as it was: nobody is told twice."],
  ["bad_signature", "Bad signature", "Signed with another secret: refused before anything is read."],
  ["unknown", "Unknown type", "A type that no handler knows: kept, and nobody is told."],
  ["burst", "Burst of 50", "Fifty events at once: Slack takes one message a second and channel."],
  ["hostile", "Hostile payload", "Markup of every kind in the data: it is shown as text."],
];
const MOST_ANSWERS = 100;

export function mount(root, page) {
  const editor = mountEditor(page);
  const send = (what) => page.post("/send", { what });
  const answers = h("ol", { class: "answers", "aria-label": "Answers of the webhook" });
  const empty = h("p", { class: "hint" }, "Press a button: the event is signed, and posted to the webhook.");
  root.append(
    h("h2", {}, "Juicebox"),
    h("div", { class: "senders" }, page.hello.samples.map(({ type }) => sender(type, () => send(type)))),
    h("div", { class: "senders is-tricks" }, TRICKS.map(([what, label, title]) => sender(label, () => send(what), title))),
    editor.element,
    h("h3", {}, "What the webhook answered"),
    empty,
    answers,
  );

  const shown = new Map();
  page.on("answer", (record) => {
    empty.hidden = true;
    const view = answerView(record, page);
    if (shown.has(record.n)) shown.get(record.n).replaceWith(view);
    else answers.prepend(view);
    shown.set(record.n, view);
    while (answers.children.length > MOST_ANSWERS) answers.lastChild.remove();
    if (record.attempt === 1 && record.label !== "From the editor") editor.show(record.request_body);
  });
}

const sender = (label, onclick, title = null) => h("button", { type: "button", onclick, title }, label);

/** The editor; `show` puts a body into it, unless somebody is writing there. */
function mountEditor(page) {
  const first = page.hello.samples[0];
  const says = h("p", { class: "editor-says", id: "editor-says", role: "status" });
  const text = h("textarea", {
    id: "editor",
    rows: 6,
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": "editor-says",
  });
  const fresh = h("input", { type: "checkbox", id: "fresh", checked: true });
  const check = () => {
    const wrong = whatIsWrong(text.value);
    says.textContent = wrong;
    text.setAttribute("aria-invalid", String(Boolean(wrong)));
    return !wrong;
  };
  const show = (body) => {
    if (document.activeElement === text) return;
    text.value = body;
    check();
  };
  const send = () => page.post("/send", { body: text.value, fresh: fresh.checked });
  const format = () => check() && (text.value = JSON.stringify(JSON.parse(text.value), null, 2));
  text.addEventListener("input", check);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  });
  show(JSON.stringify({ id: "evt_…", type: first.type, timestamp: new Date().toISOString(), data: first.data }, null, 2));
  const element = h("div", { class: "editor" },
    h("label", { for: "editor" }, "Event"),
    text,
    says,
    h("label", { class: "editor-fresh", for: "fresh" }, fresh, " New id and time for each send"),
    h("div", { class: "editor-buttons" },
      h("button", { type: "button", class: "is-main", onclick: send, title: "Ctrl+Enter" }, "Sign and send"),
      h("button", { type: "button", onclick: format }, "Format"),
    ),
  );
  return { element, show };
}

/** Empty, or why this is no event; it can be sent all the same. */
function whatIsWrong(text) {
  try {
    const given = JSON.parse(text);
    return typeof given === "object" && given !== null ? "" : "An event is a JSON object.";
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}
