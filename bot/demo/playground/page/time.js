// Moments and durations as people read them; moments are milliseconds since 1970.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const TICK_MS = 500;

/** `14:32`, or as the reader's country has it. */
export const clock = (ms) => CLOCK.format(ms);

/** `0.4 ms`, `12.4 ms`, `214 ms`, `1.52 s`, `3 min 20 s`, `1 h 5 min`: how long something took. */
export function duration(ms) {
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `43 s`, `2 min`: how long it still takes until then; empty once it is past. */
export function until(ms) {
  const seconds = Math.ceil((ms - Date.now()) / 1000);
  if (seconds <= 0) return "";
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

const ticking = new Map();

/** Keep the element's text at what `words` gives, for as long as it is on the page. */
export function keepTelling(element, words) {
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
