// Forecast against actual: what was expected the day before, what came, and what the naive forecast had said.

import { midnights, steps, textStyle, timeAxis, valueAxis } from "./axes.js";
import { t } from "./page.js";

const HOUR_MS = 3_600_000;
const LINES = [
  ["naive", "naive_eur_kwh", "soft", "dotted"],
  ["forecast", "forecast_eur_kwh", "spot", "dashed"],
  ["actual", "actual_eur_kwh", "ink", "solid"],
];

export function build(data, ink, node) {
  const hours = data.market?.record?.hours ?? [];
  if (!hours.length) return null;
  const starts = hours.map((hour) => Date.parse(hour.start));
  const window = { from: starts[0], to: starts.at(-1) + HOUR_MS };
  const lines = LINES.map(([name, key, colour, type]) => ({
    id: name,
    name: t.say(`chart.${name}`),
    type: "line",
    data: steps(hours.map((hour, i) => ({ start: starts[i], end: starts[i] + HOUR_MS, value: hour[key] }))),
    symbol: "none",
    color: ink[colour],
    lineStyle: { color: ink[colour], width: name === "actual" ? 2.5 : 1.5, type },
    silent: true,
  }));
  lines[0].markLine = { symbol: "none", silent: true, data: midnights(window, ink) };
  return {
    textStyle: textStyle(ink),
    legend: { top: 0, left: 0, itemWidth: 22, itemHeight: 3, textStyle: { color: ink.ink, fontSize: ink.size } },
    grid: { left: 8, right: 12, top: 2.2 * ink.size, bottom: 4, containLabel: true },
    xAxis: timeAxis(window, node.clientWidth, ink),
    yAxis: valueAxis(ink, 2),
    series: lines,
  };
}
