// Times and durations in words; times are milliseconds since 1970.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const TICK_MS = 500;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** `14:32`, or as the reader's locale has it. */
export const clock = (ms) => CLOCK.format(ms);

/**
 * A duration: `0.4 ms`, `214 ms`, `2.3 s`, `3 min 6 s`, `2 h 5 min`, `3 days 4 h`.
 *
 * Negative durations count as 0. From one second on, the rules are those of `bot/model/durations.py`.
 */
export function duration(length) {
  const ms = Math.max(0, length);
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${tenths / 10} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < HOUR) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / 60)} min`;
  const days = Math.floor(seconds / DAY);
  return `${days} ${days === 1 ? "day" : "days"} ${Math.floor((seconds % DAY) / HOUR)} h`;
}

/** The time left: `43 s`, `2 min`; empty once it is over. */
export function until(ms) {
  const seconds = Math.ceil((ms - Date.now()) / 1000);
  if (seconds <= 0) return "";
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

const ticking = new Map();

/** Update the element's text from `words` for as long as it is on the page. */
export function liveText(element, words) {
  element.textContent = words();
  if (ticking.size === 0) setTimeout(tick, TICK_MS);
  ticking.set(element, words);
  return element;
}

function tick() {
  for (const [element, words] of ticking) {
    if (!element.isConnected) ticking.delete(element);
    else if (element.textContent !== words()) element.textContent = words();
  }
  if (ticking.size) setTimeout(tick, TICK_MS);
}
