// Writes into the page what the sections' modules worked out. Text only ever goes in as text, never as HTML.

const KINDS = new Set(["reanalysis", "forecast", "estimated", "simulated"]);
const TRENDS = new Set(["rising", "falling", "steady"]);

// An element with attributes and children; children that are strings become text.
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

// A text in its place; an element that has nothing to say is hidden.
export function put(root, place, text) {
  const node = root.querySelector(`[data-text="${place}"]`);
  if (node.textContent !== text) node.textContent = text;
  if (node.tagName === "P") node.hidden = !text;
  return node;
}

export function specOf(node) {
  const { tile, digits, staleAfter, byDay } = node.dataset;
  return { key: tile, digits: Number(digits), stale_after: Number(staleAfter), by_day: byDay !== undefined };
}

export function showTile(node, tile, t) {
  for (const place of ["title", "value", "missing", "provenance", "reason"]) put(node, place, tile[place]);
  node.querySelector(".value").hidden = !tile.value;
  node.classList.toggle("stale", tile.stale);
  node.querySelector(".badge.stale").hidden = !tile.stale;
  showBadge(node.querySelector(".badges > :last-child"), tile.badge, t);
  if (node.querySelector('[data-text="trend"]')) {
    const trend = put(node, "trend", tile.trend ? t.name("trend", tile.trend) : "");
    trend.className = TRENDS.has(tile.trend) ? `trend ${tile.trend}` : "trend";
  }
}

function showBadge(node, kind, t) {
  node.hidden = !kind;
  node.className = `badge ${KINDS.has(kind) ? kind : "unknown"}`;
  node.textContent = kind ? t.name("kind", kind) : "";
}

export function showPeriod(node, tile, stale, t) {
  for (const place of ["period", "missing", "meaning", "tariff", "until"]) put(node, place, tile[place]);
  node.className = `tile period ${tile.colour}`;
  node.querySelector(".badge.stale").hidden = !stale;
  node.querySelector(".value").hidden = !tile.period;
  const band = node.querySelector(".band");
  band.hidden = !tile.band.length;
  band.setAttribute("aria-label", `${t.say("now.band")}: ${tile.band.map(([, period]) => period).join(" ")}`);
  band.replaceChildren(...tile.band.map(([colour, , on]) => el("i", { class: on ? `${colour} on` : colour })));
}

export function showDays(root, days) {
  const paragraphs = (texts, name) => texts.map((text) => el("p", { class: name }, text));
  const blocks = days.map((day) => {
    const { ranges, missing, origins } = day;
    const all = [...paragraphs(ranges, null), ...paragraphs(missing, "missing"), ...paragraphs(origins, "from")];
    return el("div", {}, el("h3", {}, day.title), ...all);
  });
  root.replaceChildren(...blocks);
}

export function showNotes(node, notes) {
  node.hidden = !notes.length;
  node.replaceChildren(...notes.map((note) => el("li", {}, note)));
}

export function showTables(root, days, t) {
  root.replaceChildren(...days.filter((day) => day.rows.length).map((day) => table(day, t)));
}

function table(day, t) {
  const tall = (key) => el("th", { scope: "col", rowspan: 2 }, t.say(key));
  const heads = ["prices.hour", "prices.period", "series.pvpc"].map(tall);
  const group = el("th", { scope: "colgroup", colspan: 4 }, t.say("prices.spot_quarters"));
  const minutes = [":00", ":15", ":30", ":45"].map((minute) => el("th", { scope: "col" }, minute));
  const whole = el(
    "table",
    { class: "prices" },
    el("caption", {}, t.say("prices.caption", { day: day.title })),
    el("thead", {}, el("tr", {}, ...heads, group), el("tr", {}, ...minutes)),
    el("tbody", {}, ...day.rows.map((row) => hour(row, t))),
  );
  return el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": day.title }, whole);
}

function hour(row, t) {
  const chip = el("span", { class: `chip ${row.colour}` }, row.period || "—");
  const cells = [row.pvpc, ...row.spot].map((cell) => price(cell, t));
  const mark = row.current ? { "aria-current": "time" } : {};
  return el("tr", mark, el("th", { scope: "row" }, row.hour), el("td", {}, chip), ...cells);
}

function price(cell, t) {
  if (!cell) {
    const spoken = el("span", { class: "aside" }, t.say("prices.no_value"));
    return el("td", { class: "hole" }, el("span", { "aria-hidden": "true" }, "—"), spoken);
  }
  const mark = cell.badge ? el("abbr", { title: t.name("kind", cell.badge) }, t.name("mark", cell.badge)) : "";
  return el("td", cell.span === 4 ? { colspan: 4 } : {}, mark, cell.text);
}

export function showSeries(root, rows, empty) {
  const lines = rows.map((row) => {
    const state = el("td", {}, el("span", { class: `dot ${row.state}` }), word(row));
    const name = el("th", { scope: "row" }, row.name, " ", el("span", { class: "from" }, row.source));
    return el("tr", {}, name, el("td", {}, row.last), el("td", {}, row.behind), state);
  });
  const nothing = el("tr", {}, el("td", { colspan: 4, class: "missing" }, empty));
  root.replaceChildren(...(lines.length ? lines : [nothing]));
}

export function showChecks(root, checks, details, empty) {
  const lines = checks.map((check) => {
    const detail = details && check.detail ? el("span", { class: "detail" }, check.detail) : "";
    const name = el("span", { class: "who" }, check.name);
    const since = el("span", { class: "from" }, check.since);
    return el("li", {}, el("span", { class: `dot ${check.state}` }), name, " ", word(check), " ", since, " ", detail);
  });
  root.replaceChildren(...(lines.length ? lines : [el("li", { class: "missing" }, empty)]));
}

function word({ state, label }) {
  return el("span", { class: `word ${state}` }, label);
}

export function showAlerts(root, alerts, t) {
  const lines = alerts.map(({ severity, label, meaning, message, action, seen }) => {
    const todo = action ? el("span", { class: "action" }, el("strong", {}, t.say("health.action")), ` ${action}`) : "";
    const what = el("span", { class: "message" }, meaning ? `${meaning} ${message}` : message);
    return el("li", { class: severity }, el("b", {}, label), " ", what, " ", todo, " ", el("span", { class: "from" }, seen));
  });
  root.replaceChildren(...(lines.length ? lines : [el("li", { class: "none" }, t.say("health.no_alerts"))]));
}

export function showRepair(root, sentences, empty) {
  const lines = sentences.map((sentence) => el("li", {}, sentence));
  root.replaceChildren(...(lines.length ? lines : [el("li", { class: "missing" }, empty)]));
}
