// A week back and a week ahead of spot: what came, what is expected, and between which it should lie.

import { hatching, midnights, present, span, steps, textStyle, timeAxis, tooltip, valueAxis } from "./axes.js";
import { el } from "./dom.js";
import * as figures from "./figures.js";
import { t } from "./page.js";

const HOUR_MS = 3_600_000;
const DAYS = 7;
const EUR_MWH = 1000;

export function build(data, ink, node) {
  const past = (data.market?.history ?? []).map((row) => slot(Date.parse(row.start), HOUR_MS, row.price_eur_kwh, row.kind));
  const known = new Set(past.map((one) => one.start));
  const ahead = (data.outlook?.spot?.prices ?? []).map(expected).filter((one) => !known.has(one.start));
  if (!past.length && !ahead.length) return null;
  const now = figures.moment(data.generated_at);
  const window = span(figures.shifted(now.date, -DAYS), 2 * DAYS + 1);
  const banded = ahead.filter((one) => one.high > one.low);
  return {
    textStyle: textStyle(ink),
    grid: { left: 8, right: 12, top: 1.8 * ink.size, bottom: 4, containLabel: true },
    xAxis: timeAxis(window, node.clientWidth, ink),
    yAxis: valueAxis(ink, 2),
    tooltip: tooltip(ink, {
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: ink.soft, type: "dashed" }, label: { show: false } },
      formatter: ([first]) => bubble(first.axisValue, [...past, ...ahead]),
    }),
    series: [
      hatching(banded, ink),
      area("low", banded, (one) => one.low, ink, 0),
      area("band", banded, (one) => one.high - one.low, ink, 0.35),
      line("past", past, ink.spot, "solid", { symbol: "none", silent: true, data: [present(now, ink, "end"), ...midnights(window, ink)] }),
      line("ahead", ahead, ink.spot, "dashed"),
    ],
  };
}

function slot(start, length, value, kind, low = value, high = value) {
  return { start, end: start + length, value, kind, low, high };
}

function expected(row) {
  const [low, value, high] = ["p10", "p50", "p90"].map((quantile) => row[`${quantile}_eur_mwh`] / EUR_MWH);
  return slot(Date.parse(row.start), row.resolution_minutes * 60_000, value, row.kind, low, high);
}

function line(id, slots, color, type, markLine) {
  return { id, type: "line", data: steps(slots), symbol: "none", color, lineStyle: { color, width: 2, type }, z: 4, markLine };
}

// Two stacked lines: the lower is not seen, what lies between it and the upper is the band.
function area(id, slots, valueOf, ink, opacity) {
  return {
    id,
    type: "line",
    stack: "band",
    stackStrategy: "all",
    data: steps(slots.map((one) => ({ ...one, value: valueOf(one) }))),
    symbol: "none",
    lineStyle: { opacity: 0 },
    areaStyle: { color: ink.spot, opacity },
    silent: true,
    z: 2,
  };
}

// As elements: ECharts would take a string for HTML.
function bubble(ms, slots) {
  const found = slots.find((one) => one.start <= ms && ms < one.end);
  const when = figures.wall(ms);
  const head = `${figures.weekday(when, t)} ${figures.day(when, when, t)}, ${when.clock}`;
  if (!found) return el("div", { class: "tip" }, el("p", {}, head));
  const amount = el("p", {}, el("b", {}, `${figures.number(found.value, 3, t)} ${t.say("prices.axis")}`), ` · ${t.name("kind", found.kind)}`);
  const band = `${t.say("chart.band")}: ${figures.number(found.low, 3, t)} – ${figures.number(found.high, 3, t)}`;
  return el("div", { class: "tip" }, el("p", {}, head), amount, found.high > found.low ? el("p", {}, band) : "");
}
