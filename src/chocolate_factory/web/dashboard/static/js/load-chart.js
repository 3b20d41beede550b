// The planned load of today and tomorrow against what is contracted in each period.

import { backdrop, span, steps, textStyle, timeAxis, tooltip, valueAxis } from "./axes.js";
import { el } from "./dom.js";
import * as figures from "./figures.js";
import { t } from "./page.js";

const QUARTER_MS = 900_000;

export function build(data, ink, node) {
  const { plan, plan_context: around } = data;
  if (!plan) return null;
  const now = figures.moment(data.generated_at);
  const metered = (data.meter?.load ?? []).map(({ start, power_kw: value }) => reading(Date.parse(start), value));
  const window = metered.length ? span(figures.shifted(now.date, -1), 3) : span(now.date, 2);
  const slots = plan.slots.map((slot) => {
    const start = Date.parse(slot.start);
    const end = start + plan.horizon.resolution_minutes * 60_000;
    return { start, end, period: slot.tariff_period, value: slot.power_kw, contracted: around.contracted_kw[slot.tariff_period] ?? null };
  });
  const view = { tariff: data.current_info?.tariff, now, window, width: node.clientWidth };
  const contracted = slots.map((slot) => ({ ...slot, value: slot.contracted }));
  return {
    textStyle: textStyle(ink),
    legend: {
      top: 0,
      left: 0,
      itemWidth: 22,
      itemHeight: 3,
      data: ["planned", "contracted", ...(metered.length ? ["metered"] : [])].map((name) => t.say(`chart.${name}`)),
      textStyle: { color: ink.ink, fontSize: ink.size },
    },
    grid: { left: 8, right: 12, top: 3.6 * ink.size, bottom: 4, containLabel: true },
    xAxis: timeAxis(window, node.clientWidth, ink),
    yAxis: valueAxis(ink, 0, { boundaryGap: [0, "14%"] }),
    tooltip: tooltip(ink, {
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: ink.soft, type: "dashed" }, label: { show: false } },
      formatter: ([first]) => bubble(first.axisValue, slots),
    }),
    series: [
      backdrop(slots, view, ink),
      { ...line("planned", slots, ink.ink, "solid"), areaStyle: { color: ink.ink, opacity: 0.12 } },
      line("contracted", contracted, ink.bad, "dashed"),
      line("metered", metered, ink.ok, "solid"),
    ],
  };
}

const reading = (start, value) => ({ start, end: start + QUARTER_MS, value });

function line(name, slots, color, type) {
  return { id: name, name: t.say(`chart.${name}`), type: "line", data: steps(slots), symbol: "none", color, lineStyle: { color, width: 2, type }, z: 4 };
}

function bubble(ms, slots) {
  const slot = slots.find(({ start, end }) => start <= ms && ms < end);
  const when = figures.wall(ms);
  const head = `${figures.weekday(when, t)} ${when.clock} ${slot?.period ?? ""}`;
  const said = slot ? `${figures.number(slot.value, 0, t)} / ${figures.number(slot.contracted, 0, t)} kW` : "";
  return el("div", { class: "tip" }, el("p", {}, head), el("p", {}, el("b", {}, said)));
}
