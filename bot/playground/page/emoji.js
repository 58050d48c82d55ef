// Emoji by name; unknown names stay as they are.

const NAMES = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", wave: "👋", clap: "👏", pray: "🙏",
  muscle: "💪", point_right: "👉", point_left: "👈", eyes: "👀", raised_hands: "🙌", ok_hand: "👌",
  smile: "😄", grinning: "😀", slightly_smiling_face: "🙂", wink: "😉", joy: "😂", heart_eyes: "😍",
  thinking_face: "🤔", sweat_smile: "😅", cry: "😢", sob: "😭", rage: "😡", sunglasses: "😎",
  tada: "🎉", rocket: "🚀", fire: "🔥", sparkles: "✨", star: "⭐", zap: "⚡", boom: "💥", bulb: "💡",
  heart: "❤️", broken_heart: "💔", "100": "💯", gift: "🎁", trophy: "🏆", medal: "🏅", beers: "🍻",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌",
  heavy_multiplication_x: "✖️", warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫",
  rotating_light: "🚨", question: "❓", exclamation: "❗", information_source: "ℹ️", bell: "🔔",
  no_bell: "🔕", lock: "🔒", unlock: "🔓", key: "🔑", shield: "🛡️", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", calendar: "📆", date: "📅",
  email: "✉️", envelope: "✉️", inbox_tray: "📥", outbox_tray: "📤", package: "📦", link: "🔗",
  paperclip: "📎", pushpin: "📌", memo: "📝", pencil: "✏️", clipboard: "📋", page_facing_up: "📄",
  bar_chart: "📊", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", mag: "🔍",
  computer: "💻", floppy_disk: "💾", gear: "⚙️", wrench: "🔧", hammer: "🔨", robot_face: "🤖",
  bug: "🐛", ghost: "👻", coffee: "☕", pizza: "🍕", speech_balloon: "💬", mega: "📣",
  loudspeaker: "📢", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️",
  arrows_counterclockwise: "🔄", repeat: "🔁", red_circle: "🔴", large_blue_circle: "🔵",
  large_green_circle: "🟢", large_yellow_circle: "🟡", white_circle: "⚪", black_circle: "⚫",
  bust_in_silhouette: "👤", busts_in_silhouette: "👥", office: "🏢", house: "🏠", briefcase: "💼",
  moneybag: "💰", dollar: "💵", credit_card: "💳", earth_africa: "🌍", sunny: "☀️", cloud: "☁️",
  umbrella: "☔", snowflake: "❄️", rainbow: "🌈", seedling: "🌱", dog: "🐶", cat: "🐱",
  tropical_drink: "🍹", beverage_box: "🧃", lemon: "🍋", tangerine: "🍊", apple: "🍎",
  hammer_and_wrench: "🛠️", construction: "🚧", wastebasket: "🗑️", large_orange_circle: "🟠",
  heavy_plus_sign: "➕", heavy_minus_sign: "➖", recycle: "♻️", sos: "🆘", new: "🆕", ok: "🆗", end: "🔚",
  soon: "🔜", top: "🔝", free: "🆓", cool: "🆒", iphone: "📱", file_folder: "📁", open_file_folder: "📂",
  books: "📚", label: "🏷️", globe_with_meridians: "🌐", "skin-tone-2": "🏻", "skin-tone-3": "🏼",
  "skin-tone-4": "🏽", "skin-tone-5": "🏾", "skin-tone-6": "🏿",
};

/** The emoji of that name, or null. */
export const emojiNamed = (name) => (Object.hasOwn(NAMES, name) ? NAMES[name] : null);

/** The text with each known `:name:` replaced. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (written, name) => emojiNamed(name) ?? written);
