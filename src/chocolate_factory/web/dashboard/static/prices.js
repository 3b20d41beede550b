// The section Prices; the counterpart of prices.py.

import * as figures from "./figures.js";
import { badge, colour, isHour } from "./now.js";

export const DIGITS = 3;
export const SERIES = ["pvpc", "spot"];

export function readAll(prices) {
  return Object.fromEntries(SERIES.map((series) => [series, read(prices?.[series])]));
}

function read(rows) {
  const slots = (rows ?? []).map((row) => ({
    start: figures.moment(row.start),
    minutes: row.resolution_minutes,
    eur_kwh: row.price_eur_kwh,
    period: row.tariff_period ?? null,
    source: row.source,
    kind: row.kind,
  }));
  return slots.sort((a, b) => a.start.ms - b.start.ms);
}

// Which period begins when, as far as the slots of either series reach.
export function periods(slots) {
  const known = new Map();
  for (const series of SERIES) {
    for (const { start, period } of slots[series]) if (period) known.set(start.ms, [start, period]);
  }
  return [...known.values()].sort((a, b) => a[0].ms - b[0].ms);
}

export function days(slots, tariff, now, t) {
  return [day("today", now.date, slots, tariff, now, t), day("tomorrow", figures.shifted(now.date, 1), slots, tariff, now, t)];
}

function day(when, date, slots, tariff, now, t) {
  const noon = figures.moment(`${date}T12:00:00Z`);
  const ofDay = Object.fromEntries(SERIES.map((s) => [s, slots[s].filter((slot) => slot.start.date === date)]));
  const title = { weekday: figures.weekday(noon, t), date: figures.day(noon, now, t) };
  return {
    title: t.say(`prices.${when}`, title),
    ranges: SERIES.filter((s) => ofDay[s].length).map((s) => range(s, ofDay[s], t)),
    missing: missing(when, date, ofDay, t),
    origins: origins(ofDay, t),
    rows: rows(ofDay, tariff, now, t),
  };
}

function range(series, slots, t) {
  const low = slots.reduce((a, b) => (b.eur_kwh < a.eur_kwh ? b : a));
  const high = slots.reduce((a, b) => (b.eur_kwh > a.eur_kwh ? b : a));
  const total = slots.reduce((sum, slot) => sum + slot.eur_kwh * slot.minutes, 0);
  return t.say("prices.range", {
    series: t.name("series", series),
    low: figures.number(low.eur_kwh, DIGITS, t),
    low_time: low.start.clock,
    high: figures.number(high.eur_kwh, DIGITS, t),
    high_time: high.start.clock,
    mean: figures.number(total / minutes(slots), DIGITS, t),
  });
}

function minutes(slots) {
  return slots.reduce((sum, slot) => sum + slot.minutes, 0);
}

function missing(when, date, ofDay, t) {
  const there = SERIES.filter((series) => ofDay[series].length);
  if (!there.length) return [t.say(`prices.none_${when}`)];
  const absent = SERIES.filter((s) => !ofDay[s].length).map((s) => t.say(`prices.no_${s}_${when}`));
  const length = (figures.midnight(figures.shifted(date, 1)) - figures.midnight(date)) / 1000;
  const partial = there
    .map((series) => [series, length - 60 * minutes(ofDay[series])])
    .filter(([, hole]) => hole > 0)
    .map(([series, hole]) => {
      return t.say("prices.partial", { series: t.name("series", series), duration: figures.duration(hole, t) });
    });
  return [...absent, ...partial];
}

function origins(ofDay, t) {
  const found = SERIES.flatMap((series) => {
    return ofDay[series].map(({ source, kind }) => {
      const names = { source: t.name("source", source), kind: t.name("kind", kind) };
      return t.say("prices.from", { series: t.name("series", series), ...names });
    });
  });
  return [...new Set(found)];
}

function rows(ofDay, tariff, now, t) {
  const hours = new Map();
  for (const series of SERIES) {
    for (const slot of ofDay[series]) {
      const ms = slot.start.ms - slot.start.minute * 60000;
      if (!hours.has(ms)) hours.set(ms, { pvpc: [], spot: [] });
      hours.get(ms)[series].push(slot);
    }
  }
  const starts = [...hours.keys()].sort((a, b) => a - b).map(figures.wall);
  const clocks = starts.map((start) => start.clock);
  return starts.map((start) => {
    const twice = clocks.filter((clock) => clock === start.clock).length > 1;
    return row(start, twice, hours.get(start.ms), tariff, now, t);
  });
}

function row(start, twice, found, tariff, now, t) {
  const period = [...found.pvpc, ...found.spot].find((slot) => slot.period)?.period ?? "";
  return {
    hour: twice ? `${start.clock} (+0${start.offset / 60}00)` : start.clock,
    current: isHour(start, now),
    period,
    colour: colour(tariff, period),
    pvpc: found.pvpc.length ? cell(found.pvpc[0], t, 1) : null,
    spot: quarters(found.spot, t),
  };
}

function quarters(slots, t) {
  if (slots.length === 1 && slots[0].minutes === 60) return [cell(slots[0], t, 4)];
  const byQuarter = new Map(slots.map((slot) => [Math.floor(slot.start.minute / 15), slot]));
  return [0, 1, 2, 3].map((q) => (byQuarter.has(q) ? cell(byQuarter.get(q), t, 1) : null));
}

function cell(slot, t, span) {
  return { text: figures.number(slot.eur_kwh, DIGITS, t), badge: badge(slot.kind), span };
}
