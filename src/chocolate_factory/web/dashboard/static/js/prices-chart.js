// Today's and tomorrow's prices: steps over the tariff periods, with a line at the present.

import { backdrop, span, steps, textStyle, timeAxis, tooltip, valueAxis } from "./axes.js";
import { el } from "./dom.js";
import * as figures from "./figures.js";
import { t } from "./page.js";

const SERIES = ["pvpc", "spot"];
const DIGITS = 3;

export function build(data, ink, node) {
  const slots = readAll(data.prices);
  if (!SERIES.some((series) => slots[series].length)) return null;
  const now = figures.moment(data.generated_at);
  const window = span(now.date, 2);
  const lines = SERIES.flatMap((series) => linesOf(series, slots[series], ink));
  const view = { tariff: data.current_info?.tariff, now, window, width: node.clientWidth };
  const all = SERIES.flatMap((series) => slots[series]).sort((a, b) => a.start - b.start);
  return {
    textStyle: textStyle(ink),
    grid: { left: 8, right: 12, top: 3.4 * ink.size, bottom: 4, containLabel: true },
    legend: {
      data: lines.map((line) => line.name),
      top: 0,
      left: 0,
      itemWidth: 22,
      itemHeight: 3,
      textStyle: { color: ink.ink, fontSize: ink.size },
    },
    xAxis: timeAxis(window, node.clientWidth, ink),
    yAxis: valueAxis(ink, 2, { boundaryGap: [0, "12%"] }), // room for the periods' names above the steps
    tooltip: tooltip(ink, {
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: ink.soft, type: "dashed" }, label: { show: false } },
      formatter: ([first]) => bubble(first.axisValue, slots),
    }),
    series: [backdrop(all, view, ink), ...lines],
  };
}

function readAll(prices) {
  return Object.fromEntries(SERIES.map((series) => [series, (prices?.[series] ?? []).map(read)]));
}

function read(row) {
  const start = Date.parse(row.start);
  return {
    start,
    end: start + row.resolution_minutes * 60_000,
    value: row.price_eur_kwh,
    period: row.tariff_period,
    source: row.source,
    kind: row.kind,
  };
}

// One line for each kind that the series has; what is not published is dashed and named.
function linesOf(series, slots, ink) {
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

// What holds at an instant, as elements: ECharts would take a string for HTML.
function bubble(ms, slots) {
  const found = SERIES.map((series) => [series, at(slots[series], ms) ?? at(slots[series], ms - 1)]).filter(([, slot]) => slot);
  const when = figures.wall(ms);
  const period = found.find(([, slot]) => slot.period)?.[1].period ?? "";
  const lines = found.map(([series, slot]) => {
    const amount = `${figures.number(slot.value, DIGITS, t)} ${t.say("prices.axis")}`;
    const from = `${t.name("source", slot.source)}, ${t.name("kind", slot.kind)}`;
    const clock = figures.wall(slot.start).clock;
    return el("p", {}, `${t.name("series", series)} ${clock}: `, el("b", {}, amount), ` · ${from}`);
  });
  const head = `${figures.weekday(when, t)} ${figures.day(when, when, t)}, ${when.clock} ${period}`;
  return el("div", { class: "tip" }, el("p", {}, head), ...lines);
}

function at(slots, ms) {
  return slots.find((slot) => slot.start <= ms && ms < slot.end);
}
