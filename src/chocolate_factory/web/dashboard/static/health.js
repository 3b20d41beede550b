// The section Data; the counterpart of health.py.

import * as figures from "./figures.js";

const UPSTREAM = "upstream:";
const QUIET = ["ok", "unknown"];
const WRITTEN_IN = "en"; // what happened, as the ledger keeps it
const STATES = new Set(["ok", "degraded", "down", "unknown", "fresh", "late", "missing", "info", "warning", "critical"]);
const RANK = { critical: 0, warning: 1 };

// The state as a class name; never a text from outside.
export function state(raw) {
  return STATES.has(raw) ? raw : "unknown";
}

export function openAlerts(alerts) {
  const still = (alerts ?? []).filter((alert) => alert.state !== "closed");
  return still.sort((a, b) => (RANK[a.severity] ?? 2) - (RANK[b.severity] ?? 2));
}

export function alertRows(alerts, now, t) {
  return alerts.map((alert) => ({
    severity: state(alert.severity),
    label: t.name("severity", alert.severity),
    meaning: (t.language !== WRITTEN_IN && alert.meaning?.[t.language]) || "",
    message: alert.message,
    action: action(alert, t),
    seen: seen(alert, now, t),
  }));
}

export function seriesRows(health, now, t) {
  return (health.series ?? []).map((row) => ({
    name: t.name("series", row.series),
    source: row.source ? t.name("source", row.source) : "",
    last: time(row.last, now, t) || "—",
    behind: behind(row.behind_hours, t),
    state: state(row.status),
    label: t.name("freshness", row.status),
  }));
}

export function repair(health, now, t) {
  const counts = [
    ["health.gaps", health.total_gaps],
    ["health.records", health.missing_records],
  ];
  const known = counts.filter(([, n]) => n !== null && n !== undefined);
  const sentences = known.map(([key, n]) => t.count(key, n, figures.number(n, 0, t)));
  return [...sentences, ...recovery(health.last_recovery, now, t)];
}

export function upstreams(status, now, t) {
  const found = (status.checks ?? []).filter((one) => one.name.startsWith(UPSTREAM));
  return found.map((one) => check(one, one.name.slice(UPSTREAM.length), "source", "upstream", now, t));
}

export function parts(status, now, t) {
  const found = (status.checks ?? []).filter((one) => !one.name.startsWith(UPSTREAM));
  return found.map((one) => check(one, one.name, "part", "check", now, t));
}

function check(raw, name, names, labels, now, t) {
  const since = time(raw.since, now, t);
  return {
    name: t.name(names, name),
    state: state(raw.status),
    label: t.name(labels, raw.status),
    since: since ? t.say("health.since", { time: since }) : "",
    // of a source that answers, or was not asked, the label says all
    detail: names === "source" && QUIET.includes(raw.status) ? "" : raw.detail || "",
  };
}

function recovery(last, now, t) {
  if (!last) return [t.say("health.no_recovery")];
  const rate = last.success_rate ?? null;
  const sentence = t.say(rate === null ? "health.recovery" : "health.recovery_rate", {
    time: time(last.at, now, t),
    filled: figures.number(last.filled, 0, t),
    failed: figures.number(last.failed, 0, t),
    rate: figures.number(100 * (rate ?? 0), 0, t),
  });
  return last.summary ? [sentence, last.summary] : [sentence];
}

function seen(alert, now, t) {
  const parts = [t.say("health.opened", { time: time(alert.opened_at, now, t) })];
  if ((alert.times ?? 1) > 1) {
    const last = time(alert.last_seen_at, now, t);
    parts.push(t.say("health.times", { n: figures.number(alert.times, 0, t), time: last }));
  }
  if (alert.state === "acknowledged") parts.push(t.say("alert.acknowledged"));
  return parts.join(" · ");
}

// The alert's own; in the page's language where that is the runbook's.
function action(alert, t) {
  const own = alert.action || "";
  return own && own === alert.remedy?.[WRITTEN_IN] ? alert.remedy[t.language] : own;
}

function behind(hours, t) {
  if (hours === null || hours === undefined) return "—";
  return hours > 0 ? figures.duration(hours * figures.HOUR_S, t) : t.say("health.on_time");
}

function time(text, now, t) {
  return text ? figures.dayAndClock(figures.moment(text), now, t) : "";
}
