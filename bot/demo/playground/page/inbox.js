// The inbox: a list of the mails that the real SMTP server took in, and one of them, opened.

import { fill, h } from "./dom.js";
import { mailView } from "./mail.js";
import { clock } from "./time.js";

export function mount(root, page) {
  const rows = new Map();
  const mails = new Map();
  let opened = null;
  let chosen = false;
  const count = h("span", { class: "count", hidden: true });
  const hint = h("p", { class: "hint" }, "Mails appear here as soon as the mail server has taken them in.");
  const list = h("ul", { class: "mail-list", "aria-label": "Mails, the latest first" });
  const view = mailView(page);
  root.append(h("h2", {}, "Inbox ", count), hint, list, view.element);

  const tellCount = () => {
    const unread = list.querySelectorAll(".is-unread").length;
    count.hidden = unread === 0;
    count.textContent = `${unread} unread`;
  };
  const open = (n) => {
    opened = n;
    for (const [other, row] of rows) row.firstChild.setAttribute("aria-pressed", String(other === n));
    rows.get(n).firstChild.classList.remove("is-unread");
    view.show(mails.get(n));
    tellCount();
  };
  page.on("mail", (mail) => {
    hint.hidden = true;
    mails.set(mail.n, mail);
    const row = rowOf(mail, () => {
      chosen = true;
      open(mail.n);
      page.focusEvent(mail.event_id);
    });
    rows.set(mail.n, row);
    list.prepend(row);
    if (!chosen || opened === null) open(mail.n);
    tellCount();
  });
}

function rowOf(mail, onclick) {
  const snippet = mail.text.split("\n").filter((line) => line.trim()).slice(0, 3).join(" · ");
  return h("li", {},
    h("button", { type: "button", class: "mail-row is-unread", onclick, "aria-pressed": "false" },
      h("span", { class: "mail-row-to" }, mail.to.join(", ")),
      h("time", { class: "mail-row-at" }, clock(mail.at)),
      h("span", { class: "mail-row-subject" }, mail.subject),
      h("span", { class: "mail-row-snippet" }, snippet)));
}
