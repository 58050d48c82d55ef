// Button groups: the faults of Slack and the mail server, and the state of worker and Redis.

import { h } from "./dom.js";

const PROCESSES = {
  worker: {
    label: "Worker",
    running: "Events are handled as they arrive.",
    stopped: "Events are stored, and handled as soon as a worker runs again.",
    killed: "Kills the worker during its work. A new worker starts at once and continues within 16 s.",
  },
  redis: {
    label: "Redis",
    running: "Events are stored.",
    stopped: "The webhook answers 503 and Juicebox retries, so nothing is lost.",
  },
};
const WORDS = { running: "Running", stopped: "Stopped", killed: "Kill" };

/** A group, and an `update` that returns the active fault and its explanation, or null. */
export function faultGroup(side, label, page, forCalls) {
  const faults = page.hello.faults[side];
  const buttons = faults.map(({ name, label: word, explanation }) =>
    segment(word, `${label}, ${word}: ${explanation}`, () => page.post("/failures", { [side]: { fault: name, for: forCalls() } })));
  const update = (now) => {
    const { fault, remaining } = now[side];
    faults.forEach(({ name }, index) => press(buttons[index], name === fault));
    if (fault === "none") return null;
    const { label: word, explanation } = faults.find(({ name }) => name === fault);
    return { what: `${label}: ${word}, ${remaining === null ? "until cleared" : `${remaining} left`}.`, why: explanation };
  };
  return { element: group(label, buttons), update };
}

/** The same, for a process that can be stopped. */
export function processGroup(name, page) {
  const { label, ...states } = PROCESSES[name];
  const buttons = Object.fromEntries(Object.entries(states).map(([state, explanation]) =>
    [state, segment(WORDS[state], `${label}, ${WORDS[state]}: ${explanation}`, () => page.post("/failures", { [name]: state }))]));
  const update = (now) => {
    const state = now[name];
    const busy = state === "starting" || state === "stopping";
    for (const [other, button] of Object.entries(buttons)) {
      // A disabled button would lose the focus, so it is only marked as disabled.
      button.setAttribute("aria-disabled", String(busy));
      press(button, other === state);
    }
    if (state === "running") return null;
    return busy ? { what: `${label}: ${state} …`, why: "" } : { what: `${label}: stopped.`, why: states.stopped };
  };
  return { element: group(label, Object.values(buttons)), update };
}

const group = (label, buttons) =>
  h("div", { class: "failures-part", role: "group", "aria-label": label },
    h("span", { class: "failures-label", "aria-hidden": "true" }, label), h("div", { class: "segments" }, buttons));

const press = (button, pressed) => button.setAttribute("aria-pressed", String(pressed));

const segment = (label, explanation, act) =>
  h("button", {
    type: "button",
    "aria-description": explanation,
    "data-explanation": explanation,
    onclick: ({ currentTarget }) => currentTarget.getAttribute("aria-disabled") !== "true" && act(),
  }, label);
