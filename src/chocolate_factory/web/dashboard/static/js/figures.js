// Numbers, times and ages; the counterpart of figures.py, character for character.

export const MINUTE_S = 60;
export const HOUR_S = 3600;
export const DAY_S = 86400;

const LOCALES = { es: "es-ES", en: "en-GB" };
const WALL = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Madrid",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const writers = new Map();

export function number(value, digits, t) {
  const key = `${t.language}${digits}`;
  if (!writers.has(key)) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" };
    writers.set(key, new Intl.NumberFormat(LOCALES[t.language], options));
  }
  return writers.get(key).format(value).replace("-", "−");
}

// An instant in milliseconds as Madrid's wall time, wherever the browser is.
export function wall(ms) {
  const part = Object.fromEntries(WALL.formatToParts(ms).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second } = part;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  return {
    ms,
    year: Number(year),
    month: Number(month),
    day: Number(day),
    minute: Number(minute),
    clock: `${hour}:${minute}`,
    date: `${year}-${month}-${day}`,
    weekday: (new Date(utc).getUTCDay() + 6) % 7, // Monday is 0
    offset: Math.round((utc - ms) / 60000), // minutes ahead of UTC
  };
}

export function moment(text) {
  return wall(Date.parse(text));
}

// The instant at which a date (2026-11-22) begins in Madrid: one of its two offsets fits.
export function midnight(date) {
  const candidates = ["+02:00", "+01:00"].map((offset) => Date.parse(`${date}T00:00:00${offset}`));
  return candidates.find((ms) => wall(ms).clock === "00:00");
}

// The date so many days after another one.
export function shifted(date, days) {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * DAY_S * 1000).toISOString().slice(0, 10);
}

export function day(when, now, t) {
  const two = (n) => String(n).padStart(2, "0");
  const month = t.say("months").split(" ")[when.month - 1];
  const gaps = { d: when.day, dd: two(when.day), mm: two(when.month), mon: month, yyyy: when.year };
  return t.say(when.year === now.year ? "date.short" : "date.long", gaps);
}

export function dayAndClock(when, now, t) {
  if (when.date === now.date) return when.clock;
  return t.say("date.with_time", { date: day(when, now, t), time: when.clock });
}

export function weekday(when, t) {
  return t.say("weekdays").split(" ")[when.weekday];
}

export function duration(seconds, t) {
  if (seconds < MINUTE_S) return t.say("duration.moment");
  if (seconds < HOUR_S) return t.say("duration.minutes", { m: Math.floor(seconds / MINUTE_S) });
  if (seconds >= 2 * DAY_S) return t.say("duration.days", { d: Math.floor(seconds / DAY_S) });
  const h = Math.floor(seconds / HOUR_S);
  const m = Math.floor((seconds % HOUR_S) / MINUTE_S);
  return t.say(m ? "duration.hours_minutes" : "duration.hours", { h, m });
}

export function age(seconds, t) {
  return t.say(seconds >= 0 ? "age.past" : "age.ahead", { duration: duration(Math.abs(seconds), t) });
}
