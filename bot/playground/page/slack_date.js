// Renders Slack dates in the reader's time zone.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting

const DAY_MS = 86_400_000;
const part = (options) => (moment) => new Intl.DateTimeFormat("en-US", options).format(moment);
const two = (number) => String(number).padStart(2, "0");

const time = part({ hour: "numeric", minute: "2-digit" });
const timeSecs = part({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const month = part({ month: "long" });
const short = part({ month: "short", day: "numeric", year: "numeric" });
const weekday = part({ weekday: "long" });

function ordinal(day) {
  const suffix = day % 100 > 10 && day % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][day % 10] ?? "th";
  return `${day}${suffix}`;
}

const long = (moment) => `${month(moment)} ${ordinal(moment.getDate())}, ${moment.getFullYear()}`;

/** "today", "yesterday" or "tomorrow", else the result of `otherwise`. */
function pretty(moment, otherwise) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(moment) - midnight(new Date())) / DAY_MS);
  return { 0: "today", "-1": "yesterday", 1: "tomorrow" }[days] ?? otherwise(moment);
}

function ago(moment) {
  const seconds = Math.round((Date.now() - moment) / 1000);
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([s]) => Math.abs(seconds) >= s) ?? [1, "second"];
  const count = Math.round(seconds / size);
  return new Intl.RelativeTimeFormat("en-US", { numeric: "auto" }).format(-count, unit);
}

const dateLong = (moment) => `${weekday(moment)}, ${long(moment)}`;

const TOKENS = {
  date_num: (m) => `${m.getFullYear()}-${two(m.getMonth() + 1)}-${two(m.getDate())}`,
  date_slash: (m) => `${two(m.getMonth() + 1)}/${two(m.getDate())}/${m.getFullYear()}`,
  date: long,
  date_short: short,
  date_long: dateLong,
  date_pretty: (m) => pretty(m, long),
  date_short_pretty: (m) => pretty(m, short),
  date_long_pretty: (m) => pretty(m, dateLong),
  time,
  time_secs: timeSecs,
  ago,
};

/** The format with its tokens replaced; null if the seconds or a token are invalid. */
export function slackDate(seconds, format) {
  const moment = new Date(Number(seconds) * 1000);
  if (!/^-?\d+$/.test(String(seconds)) || Number.isNaN(moment.getTime())) return null;
  const tokens = [...format.matchAll(/{(\w+)}/g)].map(([, name]) => name);
  if (tokens.length === 0 || !tokens.every((name) => Object.hasOwn(TOKENS, name))) return null;
  return format.replace(/{(\w+)}/g, (_, name) => TOKENS[name](moment));
}
