// The chart of today's and tomorrow's prices: steps over the tariff periods, with a line at the present.

import * as figures from "./figures.js";
import { colour } from "./now.js";
import { DIGITS, SERIES } from "./prices.js";
import { el } from "./show.js";
import { init } from "./vendor/echarts.min.js";

const HOUR_MS = 3_600_000;
let drawn = null; // {chart, arguments of the last draw}

export function draw(node, slots, tariff, now, t) {
  node.hidden = !SERIES.some((series) => slots[series].length);
  if (node.hidden) return;
  const chart = drawn?.chart ?? open(node);
  drawn = { chart, slots, tariff, now, t };
  chart.setOption(option(slots, tariff, now, t, node), { replaceMerge: ["series"] });
}

function open(node) {
  const chart = init(node);
  new ResizeObserver(() => {
    chart.resize();
    if (drawn) draw(node, drawn.slots, drawn.tariff, drawn.now, drawn.t);
  }).observe(node);
  return chart;
}

function option(slots, tariff, now, t, node) {
  const ink = paint(node);
  const from = figures.midnight(now.date);
  const to = figures.midnight(figures.shifted(now.date, 2));
  const lines = SERIES.flatMap((series) => linesOf(series, slots[series], ink, t));
  return {
    animation: false,
    textStyle: { fontFamily: ink.font, color: ink.soft },
    grid: { left: 8, right: 12, top: 3.4 * ink.size, bottom: 4, containLabel: true },
    legend: {
      data: lines.map((line) => line.name),
      top: 0,
      left: 0,
      itemWidth: 22,
      itemHeight: 3,
      textStyle: { color: ink.ink, fontSize: ink.size },
    },
    xAxis: timeAxis(from, to, hoursBetweenMarks(node.clientWidth), ink, t),
    yAxis: priceAxis(ink, t),
    tooltip: tip(slots, ink, t),
    series: [backdrop(slots, tariff, now, { from, to, width: node.clientWidth }, ink, t), ...lines],
  };
}

// One line for each kind that the series has; what is not published is dashed and named.
function linesOf(series, slots, ink, t) {
  const kinds = [...new Set(slots.map((slot) => slot.kind))];
  const name = t.name("series", series);
  return kinds.map((kind) => ({
    id: `${series}:${kind}`,
    type: "line",
    name: kind === "observed" ? name : `${name} (${t.name("kind", kind)})`,
    data: steps(slots.filter((slot) => slot.kind === kind)),
    symbol: "none",
    color: ink[series],
    lineStyle: { color: ink[series], width: series === "pvpc" ? 3 : 1.5, type: dash(kind) },
    z: series === "pvpc" ? 4 : 3,
  }));
}

function dash(kind) {
  return kind === "forecast" || kind === "estimated" ? "dashed" : "solid";
}

// Both corners of every step, and a hole where the next slot does not follow at once.
function steps(slots) {
  return slots.flatMap((slot, i) => {
    const end = slot.start.ms + slot.minutes * 60_000;
    const corners = [
      [slot.start.ms, slot.eur_kwh],
      [end, slot.eur_kwh],
    ];
    const next = slots[i + 1];
    return next && next.start.ms > end ? [...corners, [end, null]] : corners;
  });
}

// An axis of instants, so that a day has its 23, 24 or 25 hours; its marks stand at Madrid's full hours.
function timeAxis(from, to, every, ink, t) {
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
      formatter: (ms) => label(figures.wall(ms), t),
      rich: { day: { color: ink.ink, fontWeight: 700, fontSize: ink.small } },
    },
    axisLine: { onZero: false, lineStyle: { color: ink.line } },
    splitLine: { show: false },
  };
}

function hoursBetweenMarks(width) {
  if (width < 480) return 12;
  return width < 800 ? 6 : 3;
}

function label(at, t) {
  return at.clock === "00:00" ? `{day|${figures.day(at, at, t)}}` : at.clock.slice(0, 2);
}

function priceAxis(ink, t) {
  return {
    type: "value",
    boundaryGap: [0, "12%"], // room for the periods' names above the steps
    axisLabel: { color: ink.soft, fontSize: ink.small, formatter: (value) => figures.number(value, 2, t) },
    splitLine: { lineStyle: { color: ink.line, opacity: 0.6 } },
  };
}

// A series without values carries the periods' bands, the day's edge and the present.
function backdrop(slots, tariff, now, view, ink, t) {
  const perPixel = (view.to - view.from) / Math.max(1, view.width - 70);
  const line = { symbol: "none", silent: true, animation: false };
  return {
    id: "backdrop",
    type: "line",
    data: [],
    markArea: {
      silent: true,
      data: bands(slots).map(({ start, end, period }) => [
        {
          xAxis: start,
          name: period,
          itemStyle: { color: ink[colour(tariff, period)] ?? "transparent", opacity: ink.band },
          label: { show: (end - start) / perPixel > 22, position: "insideTop", color: ink.soft, fontSize: ink.small },
        },
        { xAxis: end },
      ]),
    },
    markLine: {
      ...line,
      data: [
        {
          xAxis: now.ms,
          lineStyle: { color: ink.ink, width: 2, type: "solid" },
          label: { formatter: `${t.say("prices.now")} ${now.clock}`, color: ink.ink, fontWeight: 700, fontSize: ink.small },
        },
        {
          xAxis: figures.midnight(figures.shifted(now.date, 1)),
          lineStyle: { color: ink.soft, width: 1, type: "dotted" },
          label: { show: false },
        },
      ],
    },
  };
}

// Neighbouring slots of one period as one band.
function bands(slots) {
  const byStart = new Map();
  for (const series of SERIES) for (const slot of slots[series]) if (slot.period) byStart.set(slot.start.ms, slot);
  const found = [];
  for (const slot of [...byStart.values()].sort((a, b) => a.start.ms - b.start.ms)) {
    const last = found.at(-1);
    const end = slot.start.ms + slot.minutes * 60_000;
    if (last?.period === slot.period && slot.start.ms <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start: slot.start.ms, end, period: slot.period });
  }
  return found;
}

function tip(slots, ink, t) {
  return {
    trigger: "axis",
    confine: true,
    backgroundColor: ink.panel,
    borderColor: ink.line,
    textStyle: { color: ink.ink, fontSize: ink.size },
    axisPointer: { type: "line", lineStyle: { color: ink.soft, type: "dashed" }, label: { show: false } },
    formatter: ([first]) => bubble(first.axisValue, slots, t),
  };
}

// What holds at an instant, as elements: ECharts would take a string for HTML.
function bubble(ms, slots, t) {
  const found = SERIES.map((series) => [series, at(slots[series], ms) ?? at(slots[series], ms - 1)]).filter(([, slot]) => slot);
  const when = figures.wall(ms);
  const period = found.find(([, slot]) => slot.period)?.[1].period ?? "";
  const lines = found.map(([series, slot]) => {
    const amount = `${figures.number(slot.eur_kwh, DIGITS, t)} ${t.say("prices.axis")}`;
    const from = `${t.name("source", slot.source)}, ${t.name("kind", slot.kind)}`;
    return el("p", {}, `${t.name("series", series)} ${slot.start.clock}: `, el("b", {}, amount), ` · ${from}`);
  });
  const head = `${figures.weekday(when, t)} ${figures.day(when, when, t)}, ${when.clock} ${period}`;
  return el("div", { class: "tip" }, el("p", {}, head), ...lines);
}

function at(slots, ms) {
  return slots.find((slot) => slot.start.ms <= ms && ms < slot.start.ms + slot.minutes * 60_000);
}

// The style sheet's colours as the canvas wants them, in the theme of the moment.
function paint(node) {
  const probe = node.ownerDocument.createElement("span");
  node.after(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["ink", "soft", "line", "panel", "pvpc", "spot", "p1", "p2", "p3", "p4", "p5", "p6"];
  const colours = Object.fromEntries(names.map((name) => [name, read(name)]));
  const style = getComputedStyle(node);
  probe.remove();
  const size = Math.round(0.9 * parseFloat(getComputedStyle(node.ownerDocument.documentElement).fontSize));
  return { ...colours, size, small: size - 1, font: style.fontFamily, band: Number(style.getPropertyValue("--band")) };
}
