// Keeps the page current: asks for its JSON every half minute, lets ages grow in between, and says so when it fails.
//
// The browser's clock is only ever used for differences; what time it is, the JSON says (a trial moves the service's).

import * as figures from "./figures.js";
import * as health from "./health.js";
import * as now from "./now.js";
import * as prices from "./prices.js";
import * as show from "./show.js";
import { Texts } from "./texts.js";

const ASK_EVERY_MS = 30_000;
const AGES_EVERY_MS = 5_000;
const GIVE_UP_MS = 10_000;
const STUCK_AFTER_MS = 300_000;

const root = document.documentElement;
const by = (id) => document.getElementById(id);
const t = new Texts(root.lang, JSON.parse(by("texts").textContent));
const page = { data: null, since: 0, prices: null, chart: null, timer: 0, asking: false };

// An answer that is none: the reason is a key of the texts.
class Silence extends Error {
  constructor(reason, code = "") {
    super(reason);
    this.reason = reason;
    this.code = code;
  }
}

async function ask() {
  let answer;
  try {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    answer = await fetch(`${root.dataset.base}/complete?lang=${root.lang}`, { cache: "no-store", signal });
  } catch {
    throw new Silence("live.silent");
  }
  if (!answer.ok) throw new Silence("live.error", answer.status);
  try {
    return await answer.json();
  } catch {
    throw new Silence("live.garbled");
  }
}

async function refresh() {
  if (page.asking) return;
  page.asking = true;
  clearTimeout(page.timer);
  try {
    take(await ask());
  } catch (problem) {
    if (!(problem instanceof Silence)) throw problem;
    silent(problem.reason, problem.code);
  } finally {
    page.asking = false;
    page.timer = setTimeout(refresh, ASK_EVERY_MS);
  }
}

function take(data) {
  const renewed = data.generated_at !== page.data?.generated_at;
  if (renewed) page.since = Date.now();
  page.data = data;
  if (!renewed && Date.now() - page.since > STUCK_AFTER_MS) return silent("live.stuck");
  live(figures.moment(data.generated_at).clock);
  showAll();
}

function live(clock) {
  const node = by("live");
  node.dataset.time = clock;
  node.classList.remove("bad");
  node.textContent = t.say("live.on", { time: clock });
  by("silence").hidden = true;
}

function silent(reason, code) {
  const text = t.say(reason, { time: by("live").dataset.time, code });
  by("live").classList.add("bad");
  const node = by("silence");
  if (node.textContent !== text) node.textContent = text;
  node.hidden = false;
}

function later() {
  return Math.max(0, (Date.now() - page.since) / 1000);
}

function generated() {
  return figures.moment(page.data.generated_at);
}

function showAll() {
  showTop();
  showNow();
  showHealth();
  showPrices();
}

function showTop() {
  const { world, system_status: status, alerts } = page.data;
  const open = health.openAlerts(alerts).length;
  by("demo").hidden = world !== "simulated";
  by("lamp").className = `lamp ${health.state(status?.status)}`;
  show.put(by("lamp"), "status", t.say(`status.${health.state(status?.status)}`));
  show.put(by("lamp"), "alerts", t.count("alerts", open, figures.number(open, 0, t)));
}

function showNow() {
  const info = page.data.current_info ?? {};
  for (const node of document.querySelectorAll("[data-tile]")) {
    show.showTile(node, now.tile(show.specOf(node), info, generated(), later(), t), t);
  }
  const periods = prices.periods(prices.readAll(page.data.prices));
  show.showPeriod(by("period"), now.periodTile(info, periods, generated(), t), outlived(info, periods), t);
}

// Whether the tariff period has ended while nothing new came.
function outlived(info, periods) {
  const present = periods.findLast(([start]) => start.ms <= generated().ms + 1000 * later());
  return Boolean(info.tariff_period && present && present[1] !== info.tariff_period);
}

function showPrices() {
  const slots = prices.readAll(page.data.prices);
  const days = prices.days(slots, page.data.current_info?.tariff, generated(), t);
  const shown = JSON.stringify(days); // rebuilding a table that says the same would throw a reader out of it
  if (shown !== page.prices) {
    show.showDays(by("days"), days);
    show.showTables(by("tables"), days, t);
    page.prices = shown;
  }
  show.showNotes(by("notes"), page.data.prices?.notes ?? []);
  drawChart();
}

async function drawChart() {
  page.chart ??= import("./chart.js");
  const { draw } = await page.chart;
  const at = Date.parse(page.data.generated_at) + 1000 * later();
  draw(by("chart"), prices.readAll(page.data.prices), page.data.current_info?.tariff, figures.wall(at), t);
}

function showHealth() {
  const { system_status: status, data_health: data } = page.data;
  const details = root.dataset.external !== "yes";
  const nothing = t.say("health.nothing");
  show.showAlerts(by("alerts"), health.alertRows(health.openAlerts(page.data.alerts), generated(), t), t);
  show.showSeries(by("series"), data ? health.seriesRows(data, generated(), t) : [], data ? t.say("health.no_series") : nothing);
  show.showRepair(by("repair"), data ? health.repair(data, generated(), t) : [], nothing);
  show.showChecks(by("upstreams"), health.upstreams(status ?? {}, generated(), t), details, t.say("health.no_upstreams"));
  show.showChecks(by("parts"), health.parts(status ?? {}, generated(), t), details, t.say("health.no_checks"));
}

setInterval(() => page.data && showNow(), AGES_EVERY_MS);
document.addEventListener("theme", () => page.data && drawChart());
document.addEventListener("visibilitychange", () => document.hidden || refresh());
refresh();
