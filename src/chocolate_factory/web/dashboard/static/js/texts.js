// The words of the page's language; the counterpart of texts.py.

export class Texts {
  constructor(language, messages) {
    this.language = language;
    this.messages = messages;
  }

  has(key) {
    return Object.hasOwn(this.messages, key);
  }

  say(key, gaps = {}) {
    if (!this.has(key)) throw new Error(`no text ${key}`);
    return this.messages[key].replace(/\{(\w+)\}/g, (_, gap) => String(gaps[gap]));
  }

  count(key, number, shown) {
    const form = { 0: "zero", 1: "one" }[number] ?? "many";
    return this.say(`${key}.${form}`, { n: shown });
  }

  // Our name for something outside, or its own where we have none.
  name(group, raw) {
    const key = `${group}.${raw}`;
    return this.has(key) ? this.messages[key] : raw;
  }
}
