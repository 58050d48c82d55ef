// What can go wrong around the bot, switched by hand; it tells what it is like just now.

import { fill, h } from "./dom.js";

const POWERS = {
  worker: {
    label: "Worker",
    running: "Events are handled.",
    stopped: "What comes is kept, and handled as soon as a worker is back.",
    killed: "kill -9 in the middle of whatever it does. Another starts at once; a job that ran is taken up again within 16 s.",
  },
  redis: {
    label: "Redis",
    running: "Events are kept.",
    stopped: "The webhook answers 503, so that Juicebox sends again; nothing is lost.",
  },
};

export function mount(root, page) {
  const heading = h("h2", {}, "Weather");
  const clear = h("button", { type: "button", class: "weather-clear", onclick: () => clearAll(page) }, "Clear all");
  const calls = h("select", { id: "calls" },
    h("option", { value: "1" }, "next call"),
    h("option", { value: "2", selected: true }, "next 2 calls"),
    h("option", { value: "5" }, "next 5 calls"),
    h("option", { value: "" }, "until cleared"),
  );
  const parts = h("div", { class: "weather-parts" });
  root.append(heading, h("label", { class: "weather-for", for: "calls" }, "for the ", calls), parts, clear);
  page.on("weather", (now) => {
    const keep = document.activeElement?.dataset?.key;
    fill(parts, trouble("slack", "Slack", now, page, calls), trouble("smtp", "Mail", now, page, calls),
      power("worker", now, page), power("redis", now, page));
    parts.querySelector(`[data-key="${keep}"]`)?.focus();
    const bad = isBad(now);
    root.classList.toggle("is-bad", bad);
    clear.hidden = !bad;
  });
}

const isBad = ({ slack, smtp, worker, redis }) =>
  slack.fault !== "none" || smtp.fault !== "none" || worker !== "running" || redis !== "running";

const clearAll = (page) =>
  page.post("/weather", { slack: { fault: "none" }, smtp: { fault: "none" }, worker: "running", redis: "running" });

function group(label, buttons, says) {
  return h("div", { class: "weather-part", role: "group", "aria-label": label },
    h("span", { class: "weather-label" }, label), h("div", { class: "segments" }, buttons),
    says ? h("span", { class: "weather-says" }, says) : null);
}

function segment({ key, label, title, pressed, onclick, busy = false }) {
  return h("button", { type: "button", title, onclick, disabled: busy, "data-key": key, "aria-pressed": String(pressed) }, label);
}

function trouble(side, label, now, page, calls) {
  const { fault, left } = now[side];
  const says = fault === "none" ? "" : left === null ? "until cleared" : `${left} left`;
  const buttons = page.hello.faults[side].map(({ name, label: word, explains }) =>
    segment({
      key: `${side}-${name}`,
      label: word,
      title: explains,
      pressed: name === fault,
      onclick: () => page.post("/weather", { [side]: { fault: name, for: calls.value ? Number(calls.value) : null } }),
    }));
  return group(label, buttons, says);
}

function power(name, now, page) {
  const { label, ...states } = POWERS[name];
  const busy = now[name] === "starting" || now[name] === "stopping";
  const words = { running: "Running", stopped: "Stopped", killed: "Kill" };
  const buttons = Object.entries(states).map(([state, title]) =>
    segment({
      key: `${name}-${state}`,
      label: words[state],
      title,
      pressed: now[name] === state,
      busy,
      onclick: () => page.post("/weather", { [name]: state }),
    }));
  return group(label, buttons, busy ? `${now[name]} …` : "");
}
