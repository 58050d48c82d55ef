// Assembles the page: the feed, four panels and the simulated failures.

import { Feed } from "./feed.js";
import { mount as mountInbox } from "./inbox.js";
import { mount as mountJuicebox } from "./juicebox.js";
import { mount as mountSlack } from "./slack.js";
import { mountTabs } from "./tabs.js";
import { mount as mountTimelines } from "./timelines.js";
import { mount as mountFailures } from "./failures.js";

const NOTICE_MS = 6000;
const byId = (id) => document.getElementById(id);

function showState(state, text) {
  const live = byId("live");
  live.textContent = text;
  live.dataset.state = state;
}

let hiding = 0;

/** Show a notice for a few seconds. */
function notice(text) {
  const element = byId("notice");
  element.textContent = text;
  element.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (element.hidden = true), NOTICE_MS);
}

/** The result of a request to the server; null, with a notice, if it fails. */
async function post(path, body) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const result = await response.json().catch(() => ({ error: `${response.status} ${response.statusText}` }));
    if (response.ok) return result;
    notice(result.error);
  } catch {
    notice("The playground does not respond. Is it still running?");
  }
  return null;
}

/** Show an event's timeline; with `quiet`, without opening or pinning it. */
function focusEvent(eventId, { quiet = false } = {}) {
  if (eventId) feed.emit({ kind: "focus", event_id: eventId, quiet });
}

const feed = new Feed(showState);
const hello = await feed.open();
const page = { hello, post, notice, focusEvent, on: (kind, handler) => feed.on(kind, handler) };

mountTabs(byId("tabs"), page);
mountFailures(byId("failures"), page);
mountJuicebox(byId("juicebox"), page);
mountSlack(byId("slack"), page);
mountInbox(byId("inbox"), page);
mountTimelines(byId("timelines"), page);
feed.settle();
