// The switches of the weather: the troubles of Slack and the mail server, and what runs at all.

import { h } from "./dom.js";

const POWERS = {
  worker: {
    label: "Worker",
    running: "Events are handled as they come.",
    stopped: "What comes is kept, and handled as soon as a worker is back.",
    killed: "kill -9 in the middle of its work. Another worker starts at once, and takes up what was left within 16 s.",
  },
  redis: {
    label: "Redis",
    running: "Events are kept.",
    stopped: "The webhook answers 503, so that Juicebox sends again; nothing is lost.",
  },
};
const WORDS = { running: "Running", stopped: "Stopped", killed: "Kill" };

/** A group, and an `update` that gives what is wrong and what to watch for, or null. */
export function troubleGroup(side, label, page, forCalls) {
  const faults = page.hello.faults[side];
  const buttons = faults.map(({ name, label: word, explains }) =>
    segment(word, `${label}, ${word}: ${explains}`, () => page.post("/weather", { [side]: { fault: name, for: forCalls() } })));
  const update = (now) => {
    const { fault, left } = now[side];
    faults.forEach(({ name }, index) => press(buttons[index], name === fault));
    if (fault === "none") return null;
    const { label: word, explains } = faults.find(({ name }) => name === fault);
    return { what: `${label}: ${word}, ${left === null ? "until cleared" : `${left} left`}.`, why: explains };
  };
  return { element: group(label, buttons), update };
}

/** The same, for a process that can be stopped. */
export function powerGroup(name, page) {
  const { label, ...states } = POWERS[name];
  const buttons = Object.fromEntries(Object.entries(states).map(([state, explains]) =>
    [state, segment(WORDS[state], `${label}, ${WORDS[state]}: ${explains}`, () => page.post("/weather", { [name]: state }))]));
  const update = (now) => {
    const state = now[name];
    const busy = state === "starting" || state === "stopping";
    for (const [other, button] of Object.entries(buttons)) {
      // A button that is disabled loses the focus, so that it is only said to be.
      button.setAttribute("aria-disabled", String(busy));
      press(button, other === state);
    }
    if (state === "running") return null;
    return busy ? { what: `${label}: ${state} …`, why: "" } : { what: `${label}: stopped.`, why: states.stopped };
  };
  return { element: group(label, Object.values(buttons)), update };
}

const group = (label, buttons) =>
  h("div", { class: "weather-part", role: "group", "aria-label": label },
    h("span", { class: "weather-label", "aria-hidden": "true" }, label), h("div", { class: "segments" }, buttons));

const press = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));

const segment = (label, explains, act) =>
  h("button", {
    type: "button",
    "aria-description": explains,
    "data-explains": explains,
    onclick: ({ currentTarget }) => currentTarget.getAttribute("aria-disabled") !== "true" && act(),
  }, label);
