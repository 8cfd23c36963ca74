// The filter panel. Every chooser writes its part of the one text below it, which may also be typed.

import { at, element } from "./dom.js";
import { FieldHelp } from "./fields.js";
import { chosen, clauses, withChosen } from "./where.js";

const EXAMPLES = ["width > 2000", "taken >= 2024", "camera ~ pixel", "caption ~ beach", "not category = person", "size > 2MB"];
const SHAPES = [["", "Any"], ["landscape", "Landscape"], ["portrait", "Portrait"], ["square", "Square"]];

export class Filters {
  // `change(part)` gets the changed part of the query: where, fold or words.
  constructor(change) {
    this.change = change;
    this.query = { where: "", fold: true, words: true };
    const write = (name) => ({ target }) => this.#write(withChosen(this.query.where, name, target.value));
    this.category = element("input", { list: "categories", placeholder: "Any", autocomplete: "off", onchange: write("category") });
    this.names = element("datalist", { id: "categories" });
    this.from = element("input", { type: "date", "aria-label": "Taken from", onchange: write("from") });
    this.to = element("input", { type: "date", "aria-label": "Taken until", onchange: write("to") });
    this.shapes = SHAPES.map(([value, name]) => [
      element("input", { type: "radio", name: "orientation", value, onchange: write("orientation") }), name,
    ]);
    this.where = element("input", {
      type: "text", class: "where", placeholder: "width > 2000 and category = dog", spellcheck: "false", autocomplete: "off", autocapitalize: "off",
      onchange: () => this.#write(this.where.value.trim()),
    });
    this.where.setAttribute("list", "where-help");
    this.help = element("datalist", { id: "where-help" });
    new FieldHelp(this.where, this.help);
    this.fold = this.#box("fold");
    this.words = this.#box("words");
    at("filters").append(...this.#rows());
    at("filters-open").addEventListener("click", () => this.toggle());
  }

  toggle(open = at("filters").hidden) {
    at("filters").hidden = !open;
    at("filters-open").setAttribute("aria-expanded", open);
    if (open) this.category.focus();
  }

  show(query) {
    this.query = query;
    this.where.value = query.where;
    this.category.value = chosen(query.where, "category");
    this.from.value = chosen(query.where, "from");
    this.to.value = chosen(query.where, "to");
    const shape = chosen(query.where, "orientation").toLowerCase();
    for (const [box] of this.shapes) box.checked = box.value === shape;
    this.fold.checked = query.fold;
    this.words.checked = query.words;
    const count = clauses(query.where).length;
    at("filters-count").textContent = count;
    at("filters-count").hidden = count === 0;
    this.clear.hidden = count === 0;
  }

  // Names of what is annotated, with how many photos show it.
  categories(known) {
    const key = JSON.stringify(known);
    if (key === this.known) return;
    this.known = key;
    this.names.replaceChildren(...known.map(({ name, photos }) => element("option", { value: name, label: `${name} (${photos.toLocaleString("en")})` })));
    this.category.closest("label").hidden = known.length === 0;
  }

  #write(where) {
    if (where !== this.query.where) this.change({ where });
  }

  #box(name) {
    return element("input", { type: "checkbox", onchange: ({ target }) => this.change({ [name]: target.checked }) });
  }

  #rows() {
    const add = (example) => {
      const rest = clauses(this.query.where).filter((clause) => clause !== example);
      this.#write([...rest, example].join(" and "));
    };
    const examples = EXAMPLES.map((text) => element("button", { type: "button", class: "example", onclick: () => add(text) }, text));
    this.clear = element("button", { type: "button", class: "plain", onclick: () => this.#write("") }, "Clear");
    return [
      element("label", { class: "field" }, element("span", {}, "Shows"), this.category, this.names),
      element("div", { class: "field" }, element("span", {}, "Taken"), element("span", { class: "dates" }, this.from, "–", this.to)),
      element(
        "div", { class: "field", role: "group", "aria-label": "Shape" }, element("span", {}, "Shape"),
        element("span", { class: "segments" }, ...this.shapes.map(([box, name]) => element("label", {}, box, element("span", {}, name)))),
      ),
      element("label", { class: "field wide" }, element("span", {}, "Only where"), this.where, this.help),
      element("p", { class: "examples" }, "Such as ", ...examples, this.clear),
      element(
        "div", { class: "boxes" },
        element("label", {}, this.fold, "Fold near-duplicates"),
        element("label", {}, this.words, "Words of captions, names, tags and titles count too"),
      ),
    ];
  }
}
