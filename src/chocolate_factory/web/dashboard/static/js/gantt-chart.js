// The plan of today and tomorrow: level, machines and batches over price, tariff bands and temperature.

import { backdrop, GUESSED, hatching, midnights, present, span, steps, textStyle, timeAxis, tooltip, valueAxis } from "./axes.js";
import { el } from "./dom.js";
import * as figures from "./figures.js";
import { t } from "./page.js";

const LEVELS = { Optimal: "optimal", Moderate: "moderate", Reduced: "reduced", "Halt Production": "halt" };
const LEVEL_ROW = "level";
const PRODUCTS = 4;

export function build(data, ink, node) {
  const { plan, plan_context: around } = data;
  if (!plan) return null;
  const now = figures.moment(data.generated_at);
  const window = span(now.date, 2);
  const rows = [LEVEL_ROW, ...around.machines];
  const slots = plan.slots.map((slot) => read(slot, plan.horizon.resolution_minutes));
  const view = { tariff: data.current_info?.tariff, now, window, width: node.clientWidth };
  const left = Math.min(150, Math.max(64, ink.size * 6));
  const top = 1.6 * ink.size;
  const height = node.clientHeight * 0.5;
  const grid = { left, right: 3.2 * ink.size };
  return {
    textStyle: textStyle(ink),
    grid: [
      { ...grid, top, height },
      { ...grid, top: top + height + 1.8 * ink.size, bottom: 2.2 * ink.size },
    ],
    xAxis: [
      timeAxis(window, node.clientWidth, ink, { gridIndex: 0, axisLabel: { show: false }, axisTick: { show: false } }),
      timeAxis(window, node.clientWidth, ink, { gridIndex: 1 }),
    ],
    yAxis: [
      rowAxis(rows, ink),
      valueAxis(ink, 2, { gridIndex: 1, boundaryGap: [0, "14%"], splitNumber: 3, name: t.say("prices.axis"), nameLocation: "end", nameGap: 9 }),
      valueAxis(ink, 0, { gridIndex: 1, position: "right", scale: true, splitNumber: 3, splitLine: { show: false }, name: "°C", nameLocation: "end", nameGap: 9 }),
    ],
    tooltip: tooltip(ink, { trigger: "item", formatter: ({ data: item }) => item?.tip?.() ?? "" }),
    series: [
      hatching(slots, ink, { id: "hatching-rows", xAxisIndex: 0, yAxisIndex: 0 }),
      levels(slots, plan, ink),
      fills(around.fills, plan, rows, ink),
      batches(plan, rows, { now, window }, ink),
      backdrop(slots, view, ink, { xAxisIndex: 1, yAxisIndex: 1, quiet: true }),
      hatching(slots, ink, { xAxisIndex: 1, yAxisIndex: 1 }),
      line("price", t.say("chart.all_in"), slots, { yAxisIndex: 1, color: ink.ink, lineStyle: { color: ink.ink, width: 2.5 } }),
      line("air", t.say("chart.temperature"), slots.map((s) => ({ ...s, value: s.temperature })), {
        yAxisIndex: 2,
        color: ink.bad,
        lineStyle: { color: ink.bad, width: 1.5, type: "dotted" },
      }),
    ],
  };
}

function read(slot, minutes) {
  const start = Date.parse(slot.start);
  return {
    start,
    end: start + minutes * 60_000,
    value: slot.energy_eur_kwh,
    kind: slot.price_kind,
    period: slot.tariff_period,
    temperature: slot.temperature_c,
    level: slot.level,
    reasons: slot.reasons,
    power: slot.power_kw,
  };
}

function rowAxis(rows, ink) {
  return {
    type: "category",
    inverse: true,
    data: rows.map((row) => (row === LEVEL_ROW ? t.say("chart.level") : machine(row))),
    axisLabel: { color: ink.ink, fontSize: ink.small, interval: 0 },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: ink.line } },
    splitLine: { show: true, lineStyle: { color: ink.line, opacity: 0.6 } },
  };
}

export function machine(name) {
  const [kind, number = ""] = name.split("-");
  return t.has(`machine.${kind}`) ? `${t.say(`machine.${kind}`)} ${number}`.trim() : name;
}

function line(id, name, slots, more) {
  return { id, type: "line", name, data: steps(slots), symbol: "none", xAxisIndex: 1, silent: true, z: 4, ...more };
}

// Rectangles from one instant to another in a row; each item knows what it says.
function boxes(id, items, style, more = {}) {
  return {
    id,
    type: "custom",
    xAxisIndex: 0,
    yAxisIndex: 0,
    clip: true,
    encode: { x: [0, 1], y: 2 },
    data: items,
    renderItem: (params, api) => box(api, params.coordSys, items[params.dataIndex], style),
    z: 3,
    ...more,
  };
}

function box(api, area, item, { share, label, gap = 1, r = 3 }) {
  const [from, middle] = api.coord([api.value(0), api.value(2)]);
  const [to] = api.coord([api.value(1), api.value(2)]);
  const height = api.size([0, 1])[1] * share;
  const left = Math.max(from, area.x);
  const width = Math.max(1, Math.min(to, area.x + area.width) - left - gap);
  if (to <= area.x || from >= area.x + area.width) return null;
  return {
    type: "rect",
    shape: { x: left, y: middle - height / 2, width, height, r },
    style: { fill: item.fill, opacity: item.opacity ?? 1, stroke: item.stroke ?? "transparent", lineWidth: item.stroke ? 2 : 0 },
    textContent: label && width > 30 ? { style: { text: item.text, fill: item.textFill, fontSize: label, width: width - 6, overflow: "truncate" } } : undefined,
    textConfig: { position: "inside" },
  };
}

function levels(slots, plan, ink) {
  const items = slots.map((slot) => ({
    value: [slot.start, slot.end, 0],
    fill: ink[LEVELS[slot.level]] ?? ink.soft,
    tip: () => levelTip(slot, plan),
  }));
  return boxes("levels", items, { share: 0.72, gap: -0.5, r: 0 });
}

function fills(found, plan, rows, ink) {
  const row = rows.indexOf("refining");
  const items = found.map((fill) => ({
    value: [Date.parse(fill.start), Date.parse(fill.end), row],
    fill: ink[productInk(fill.product, plan)],
    opacity: 0.75,
    tip: () => batchTip(plan.batches.find((batch) => batch.id === fill.batch_id)),
  }));
  return boxes("fills", items, { share: 0.5 });
}

function batches(plan, rows, { now, window }, ink) {
  const items = plan.batches.map((batch) => ({
    id: batch.id,
    value: [Date.parse(batch.start), Date.parse(batch.end), rows.indexOf(batch.machine)],
    fill: ink[productInk(batch.product, plan)],
    opacity: Date.parse(batch.end) <= now.ms ? 0.45 : 1,
    stroke: batch.locked ? ink.bad : undefined,
    text: `${t.name("product", batch.product)} ${figures.number(batch.kg, 0, t)}`,
    textFill: textOn(batch.product, plan),
    batch,
    tip: () => batchTip(batch),
  }));
  const mark = { symbol: "none", silent: true, data: [present(now, ink, "start"), ...midnights(window, ink)] };
  return boxes("batches", items, { share: 0.66, label: ink.small }, { markLine: mark });
}

// Products take the colours in the order in which the plan names them.
function productInk(product, plan) {
  return `product-${(order(plan).indexOf(product) % PRODUCTS) + 1}`;
}

function textOn(product, plan) {
  return order(plan).indexOf(product) % PRODUCTS === 0 ? "#fff" : "#1c1917";
}

function order(plan) {
  const known = ["dark", "milk", "white"];
  const named = new Set(plan.batches.map((batch) => batch.product));
  return [...known, ...[...named].filter((product) => !known.includes(product)).sort()];
}

function clocks(from, to) {
  const [start, end] = [figures.wall(Date.parse(from)), figures.wall(Date.parse(to))];
  return `${figures.weekday(start, t)} ${start.clock} – ${start.date === end.date ? "" : `${figures.weekday(end, t)} `}${end.clock}`;
}

// As elements: ECharts would take a string for HTML.
function batchTip(batch) {
  if (!batch) return "";
  const head = `${t.name("product", batch.product)}, ${figures.number(batch.kg, 0, t)} kg`;
  const held = batch.locked ? "locked" : batch.held;
  return el(
    "div",
    { class: "tip" },
    el("p", {}, el("b", {}, head)),
    el("p", {}, `${machine(batch.machine)} · ${clocks(batch.start, batch.end)}`),
    el("p", {}, batch.reason?.[t.language] ?? ""),
    held ? el("p", {}, t.name("chart.held", held)) : "",
  );
}

function levelTip(slot, plan) {
  const when = figures.wall(slot.start);
  const why = slot.reasons.map((code) => plan.level_reasons[code]?.[t.language] ?? "").join(" ");
  const price = `${figures.number(slot.value, 3, t)} ${t.say("prices.axis")}`;
  const kind = GUESSED.has(slot.kind) || slot.kind === "simulated" ? ` (${t.name("kind", slot.kind)})` : "";
  return el(
    "div",
    { class: "tip" },
    el("p", {}, `${figures.weekday(when, t)} ${when.clock}: `, el("b", {}, t.name("level", slot.level))),
    el("p", {}, why),
    el("p", {}, `${price}${kind} · ${slot.period} · ${figures.number(slot.temperature, 0, t)} °C · ${figures.number(slot.power, 0, t)} kW`),
  );
}
