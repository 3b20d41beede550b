// What the charts over time share: an axis of instants, tariff bands behind, the present, hours that are only guessed.

import * as figures from "./figures.js";
import { t } from "./page.js";

const HOUR_MS = 3_600_000;
const HOUSEHOLD = { P1: "p1", P2: "p3", P3: "p6" };
export const GUESSED = new Set(["forecast", "estimated"]);

export const textStyle = (ink) => ({ fontFamily: ink.font, color: ink.soft });

// From the midnight of one date to that of another, so that a day has its 23, 24 or 25 hours.
export function span(date, days) {
  return { from: figures.midnight(date), to: figures.midnight(figures.shifted(date, days)) };
}

// Marks stand at Madrid's full hours.
export function timeAxis({ from, to }, width, ink, more = {}) {
  const every = hoursBetweenMarks((to - from) / HOUR_MS, width);
  const marks = [];
  for (let ms = from; ms < to; ms += HOUR_MS) if (Number(figures.wall(ms).clock.slice(0, 2)) % every === 0) marks.push(ms);
  return {
    type: "value",
    min: from,
    max: to,
    axisTick: { customValues: marks, lineStyle: { color: ink.line } },
    axisLabel: {
      customValues: marks,
      color: ink.soft,
      fontSize: ink.small,
      hideOverlap: true,
      alignMinLabel: "left",
      formatter: (ms) => label(figures.wall(ms)),
      rich: { day: { color: ink.ink, fontWeight: 700, fontSize: ink.small } },
    },
    axisLine: { onZero: false, lineStyle: { color: ink.line } },
    splitLine: { show: false },
    ...more,
  };
}

function hoursBetweenMarks(hours, width) {
  return [3, 6, 12, 24].find((every) => (hours / every) * 42 < width) ?? 24;
}

function label(at) {
  return at.clock === "00:00" ? `{day|${figures.day(at, at, t)}}` : at.clock.slice(0, 2);
}

export function valueAxis(ink, digits, more = {}) {
  return {
    type: "value",
    axisLabel: { color: ink.soft, fontSize: ink.small, formatter: (value) => figures.number(value, digits, t) },
    splitLine: { lineStyle: { color: ink.line, opacity: 0.6 } },
    nameTextStyle: { color: ink.soft, fontSize: ink.small },
    ...more,
  };
}

export function colourOf(tariff, period) {
  if (!/^P[1-6]$/.test(period ?? "")) return "";
  return tariff === "2.0TD" ? (HOUSEHOLD[period] ?? "") : period.toLowerCase();
}

// A series without values carries the periods' bands, the days' edges and the present.
export function backdrop(slots, { tariff, now, window, width }, ink, more = {}) {
  const perPixel = (window.to - window.from) / Math.max(1, width - 70);
  return {
    id: "backdrop",
    type: "line",
    data: [],
    markArea: {
      silent: true,
      data: runs(slots, (slot) => slot.period).map(({ start, end, key }) => [
        {
          xAxis: start,
          name: key ?? "",
          itemStyle: { color: ink[colourOf(tariff, key)] ?? "transparent", opacity: ink.band },
          label: { show: (end - start) / perPixel > 22, position: "insideTop", color: ink.ink, fontSize: ink.small },
        },
        { xAxis: end },
      ]),
    },
    markLine: { symbol: "none", silent: true, animation: false, data: [present(now, ink, more.quiet ? null : "end"), ...midnights(window, ink)] },
    ...more,
  };
}

export function present(now, ink, where) {
  return {
    xAxis: now.ms,
    lineStyle: { color: ink.ink, width: 2, type: "solid" },
    label: {
      show: Boolean(where),
      position: where ?? "end",
      formatter: `${t.say("prices.now")} ${now.clock}`,
      color: ink.ink,
      fontWeight: 700,
      fontSize: ink.small,
    },
  };
}

export function midnights({ from, to }, ink) {
  const found = [];
  for (let date = figures.shifted(figures.wall(from).date, 1); figures.midnight(date) < to; date = figures.shifted(date, 1)) {
    found.push({
      xAxis: figures.midnight(date),
      lineStyle: { color: ink.soft, width: 1, type: "dotted" },
      label: { show: false },
    });
  }
  return found;
}

// Neighbouring slots of one key as one stretch.
export function runs(slots, keyOf) {
  const found = [];
  for (const slot of slots) {
    const last = found.at(-1);
    const key = keyOf(slot);
    if (last && last.key === key && slot.start <= last.end) last.end = Math.max(last.end, slot.end);
    else found.push({ start: slot.start, end: slot.end, key });
  }
  return found;
}

// Stretches whose price nobody has published: hatched over the whole height.
export function hatching(slots, ink, more = {}) {
  const guessed = runs(slots.filter((slot) => GUESSED.has(slot.kind)), () => true);
  return {
    id: "hatching",
    type: "custom",
    silent: true,
    data: guessed.map(({ start, end }) => [start, end]),
    encode: { x: [0, 1], y: -1 },
    renderItem: (params, api) => hatch(params.coordSys, api.coord([api.value(0), 0])[0], api.coord([api.value(1), 0])[0], ink),
    clip: true,
    z: 1,
    ...more,
  };
}

const STEP = 9;

function hatch({ x, y, width, height }, from, to, ink) {
  const left = Math.max(from, x);
  const right = Math.min(to, x + width);
  const lines = [];
  for (let at = left - height; at < right; at += STEP) {
    lines.push({
      type: "line",
      shape: { x1: at, y1: y + height, x2: at + height, y2: y },
      style: { stroke: ink.soft, lineWidth: 1, opacity: 0.35 },
    });
  }
  return {
    type: "group",
    children: lines,
    clipPath: { type: "rect", shape: { x: left, y, width: Math.max(0, right - left), height } },
  };
}

// Both corners of every step, and a hole where the next slot does not follow at once.
export function steps(slots) {
  return slots.flatMap(({ start, end, value }, i) => {
    const corners = [
      [start, value],
      [end, value],
    ];
    const next = slots[i + 1];
    return next && next.start > end ? [...corners, [end, null]] : corners;
  });
}

export function tooltip(ink, more) {
  return {
    renderMode: "html",
    confine: true,
    backgroundColor: ink.panel,
    borderColor: ink.line,
    textStyle: { color: ink.ink, fontSize: ink.size },
    extraCssText: "max-width: min(24rem, 90vw); white-space: normal;",
    ...more,
  };
}
