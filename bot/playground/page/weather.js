// What can go wrong around the bot, switched by hand; it tells what it is like just now.

import { fill, h } from "./dom.js";
import { powerGroup, troubleGroup } from "./weather_groups.js";

const CALLS = [["1", "next call"], ["2", "next 2 calls"], ["5", "next 5 calls"], ["", "until cleared"]];
const FINE = { what: "Everything works.", why: "Make something fail here, and watch in Trails what the bot makes of it." };
const STEADY = { slack: { fault: "none" }, smtp: { fault: "none" }, worker: "running", redis: "running" };

export function mount(root, page) {
  const now = h("span", { class: "weather-now", role: "status" });
  const hint = h("span", { class: "weather-hint", "aria-hidden": "true" });
  const clear = h("button", { type: "button", class: "weather-clear", hidden: true, onclick: () => page.post("/weather", STEADY) }, "Clear all");
  const calls = h("select", { id: "calls" },
    CALLS.map(([value, label]) => h("option", { value, selected: value === "2" }, label)));
  const forCalls = () => (calls.value ? Number(calls.value) : null);
  const groups = [
    troubleGroup("slack", "Slack", page, forCalls),
    troubleGroup("smtp", "Mail", page, forCalls),
    powerGroup("worker", page),
    powerGroup("redis", page),
  ];
  const [slack, mail, worker, redis] = groups.map(({ element }) => element);
  const lasting = h("label", { class: "weather-for", for: "calls" }, "for the ", calls);
  const switches = h("div", { class: "weather-switches", id: "weather-switches" }, slack, mail, lasting, worker, redis);
  const head = h("div", { class: "weather-head" },
    h("h2", {}, "Weather"), h("p", { class: "weather-says" }, hint, now), clear, folder(root));
  root.append(head, switches);
  explain(switches, hint);

  page.on("weather", (record) => {
    const troubles = groups.map((group) => group.update(record)).filter(Boolean);
    fill(now, (troubles.length ? troubles : [FINE]).map(({ what, why }) => [what, " ", h("span", { class: "weather-why" }, why), " "]));
    now.title = now.textContent;
    root.classList.toggle("is-bad", troubles.length > 0);
    clear.hidden = troubles.length === 0;
  });
}

/** While a switch is pointed at or has the focus, say what it does. */
function explain(switches, hint) {
  const show = ({ target }) => (hint.textContent = target.closest("[data-explains]")?.dataset.explains ?? "");
  const hide = () => (hint.textContent = "");
  switches.addEventListener("pointerover", show);
  switches.addEventListener("pointerleave", hide);
  switches.addEventListener("focusin", ({ target }) => target.matches(":focus-visible") && show({ target }));
  switches.addEventListener("focusout", hide);
}

/** On a phone the switches are folded away until they are asked for. */
function folder(root) {
  const button = h("button", { type: "button", class: "weather-fold", "aria-expanded": "false", "aria-controls": "weather-switches" }, "Change");
  button.addEventListener("click", () => {
    const open = root.classList.toggle("is-open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Done" : "Change";
  });
  return button;
}
