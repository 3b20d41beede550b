// What every module knows of the page: where it lies, its language, its words.

import { by } from "./dom.js";
import { Texts } from "./texts.js";

const root = document.documentElement;

export const base = root.dataset.base;
export const language = root.lang;
export const t = new Texts(language, JSON.parse(by("texts").textContent));

export const address = (path) => `${base}/${path}?lang=${language}`;
