// Puts newer sections, as the server renders them, in the place of older ones.
//
// Idiomorph changes only what differs, so that focus, scrolled tables and what a reader opened stay as they are. What
// carries data-keep belongs to a script and is left alone.

import { by } from "./dom.js";
import { address } from "./page.js";

const GIVE_UP_MS = 10_000;
const held = JSON.parse(document.querySelector("main").dataset.digests);

const callbacks = {
  beforeNodeMorphed: (old) => old.dataset?.keep === undefined,
  beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details"),
};

// Fetches the sections whose digest is another than the one held.
export async function renew(digests) {
  const stale = Object.keys(digests).filter((name) => digests[name] !== held[name]);
  await Promise.all(stale.map((name) => renewOne(name, digests[name])));
}

async function renewOne(name, digest) {
  const answer = await fetch(address(`sections/${name}`), { signal: AbortSignal.timeout(GIVE_UP_MS) });
  if (!answer.ok) return; // the next event asks again
  globalThis.Idiomorph.morph(by(name), await answer.text(), { callbacks });
  held[name] = digest;
  document.dispatchEvent(new CustomEvent("renewed", { detail: name }));
}
