// Moments and durations as people read them; moments are milliseconds since 1970.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

/** `14:32`, or as the reader's country has it. */
export const clock = (ms) => CLOCK.format(ms);

/** `0.4 ms`, `12 ms`, `1.52 s`, `3 min 20 s`, `1 h 5 min`: how long something took. */
export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
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

/** Call `update` every second for as long as the page is open. */
export const everySecond = (update) => setInterval(update, 1000);
