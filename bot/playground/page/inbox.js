// The inbox: a list of the mails that the SMTP server accepted, and the selected one.

import { h } from "./dom.js";
import { mailView } from "./mail.js";
import { clock } from "./time.js";

const BATCH_MS = 100;

export function mount(root, page) {
  const mails = new Map();
  const view = mailView(page);
  const rows = rowList((n) => choose(n));
  const hint = h("p", { class: "empty" },
    h("strong", {}, "Mails appear here"),
    h("span", {}, "Send an event to see the emails that recruiters and operators get."));
  root.append(h("div", { class: "panel-head" }, h("h2", {}, "Inbox"), rows.count), hint, rows.element, view.element);

  let chosen = false;
  const open = (n) => {
    rows.open(n);
    view.show(mails.get(n));
  };
  const choose = (n) => {
    chosen = true;
    open(n);
    page.focusEvent(mails.get(n).event_id, { quiet: true });
  };
  const openLatest = debounced(() => {
    if (!chosen) open(Math.max(...mails.keys()));
  });
  page.on("mail", (mail) => {
    if (mails.has(mail.n)) return; // sent again after a reconnect
    hint.hidden = true;
    mails.set(mail.n, mail);
    rows.add(mail);
    openLatest();
  });
}

/** The list of mails, and how many of them are unread. */
function rowList(choose) {
  const rows = new Map();
  const unread = new Set();
  let opened = null;
  const count = h("span", { class: "inbox-count", role: "status" });
  const element = h("ul", { class: "mail-list", "aria-label": "Mails, latest first" });
  const update = () => (count.textContent = unread.size ? `${unread.size} unread` : "");
  return {
    element,
    count,
    add(mail) {
      const row = rowOf(mail, () => choose(mail.n));
      rows.set(mail.n, row);
      unread.add(mail.n);
      element.prepend(h("li", {}, row));
      update();
    },
    open(n) {
      rows.get(opened)?.setAttribute("aria-pressed", "false");
      opened = n;
      const row = rows.get(n);
      row.setAttribute("aria-pressed", "true");
      row.classList.remove("is-unread");
      row.querySelector(".mail-row-unread")?.remove();
      unread.delete(n);
      update();
    },
  };
}

/** Debounce: fifty mails that arrive together open one of them, not fifty. */
function debounced(act) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(act, BATCH_MS);
  };
}

const BLOCKS = /[\u2580-\u259f]+/g;

/** The first lines after the subject, without bars drawn in block characters. */
function snippetOf({ text, subject }) {
  const lines = text.split("\n").map((line) => line.replace(BLOCKS, "").trim());
  return lines.filter((line) => line && line !== subject).slice(0, 3).join(" · ");
}

const nameOf = (from) => from.split("<")[0].replaceAll('"', "").trim() || from;

function rowOf(mail, onclick) {
  return h("button", { type: "button", class: "mail-row is-unread", onclick, "aria-pressed": "false" },
    h("span", { class: "mail-row-way" },
      h("span", { class: "mail-row-unread sr-only" }, "Unread, "),
      h("span", { class: "mail-row-from" }, nameOf(mail.from)),
      ` to ${mail.to.join(", ")}`),
    h("time", { class: "mail-row-at" }, clock(mail.at)),
    h("span", { class: "mail-row-what" },
      h("span", { class: "mail-row-subject" }, mail.subject),
      h("span", { class: "mail-row-snippet" }, ` ${snippetOf(mail)}`)));
}
