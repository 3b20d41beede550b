// Euros by kilogram, day by day, against the baseline's: the indicator of ISO 50001.

import { textStyle, tooltip, valueAxis } from "./axes.js";
import { el } from "./dom.js";
import * as figures from "./figures.js";
import { t } from "./page.js";

const FEWEST_DAYS = 2;

export function build(data, ink) {
  const days = (data.savings?.days ?? []).filter((day) => day.kg > 0 && day.eur_per_kg !== null);
  if (days.length < FEWEST_DAYS) return null;
  const baseline = days.map((day) => (day.baseline_eur === null ? null : day.baseline_eur / day.kg));
  return {
    textStyle: textStyle(ink),
    legend: { top: 0, left: 0, itemWidth: 22, itemHeight: 8, textStyle: { color: ink.ink, fontSize: ink.size } },
    grid: { left: 8, right: 12, top: 2.4 * ink.size, bottom: 4, containLabel: true },
    xAxis: {
      type: "category",
      data: days.map((day) => label(day.day)),
      axisLabel: { color: ink.soft, fontSize: ink.small },
      axisLine: { lineStyle: { color: ink.line } },
    },
    yAxis: valueAxis(ink, 3),
    tooltip: tooltip(ink, { trigger: "axis", formatter: ([first]) => bubble(days[first.dataIndex], baseline[first.dataIndex]) }),
    series: [
      {
        id: "own",
        name: t.say("chart.own"),
        type: "bar",
        data: days.map((day) => ({
          value: day.eur_per_kg,
          itemStyle: { color: day.status === "measured" ? ink.optimal : ink.moderate, opacity: day.status === "measured" ? 1 : 0.5 },
        })),
        color: ink.moderate,
      },
      {
        id: "baseline",
        name: t.say("chart.baseline"),
        type: "line",
        step: "middle",
        data: baseline,
        symbol: "none",
        color: ink.ink,
        lineStyle: { color: ink.ink, width: 2, type: "dashed" },
      },
    ],
  };
}

function label(day) {
  const when = figures.moment(`${day}T12:00:00Z`);
  return figures.day(when, when, t);
}

// As elements: ECharts would take a string for HTML.
function bubble(day, baseline) {
  const own = `${figures.number(day.eur_per_kg, 4, t)} €/kg`;
  const other = baseline === null ? "—" : `${figures.number(baseline, 4, t)} €/kg`;
  return el(
    "div",
    { class: "tip" },
    el("p", {}, label(day.day), ": ", el("b", {}, own)),
    el("p", {}, `${t.say("chart.baseline")}: ${other}`),
  );
}
