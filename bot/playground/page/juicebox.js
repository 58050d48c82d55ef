// Plays Juicebox: buttons, an editor for the JSON, and what the webhook answered.

import { answerView } from "./answer.js";
import { h } from "./dom.js";
import { mountEditor } from "./editor.js";

const TRICKS = [
  ["duplicate", "Send again", "The last event once more, as it was: nobody is told twice."],
  ["bad_signature", "Bad signature", "Signed with another secret: refused before anything is read."],
  ["unknown", "Unknown type", "A type that no handler knows: kept, and nobody is told."],
  ["burst", "Burst of 50", "Fifty events at once: Slack takes one message a second and channel."],
  ["hostile", "Hostile payload", "Markup of every kind in the data: it is shown as text."],
];
const MOST_ANSWERS = 100;
const EDITED = "From the editor";

export function mount(root, page) {
  const editor = mountEditor(page);
  const send = (what) => page.post("/send", { what });
  const { answers, empty } = answerList(page, editor);
  const events = page.hello.samples.map(({ type }) => sender(type, () => send(type)));
  const tricks = TRICKS.map(([what, label, title]) => sender(label, () => send(what), title));
  root.append(
    h("div", { class: "panel-head" }, h("h2", {}, "Juicebox"), h("span", { class: "panel-note" }, "sends the events")),
    h("div", { class: "panel-body" },
      h("div", { class: "senders", role: "group", "aria-label": "Send an event" }, events),
      h("div", { class: "senders is-tricks", role: "group", "aria-label": "Send something odd" }, tricks),
      editor.element,
      h("h3", {}, "What the webhook answered"),
      empty,
      answers,
    ),
  );
}

const sender = (label, onclick, title = null) => h("button", { type: "button", onclick, title }, label);

function answerList(page, editor) {
  const answers = h("ol", { class: "answers", "aria-label": "Answers of the webhook" });
  const empty = h("p", { class: "hint" }, "Press a button above: the event is signed, and posted to the webhook.");
  const shown = new Map();
  page.on("answer", (record) => {
    empty.hidden = true;
    const view = answerView(record, page);
    const before = shown.get(record.n);
    if (before) {
      view.querySelector("details").open = before.querySelector("details").open;
      before.replaceWith(view);
    } else answers.prepend(view);
    shown.set(record.n, view);
    while (answers.children.length > MOST_ANSWERS) answers.lastChild.remove();
    if (record.attempt === 1 && record.label !== EDITED) editor.show(record.request_body);
  });
  return { answers, empty };
}
