// Simulated failures around the bot, and their current state.

import { fill, h } from "./dom.js";
import { processGroup, faultGroup } from "./failure_groups.js";

const CALLS = [["1", "next call"], ["2", "next 2 calls"], ["5", "next 5 calls"], ["", "until cleared"]];
const NONE = { what: "Everything works.", why: "Make something fail, and see in the event timeline how the bot recovers." };
const NO_FAILURES = { slack: { fault: "none" }, smtp: { fault: "none" }, worker: "running", redis: "running" };

export function mount(root, page) {
  const now = h("span", { class: "failures-now", role: "status" });
  const hint = h("span", { class: "failures-hint", "aria-hidden": "true" });
  const clear = h("button", { type: "button", class: "failures-clear", hidden: true, onclick: () => page.post("/failures", NO_FAILURES) }, "Clear all");
  const calls = h("select", { id: "calls" },
    CALLS.map(([value, label]) => h("option", { value, selected: value === "2" }, label)));
  const forCalls = () => (calls.value ? Number(calls.value) : null);
  const groups = [
    faultGroup("slack", "Slack", page, forCalls),
    faultGroup("smtp", "Mail", page, forCalls),
    processGroup("worker", page),
    processGroup("redis", page),
  ];
  const [slack, mail, worker, redis] = groups.map(({ element }) => element);
  const lasting = h("label", { class: "failures-for", for: "calls" }, "for the ", calls);
  const controls = h("div", { class: "failures-controls", id: "failures-controls" }, slack, mail, lasting, worker, redis);
  const head = h("div", { class: "failures-head" },
    h("h2", {}, "Simulate failures"), h("p", { class: "failures-status" }, hint, now), clear, folder(root));
  root.append(head, controls);
  explain(controls, hint);

  page.on("failures", (record) => {
    const active = groups.map((group) => group.update(record)).filter(Boolean);
    fill(now, (active.length ? active : [NONE]).map(({ what, why }) => [what, " ", h("span", { class: "failures-why" }, why), " "]));
    now.title = now.textContent;
    root.classList.toggle("is-bad", active.length > 0);
    clear.hidden = active.length === 0;
  });
}

/** Show what a button does while it is hovered or has the focus. */
function explain(controls, hint) {
  const show = ({ target }) => (hint.textContent = target.closest("[data-explanation]")?.dataset.explanation ?? "");
  const hide = () => (hint.textContent = "");
  controls.addEventListener("pointerover", show);
  controls.addEventListener("pointerleave", hide);
  controls.addEventListener("focusin", ({ target }) => target.matches(":focus-visible") && show({ target }));
  controls.addEventListener("focusout", hide);
}

/** On a phone the buttons are hidden until they are opened. */
function folder(root) {
  const button = h("button", { type: "button", class: "failures-fold", "aria-expanded": "false", "aria-controls": "failures-controls" }, "Change");
  button.addEventListener("click", () => {
    const open = root.classList.toggle("is-open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Done" : "Change";
  });
  return button;
}
