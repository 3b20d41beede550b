// Keeps the page current, draws the charts once it is readable, and shows what there is to do to those who may.

import { begin } from "./acts.js";
import { listen } from "./live.js";
import { renew } from "./sections.js";

begin();
const print = document.getElementById("print");
print?.addEventListener("click", () => globalThis.print());
print?.removeAttribute("hidden");

let drawn = null; // the digest of what the charts show
let charts = null;

listen(async (news) => {
  await renew(news.sections);
  if (news.charts === drawn) return;
  drawn = news.charts;
  charts?.refresh();
});

// The charts weigh more than all the rest: they come when the page has been read.
const load = async () => {
  charts = await import("./charts.js");
  await charts.refresh();
};
if (document.readyState === "complete") setTimeout(load);
else addEventListener("load", () => setTimeout(load));
