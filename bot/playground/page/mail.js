// One mail: rendered at two widths and in two schemes, its text, headers and source.

import { fill, h } from "./dom.js";

const WIDTHS = { Desktop: 640, Phone: 375 };
const CHOICES = {
  kind: ["View", ["HTML", "Text", "Headers", "Source"]],
  width: ["Width", Object.keys(WIDTHS)],
  scheme: ["Color scheme", ["Light", "Dark"]],
};
const BODIES = { HTML: framed, Text: plain, Headers: headers, Source: source };

export function mailView(page) {
  const choice = { kind: "HTML", width: "Desktop", scheme: "Light" };
  let mail = null;
  const head = h("header", { class: "mail-head" });
  const body = h("div", { class: "mail-body" });
  const draw = () => {
    fill(body, BODIES[choice.kind](mail, choice));
    fit(body, choice);
  };
  const tools = toolsOf(choice, draw);
  const element = h("article", { class: "mail", "aria-label": "Mail", hidden: true }, head, tools, body);
  new ResizeObserver(() => fit(body, choice)).observe(body);
  return {
    element,
    show(shown) {
      mail = shown;
      element.hidden = false;
      fill(head, headOf(mail, page));
      draw();
    },
  };
}

const headOf = (mail, page) => [
  h("h3", { title: mail.subject }, mail.subject),
  h("p", { class: "mail-envelope", title: `${mail.from} to ${mail.to.join(", ")}` },
    h("span", {}, "from "), mail.from, h("span", {}, " to "), mail.to.join(", ")),
  mail.event_id
    ? h("button", { type: "button", class: "as-link", onclick: () => page.focusEvent(mail.event_id) }, "Timeline")
    : null,
];

/** Buttons that change the choice; width and scheme apply to the HTML only. */
function toolsOf(choice, draw) {
  const tools = h("div", { class: "mail-tools", "data-kind": choice.kind });
  for (const [name, [label, values]] of Object.entries(CHOICES)) {
    const buttons = values.map((value) => toolOf(name, value, () => set(name, value)));
    tools.append(h("div", { class: `segments is-${name}`, role: "group", "aria-label": label }, buttons));
    press(buttons, choice[name]);
  }
  function set(name, value) {
    choice[name] = value;
    tools.dataset.kind = choice.kind;
    press([...tools.querySelectorAll(`.is-${name} button`)], value);
    draw();
  }
  return tools;
}

const toolOf = (name, value, onclick) =>
  name === "kind"
    ? h("button", { type: "button", onclick }, value)
    : h("button", { type: "button", title: value, "data-icon": value.toLowerCase(), onclick }, h("span", { class: "sr-only" }, value));

function press(buttons, value) {
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === value));
}

function framed(mail, { width, scheme }) {
  return h("iframe", {
    title: `${mail.subject}, rendered`,
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
    class: `is-${scheme.toLowerCase()}`,
    src: `/mails/${mail.n}.html?scheme=${scheme.toLowerCase()}`,
    width: String(WIDTHS[width]),
  });
}

function plain(mail) {
  return h("pre", { class: "mail-text", tabindex: "0", "aria-label": "Text of the mail" }, mail.text);
}

function headers(mail) {
  const rows = mail.headers.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  return h("div", { class: "mail-headers", tabindex: "0", role: "region", "aria-label": "Headers of the mail" }, h("dl", {}, rows));
}

function source(mail) {
  const address = `/mails/${mail.n}.eml`;
  const text = h("pre", { tabindex: "0", "aria-label": "Source of the mail" }, "…");
  fetch(address).then((response) => response.text()).then(
    (raw) => (text.textContent = raw),
    () => (text.textContent = "The playground does not respond."),
  );
  return h("div", { class: "mail-source" },
    h("p", {},
      h("a", { href: address, target: "_blank", rel: "noopener" }, "Open the raw message"),
      ` (${mail.size.toLocaleString()} bytes)`),
    text);
}

/** Scale down a mail that is wider than the panel, as mail programs do on small screens. */
function fit(body, { width }) {
  const frame = body.querySelector("iframe");
  if (!frame) return;
  const room = body.clientWidth;
  const scale = Math.min(1, room / WIDTHS[width]);
  frame.style.transform = `scale(${scale})`;
  frame.style.height = `${body.clientHeight / scale}px`;
  frame.style.left = `${Math.max(0, (room - WIDTHS[width]) / 2)}px`;
}
