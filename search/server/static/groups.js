// Photos that were found stand in groups, by how likely they are to match. The server says which
// group a hit is in; the cuts that are told here are those of search/result.py.

import { element, percent } from "./dom.js";

export const MAYBE = 0.15;
export const WEAK = 0.5;

const GROUPS = {
  good: ["Good matches", `${percent(WEAK)} and more: likelier right than wrong`],
  maybe: ["Maybe", `${percent(MAYBE)} to ${percent(WEAK)}: worth a look`],
  other: ["Nearest others", `below ${percent(MAYBE)}: shown for want of better ones`],
};
const ONE = { good: "Good match", maybe: "Maybe", other: "Only near" };
const ORDER = Object.keys(GROUPS);

// The hits with groups that never rise: what a wider search adds stays below what is there, and
// near-duplicates that are unfolded stay beside the photo they belong to.
export function grouped(hits) {
  let lowest = 0;
  return hits.map((hit) => {
    if (hit.group === undefined) return hit;
    if (!hit.folded) lowest = Math.max(lowest, ORDER.indexOf(hit.group));
    return { ...hit, group: ORDER[lowest] };
  });
}

// The group of one photo, in words.
export const groupOf = (hit) => ONE[hit.group];

export function heading(group) {
  const [name, meaning] = GROUPS[group];
  return element(
    "div", { role: "row", class: "group" },
    element("div", { role: "rowheader" }, element("h2", {}, name), element("span", {}, meaning)),
  );
}
