// Typing help for filters: fields that there are, and behind an operator their values.

import * as api from "./api.js";
import { element } from "./dom.js";

const MOST = 40;
const VALUE = /^(.*?\b(\w+)\s*(?:=|!=|~)\s*)("[^"]*|'[^']*|[^\s()'",=<>!~]*)$/s;

export class FieldHelp {
  constructor(field, list) {
    this.field = field;
    this.list = list;
    this.values = new Map();
    for (const kind of ["focus", "input"]) field.addEventListener(kind, () => this.show());
  }

  // A list for the whole text, since that is what browsers complete. What comes after more was
  // typed is not shown: it belongs to another text.
  async show() {
    const text = this.field.value;
    const fields = await this.#fields();
    const value = text.match(VALUE);
    const offered = value ? await this.#offeredValues(fields, value) : this.#offeredFields(fields, text);
    if (text !== this.field.value) return;
    this.list.replaceChildren(...offered.slice(0, MOST).map(([whole, label]) => element("option", { value: whole, label })));
  }

  // Asked for once; again, where there was no answer.
  async #fields() {
    this.fields ??= api.fields();
    return this.fields.catch(() => {
      this.fields = undefined;
      return [];
    });
  }

  async #valuesOf(field) {
    if (!this.values.has(field)) this.values.set(field, api.values(field));
    return this.values.get(field).catch((error) => {
      if (!(error instanceof api.Refused)) this.values.delete(field);
      return [];
    });
  }

  #offeredFields(fields, text) {
    const [, before, word] = text.match(/^(.*?)([\w]*)$/s);
    if (/[=<>~]\s*$/.test(before)) return [];
    return fields
      .filter(({ name }) => name.startsWith(word.toLowerCase()))
      .map(({ name, operators, example }) => [`${before}${name} ${operators.includes("~") ? "~" : ">="} `, `${name}, such as ${example}`]);
  }

  async #offeredValues(fields, [, before, name, part]) {
    const field = name.toLowerCase();
    if (!fields.some((each) => each.name === field)) return [];
    const typed = part.replace(/^["']/, "").toLowerCase();
    const known = await this.#valuesOf(field);
    return known
      .filter(({ value }) => value.toLowerCase().includes(typed))
      .map(({ value, photos }) => [`${before}"${value.replaceAll('"', '""')}"`, `${value} (${photos.toLocaleString("en")})`]);
  }
}
