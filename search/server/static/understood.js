// What the server read of the query's text: names and times that it knows, each a chip that can be
// taken back or chosen anew.

import { at, element, icon } from "./dom.js";

const KINDS = { time: "Time", person: "Person", place: "Place", album: "Folder", camera: "Camera", tag: "Tag", file: "File" };

// `change(part)` gets the changed part of the query.
export function showUnderstood(understood, query, change) {
  const chips = understood?.chips ?? [];
  const plain = query.asWords.filter((text) => !chips.some((chip) => chip.applied && (chip.text === text || chip.id === text)));
  at("understood").hidden = chips.length === 0 && plain.length === 0;
  at("understood").replaceChildren(
    ...chips.filter(({ applied }) => applied).map((chip) => applied(chip, query, change)),
    ...chips.filter((chip) => !chip.applied && chip.choices.length + 1 > 0).map((chip) => offered(chip, query, change)),
  );
}

function applied(chip, query, change) {
  const kind = KINDS[chip.kind] ?? chip.kind;
  const away = () => change({ asWords: [...query.asWords, chip.text] });
  return element(
    "li", { class: "chip", title: chip.where },
    element("small", {}, kind), choice(chip, query, change) ?? element("span", {}, chip.label),
    element("button", { type: "button", "aria-label": `Look for “${chip.text}” in the pictures instead`, title: "Look for it in the pictures instead", onclick: away }, icon("close")),
  );
}

function choice(chip, query, change) {
  if (chip.choices.length < 2) return null;
  const options = chip.choices.map(({ id, label, photos }) =>
    element("option", { value: id, selected: label === chip.label }, photos ? `${label} (${photos.toLocaleString("en")})` : label));
  return element(
    "select", { "aria-label": `Which ${chip.text}`, onchange: ({ target }) => change({ chosen: { ...query.chosen, [chip.text]: target.value } }) },
    ...options,
  );
}

function offered(chip, query, change) {
  const id = chip.choices[0]?.id ?? chip.id;
  const take = () => change({ asWords: query.asWords.filter((text) => text !== chip.text && text !== chip.id), chosen: { ...query.chosen, [chip.text]: id } });
  const kind = (KINDS[chip.kind] ?? chip.kind).toLowerCase();
  return element(
    "li", { class: "chip offered" },
    element("button", { type: "button", onclick: take, title: chip.where }, icon("plus"), `${kind}: ${chip.label}`),
  );
}
