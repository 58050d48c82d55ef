// Puts the page together: one feed, four panels, the weather.

import { Feed } from "./feed.js";
import { mount as mountInbox } from "./inbox.js";
import { mount as mountJuicebox } from "./juicebox.js";
import { mount as mountSlack } from "./slack.js";
import { mountTabs } from "./tabs.js";
import { mount as mountTrails } from "./trails.js";
import { mount as mountWeather } from "./weather.js";

const NOTICE_MS = 6000;
const byId = (id) => document.getElementById(id);

function showState(state, says) {
  const live = byId("live");
  live.textContent = says;
  live.dataset.state = state;
}

let hiding = 0;

/** Tell the reader something for a few seconds. */
function notice(text) {
  const element = byId("notice");
  element.textContent = text;
  element.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (element.hidden = true), NOTICE_MS);
}

/** What the server answers; null, with a notice, if it does not do what it is asked. */
async function post(path, body) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const given = await answer.json().catch(() => ({ error: `${answer.status} ${answer.statusText}` }));
    if (answer.ok) return given;
    notice(given.error);
  } catch {
    notice("The demo does not answer. Does it still run?");
  }
  return null;
}

/** Look at an event's trail; `quiet` where the reader has asked for something else as well. */
function focusEvent(eventId, { quiet = false } = {}) {
  if (eventId) feed.emit({ kind: "focus", event_id: eventId, quiet });
}

const feed = new Feed(showState);
const hello = await feed.open();
const page = { hello, post, notice, focusEvent, on: (kind, handler) => feed.on(kind, handler) };

mountTabs(byId("tabs"), page);
mountWeather(byId("weather"), page);
mountJuicebox(byId("juicebox"), page);
mountSlack(byId("slack"), page);
mountInbox(byId("inbox"), page);
mountTrails(byId("trails"), page);
feed.settle();
