// Every chart of the page, from one answer.

import { Canvas } from "./canvas.js";
import { build as gantt } from "./gantt-chart.js";
import { address } from "./page.js";
import { build as prices } from "./prices-chart.js";

const GIVE_UP_MS = 10_000;
const canvases = [new Canvas("gantt", gantt), new Canvas("chart", prices)];

export async function refresh() {
  const answer = await fetch(address("complete"), { signal: AbortSignal.timeout(GIVE_UP_MS) });
  if (!answer.ok) return; // the page says by itself that its stream is silent
  const data = await answer.json();
  for (const canvas of canvases) canvas.draw(data);
}
