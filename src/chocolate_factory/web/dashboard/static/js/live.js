// Listens to the event stream, and says so when it stops: numbers that stand still must never pass for fresh ones.
//
// The browser's clock is only ever used for differences; what time it is, the events say (a trial moves the service's).

import { by } from "./dom.js";
import * as figures from "./figures.js";
import { address, t } from "./page.js";

const SILENT_AFTER_MS = 15_000;
const STUCK_AFTER_MS = 300_000;
const AGAIN_AFTER_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

const root = document.documentElement;
const heard = { at: Date.now(), built: Date.now(), clock: by("live").dataset.time, generated: "" };
let stream = null;

// Calls back with each event; a hidden page closes its stream, for a browser has few connections to give.
export function listen(onNews) {
  const open = () => {
    stream?.close();
    if (document.hidden) return;
    stream = new EventSource(address("events"));
    stream.addEventListener("news", (event) => take(JSON.parse(event.data), onNews));
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_AFTER_MS);
    });
  };
  document.addEventListener("visibilitychange", open);
  setInterval(look, LOOK_EVERY_MS);
  open();
}

function take(news, onNews) {
  heard.at = Date.now();
  if (news.at !== heard.generated) {
    Object.assign(heard, { built: Date.now(), generated: news.at, clock: figures.moment(news.at).clock });
  }
  look();
  onNews(news);
}

function look() {
  if (document.hidden) return;
  const silent = Date.now() - heard.at > SILENT_AFTER_MS;
  const stuck = Date.now() - heard.built > STUCK_AFTER_MS;
  show(silent ? "live.silent" : stuck ? "live.stuck" : "", (Date.now() - heard.built) / 1000);
}

function show(trouble, seconds) {
  const live = by("live");
  root.toggleAttribute("data-silent", Boolean(trouble));
  by("silence").hidden = !trouble;
  if (trouble) {
    const text = t.say(trouble, { time: heard.clock, age: figures.duration(seconds, t) });
    if (by("silence").textContent !== text) by("silence").textContent = text;
  } else if (heard.generated) {
    live.textContent = t.say("live.on", { time: heard.clock });
  }
}
