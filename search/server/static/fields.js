// Typing help for filters: fields that there are, and behind an operator their values.

import * as api from "./api.js";
import { element } from "./dom.js";

const MOST = 40;
const VALUE = /^(.*?\b(\w+)\s*(?:=|!=|~)\s*)("[^"]*|'[^']*|[^\s()'",=<>!~]*)$/s;

export class FieldHelp {
  constructor(field, list) {
    this.list = list;
    this.values = new Map();
    field.addEventListener("focus", () => this.#load());
    field.addEventListener("input", () => this.show(field.value));
  }

  async #load() {
    this.fields ??= await api.fields().catch(() => []);
    this.show("");
  }

  // A list for the whole text, since that is what browsers complete.
  async show(text) {
    const value = text.match(VALUE);
    const offered = value ? await this.#offeredValues(value) : this.#offeredFields(text);
    this.list.replaceChildren(...offered.slice(0, MOST).map(([whole, label]) => element("option", { value: whole, label })));
  }

  #offeredFields(text) {
    const [, before, word] = text.match(/^(.*?)([\w]*)$/s);
    if (/[=<>~]\s*$/.test(before)) return [];
    return (this.fields ?? [])
      .filter(({ name }) => name.startsWith(word.toLowerCase()))
      .map(({ name, operators, example }) => [`${before}${name} ${operators.includes("~") ? "~" : ">="} `, `${name}, such as ${example}`]);
  }

  async #offeredValues([, before, name, part]) {
    const field = name.toLowerCase();
    if (!(this.fields ?? []).some((each) => each.name === field)) return [];
    if (!this.values.has(field)) this.values.set(field, await api.values(field).catch(() => []));
    const typed = part.replace(/^["']/, "").toLowerCase();
    return this.values.get(field)
      .filter(({ value }) => value.toLowerCase().includes(typed))
      .map(({ value, photos }) => [`${before}"${value.replaceAll('"', '""')}"`, `${value} (${photos.toLocaleString("en")})`]);
  }
}
