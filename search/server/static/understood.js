// What the server read of the query's text: names and times that it knows, each a chip that can be
// taken back or chosen anew.

import { at, element, icon } from "./dom.js";

const KINDS = { time: "Time", person: "Person", place: "Place", album: "Folder", camera: "Camera", tag: "Tag", file: "File" };

// `change(part)` gets the changed part of the query.
export function showUnderstood(understood, query, change) {
  const chips = (understood?.chips ?? []).flatMap((chip) => (chip.applied ? [applied(chip, query, change)] : offered(chip, query, change)));
  const shown = [...chips, ...query.asWords.map((text) => asWords(text, query, change))];
  at("understood").hidden = shown.length === 0;
  at("understood").replaceChildren(...shown);
}

function applied(chip, query, change) {
  const away = () => change({ asWords: [...query.asWords, chip.text], chosen: without(query.chosen, chip.text) });
  return element(
    "li", { class: "chip", title: chip.where },
    element("small", {}, kindOf(chip)), choice(chip, query, change) ?? element("span", {}, chip.label),
    element("button", { type: "button", "aria-label": `Look for “${chip.text}” in the pictures instead`, title: "Look for it in the pictures instead", onclick: away }, icon("close")),
  );
}

// The first of the options is that any of the others may be meant.
function choice(chip, query, change) {
  if (chip.choices.length < 2) return null;
  const chosen = chip.choices.find(({ label }) => label === chip.label);
  const any = chosen ? "Any of these" : chip.label;
  const options = chip.choices.map(({ id, label, photos }) =>
    element("option", { value: id, selected: label === chosen?.label }, photos ? `${label} (${photos.toLocaleString("en")})` : label));
  const choose = ({ target: { value } }) =>
    change({ chosen: { ...without(query.chosen, chip.text), ...(value ? { [chip.text]: value } : {}) } });
  return element(
    "select", { "aria-label": `Which ${chip.text}`, onchange: choose },
    element("option", { value: "", selected: !chosen }, any), ...options,
  );
}

// Words that are ordinary ones too: a button for each thing that they may name.
function offered(chip, query, change) {
  const choices = chip.choices.length ? chip.choices : [{ ...chip, id: `${chip.kind}:${chip.label}` }];
  return choices.map(({ id, kind, label, where }) => element(
    "li", { class: "chip offered" },
    element("button", { type: "button", onclick: () => change({ chosen: { ...query.chosen, [chip.text]: id } }), title: where }, icon("plus"), `${kindOf({ kind }).toLowerCase()}: ${label}`),
  ));
}

// A part of the text that was taken back, which can be a filter again.
function asWords(text, query, change) {
  const again = () => change({ asWords: query.asWords.filter((each) => each !== text) });
  return element(
    "li", { class: "chip offered" },
    element("button", { type: "button", onclick: again, title: "Read it as a name or a time again" }, icon("plus"), `“${text}” as a filter`),
  );
}

const kindOf = ({ kind }) => KINDS[kind] ?? kind;

const without = (chosen, text) => Object.fromEntries(Object.entries(chosen).filter(([said]) => said !== text));
