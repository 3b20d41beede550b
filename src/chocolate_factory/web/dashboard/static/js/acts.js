// What there is to do, for those who may: a client of the local network, or one with the token.
//
// The service decides on its own who may (Origin, Sec-Fetch-Site, network or token); what is hidden here is only hidden.

import { by } from "./dom.js";
import * as figures from "./figures.js";
import { base, t } from "./page.js";

const root = document.documentElement;
const api = base.slice(0, -"/dashboard".length);
const KEY = "token";
const FOLLOW_MS = 1_000;

export function begin() {
  if (root.dataset.acts === "no") return;
  by("acts")?.removeAttribute("hidden");
  if (root.dataset.acts === "yes" || sessionStorage.getItem(KEY)) allow();
  by("key")?.addEventListener("submit", takeToken);
  by("meter")?.addEventListener("submit", upload);
  by("move").addEventListener("submit", askCost);
  by("confirm").addEventListener("click", confirmMove);
  by("leave").addEventListener("click", () => by("moving").close());
  by("begin").addEventListener("input", () => by("confirm").setAttribute("disabled", ""));
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("button[data-act]");
    if (button) deeds[button.dataset.act]?.(button);
  });
}

export const mayAct = () => root.classList.contains("may-act");

function allow() {
  root.classList.add("may-act");
}

function takeToken(event) {
  event.preventDefault();
  sessionStorage.setItem(KEY, by("token").value.trim());
  by("key").hidden = true;
  allow();
}

// ------------------------------------------------------------------------------------------------- asking the service
async function post(path, body) {
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (typeof body === "object" && !(body instanceof Blob)) headers["Content-Type"] = "application/json";
  const sent = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  const answer = await fetch(`${api}${path}`, { method: "POST", headers, body: sent });
  return heard(answer);
}

async function heard(answer) {
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (answer.status === 403) sessionStorage.removeItem(KEY);
  throw new Error(told.detail ?? t.say("act.failed", { code: answer.status }));
}

// Long work has a job: it is followed to its end.
async function followed({ job_id: id }) {
  for (;;) {
    const job = await heard(await fetch(`${api}/jobs/${id}`));
    if (job.state === "failed") throw new Error(job.errors.join(" ") || t.say("act.failed", { code: "" }));
    if (job.state === "done") return job;
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
}

// Does something and says how it went; the button waits meanwhile.
async function doing(button, work, done) {
  button.setAttribute("disabled", "");
  say(t.say("act.busy"));
  try {
    say(done(await work()));
  } catch (problem) {
    say(problem.message, true);
  } finally {
    button.removeAttribute("disabled");
  }
}

function say(text, bad = false) {
  const node = by("said");
  node.textContent = text;
  node.classList.toggle("bad", bad);
  node.hidden = false;
}

// --------------------------------------------------------------------------------------------------------------- deeds
const deeds = {
  plan: (button) => doing(button, () => post("/plan"), (plan) => t.say("act.planned", { eur: eur(plan.cost_eur) })),
  lock: (button) => {
    const locked = button.dataset.locked !== "yes";
    const path = `/plan/batches/${encodeURIComponent(button.dataset.batch)}/lock`;
    return doing(button, () => post(path, { locked }), () => t.say(locked ? "act.locked" : "act.unlocked"));
  },
  acknowledge: (button) =>
    doing(button, () => post(`/alerts/${button.dataset.alert}/acknowledge`), () => t.say("act.acknowledged")),
  run: (button) =>
    doing(
      button,
      async () => followed(await post(`/scheduler/jobs/${encodeURIComponent(button.dataset.job)}/run`)),
      () => t.say("act.ran"),
    ),
  move: (button) => openMove(button.dataset.batch, button.dataset.what, button.dataset.start),
};

const eur = (value) => `${figures.number(value, 2, t)} €`;

// -------------------------------------------------------------------------------------------------------------- moving
export function openMove(batch, what, start) {
  const dialog = by("moving");
  dialog.dataset.batch = batch;
  by("moving-what").textContent = what;
  by("begin").value = start.slice(0, 16); // the service writes Madrid's wall time, and reads it without an offset
  by("cost").textContent = "";
  by("confirm").setAttribute("disabled", "");
  dialog.showModal();
}

async function askCost(event) {
  event.preventDefault();
  const { batch } = by("moving").dataset;
  const start = by("begin").value;
  by("cost").textContent = t.say("act.busy");
  try {
    const move = await post("/plan/what-if", { batch_id: batch, start });
    if (start === by("begin").value) show(move);
  } catch (problem) {
    by("cost").textContent = problem.message;
  }
}

function show({ feasible, delta_eur: delta, reason }) {
  const cost = feasible ? t.say(delta > 0 ? "act.costs" : "act.saves", { eur: eur(Math.abs(delta)) }) : t.say("act.impossible");
  by("cost").textContent = `${cost} ${reason[t.language]}`;
  by("confirm").toggleAttribute("disabled", !feasible);
}

async function confirmMove() {
  const { batch } = by("moving").dataset;
  const path = `/plan/batches/${encodeURIComponent(batch)}/move`;
  await doing(by("confirm"), () => post(path, { start: by("begin").value }), () => t.say("act.moved"));
  by("moving").close();
}

// --------------------------------------------------------------------------------------------------------------- meter
async function upload(event) {
  event.preventDefault();
  const [file] = by("readings").files;
  const button = by("meter").querySelector("button");
  await doing(button, () => post("/meter/readings", file), ({ read, written, rejected }) => {
    return t.say("act.metered", { read, written, rejected: rejected.length });
  });
}
