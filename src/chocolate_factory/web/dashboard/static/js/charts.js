// Every chart of the page, from one answer.

import { mayAct, openMove } from "./acts.js";
import { Canvas } from "./canvas.js";
import { build as enpi } from "./enpi-chart.js";
import { build as gantt, machine } from "./gantt-chart.js";
import { build as load } from "./load-chart.js";
import { address, t } from "./page.js";
import { build as prices } from "./prices-chart.js";
import { build as record } from "./record-chart.js";
import { build as week } from "./week-chart.js";

const GIVE_UP_MS = 10_000;
const plan = new Canvas("gantt", gantt);
plan.onOpen = (chart) => chart.on("click", ({ data }) => tapped(data?.batch));
const canvases = [
  plan,
  new Canvas("chart", prices),
  new Canvas("week", week),
  new Canvas("record", record),
  new Canvas("load", load),
  new Canvas("enpi", enpi),
];

// A batch that has not begun can be moved, by those who may.
function tapped(batch) {
  if (!batch || !mayAct() || batch.held === "begun") return;
  openMove(batch.id, `${machine(batch.machine)}, ${t.name("product", batch.product)}`, batch.start);
}

export async function refresh() {
  const answer = await fetch(address("complete"), { signal: AbortSignal.timeout(GIVE_UP_MS) });
  if (!answer.ok) return; // the page says by itself that its stream is silent
  const data = await answer.json();
  for (const canvas of canvases) canvas.draw(data);
}
