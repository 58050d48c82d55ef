// One mail: as a mail program shows it, at two widths and in two schemes, and what it is made of.

import { fill, h } from "./dom.js";

const WIDTHS = { Desktop: 640, Phone: 375 };
const KINDS = ["HTML", "Text", "Headers", "Source"];

export function mailView(page) {
  const choice = { kind: "HTML", width: "Desktop", scheme: "Light", mail: null };
  const element = h("article", { class: "mail", "aria-label": "The opened mail", hidden: true });
  const head = h("header", { class: "mail-head" });
  const tools = h("div", { class: "mail-tools" });
  const body = h("div", { class: "mail-body" });
  element.append(head, tools, body);

  const draw = () => {
    if (!choice.mail) return;
    fill(head, headOf(choice.mail, page));
    fill(tools, toolsOf(choice, set));
    fill(body, bodyOf(choice));
    fit(body, choice);
  };
  const set = (name, value) => {
    choice[name] = value;
    draw();
    tools.querySelector(`[data-key="${name}-${value}"]`)?.focus();
  };
  new ResizeObserver(() => fit(body, choice)).observe(body);
  return {
    element,
    show(mail) {
      element.hidden = false;
      choice.mail = mail;
      draw();
    },
  };
}

const headOf = (mail, page) => [
  h("h3", {}, mail.subject),
  h("p", {}, h("span", {}, `${mail.from} to ${mail.to.join(", ")}`),
    mail.event_id
      ? h("button", { type: "button", class: "as-link", onclick: () => page.focusEvent(mail.event_id) }, "its trail")
      : null),
];

function toolsOf(choice, set) {
  const group = (label, name, values) =>
    h("div", { class: "segments", role: "group", "aria-label": label }, values.map((value) =>
      h("button", {
        type: "button",
        "data-key": `${name}-${value}`,
        "aria-pressed": String(choice[name] === value),
        onclick: () => set(name, value),
      }, value)));
  return [
    group("What to show", "kind", KINDS),
    choice.kind === "HTML" ? group("Width", "width", Object.keys(WIDTHS)) : null,
    choice.kind === "HTML" ? group("Scheme", "scheme", ["Light", "Dark"]) : null,
  ];
}

function bodyOf({ kind, width, scheme, mail }) {
  if (kind === "HTML") {
    return h("iframe", {
      title: `${mail.subject}, as a mail program shows it`,
      sandbox: "allow-popups allow-popups-to-escape-sandbox",
      src: `/mails/${mail.n}.html?scheme=${scheme.toLowerCase()}`,
      width: String(WIDTHS[width]),
    });
  }
  if (kind === "Text") return h("pre", { class: "mail-text", tabindex: "0" }, mail.text);
  if (kind === "Headers") return headersOf(mail);
  return h("p", { class: "mail-source" },
    h("a", { href: `/mails/${mail.n}.eml`, target: "_blank", rel: "noopener" }, "The mail as it came, to the byte"),
    ` (${mail.size.toLocaleString()} bytes)`);
}

const headersOf = (mail) =>
  h("dl", { class: "mail-headers", tabindex: "0" },
    mail.headers.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

/** A mail that is wider than the panel is made smaller, as a mail program on a small screen does. */
function fit(body, { kind, width }) {
  const frame = body.querySelector("iframe");
  if (kind !== "HTML" || !frame) return;
  const scale = Math.min(1, body.clientWidth / WIDTHS[width]);
  frame.style.transform = `scale(${scale})`;
  frame.style.height = `${body.clientHeight / scale}px`;
  frame.style.marginInlineStart = `${Math.max(0, (body.clientWidth - WIDTHS[width]) / 2)}px`;
}
