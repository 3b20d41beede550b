// The section Now; the counterpart of now.py.

import * as figures from "./figures.js";

const PERIODS = new Set(["P1", "P2", "P3", "P4", "P5", "P6"]);
const HOUSEHOLD_COLOURS = { P1: "p1", P2: "p3", P3: "p6" };

// spec: {key, digits, stale_after, by_day}, as the tile's data attributes say; later: seconds since the JSON was made.
export function tile(spec, info, now, later, t) {
  const value = info[spec.key] ?? null;
  const known = value !== null;
  const then = info[`${spec.key}_age_seconds`] ?? null;
  const seconds = then === null ? null : then + later;
  return {
    title: title(spec, info, t),
    value: known ? figures.number(value, spec.digits, t) : "",
    missing: known ? "" : info[`${spec.key}_missing`] || t.say("now.missing"),
    badge: known ? badge(info[`${spec.key}_kind`]) : "",
    stale: known && seconds !== null && seconds > spec.stale_after,
    provenance: known ? provenance(spec, info, seconds, now, t) : "",
    reason: known ? info[`${spec.key}_reason`] || "" : "",
    trend: known && spec.key === "price_eur_kwh" ? info.price_trend || "" : "",
  };
}

// The kind when it must be seen: any that is not an observation.
export function badge(kind) {
  return kind === null || kind === undefined || kind === "observed" ? "" : String(kind);
}

export function colour(tariff, period) {
  if (!PERIODS.has(period)) return "p0";
  return tariff === "2.0TD" ? (HOUSEHOLD_COLOURS[period] ?? "p0") : period.toLowerCase();
}

// periods: [start, period] of every slot whose period is known, in order.
export function periodTile(info, periods, now, t) {
  const period = info.tariff_period ?? "";
  const tariff = info.tariff ?? "";
  return {
    period,
    colour: colour(tariff, period),
    meaning: meaning(tariff, period, t),
    tariff,
    until: until(period, periods, now, t),
    missing: period ? "" : info.tariff_period_missing || t.say("period.missing"),
    band: band(tariff, periods, now),
  };
}

function title(spec, info, t) {
  if (spec.key !== "price_eur_kwh") return t.say(`now.${spec.key}`);
  return t.say(info.price_series === "spot" ? "now.price.spot" : "now.price.pvpc");
}

function provenance(spec, info, seconds, now, t) {
  const [source, kind, at] = ["source", "kind", "at"].map((part) => info[`${spec.key}_${part}`]);
  return [
    source ? t.name("source", source) : "",
    kind ? t.name("kind", kind) : "",
    at ? slot(spec, figures.moment(at), now, t) : "",
    seconds === null ? "" : figures.age(seconds, t),
  ]
    .filter(Boolean)
    .join(" · ");
}

function slot(spec, at, now, t) {
  return spec.by_day ? t.say("now.day", { day: figures.day(at, now, t) }) : figures.dayAndClock(at, now, t);
}

function meaning(tariff, period, t) {
  if (!PERIODS.has(period)) return "";
  const own = `period.${tariff}.${period}`;
  return t.has(own) ? t.say(own) : t.say(`period.${period}`);
}

function until(period, periods, now, t) {
  const next = period && periods.find(([start, later]) => start.ms > now.ms && later !== period);
  if (!next) return "";
  return t.say("now.until", { time: figures.dayAndClock(next[0], now, t), period: next[1] });
}

function band(tariff, periods, now) {
  return periods
    .filter(([start]) => start.date === now.date && start.minute === 0)
    .map(([start, period]) => [colour(tariff, period), period, isHour(start, now)]);
}

// Whether the hour that begins at start holds now.
export function isHour(start, now) {
  return start.ms <= now.ms && now.ms - start.ms < figures.HOUR_S * 1000;
}
