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
    if (hit.group === undefined || PLAIN.test(hit.group)) return hit;
    if (!hit.folded) lowest = Math.max(lowest, ORDER.indexOf(hit.group));
    return { ...hit, group: ORDER[lowest] };
  });
}

// The group of one photo, in words.
export const groupOf = (hit) => ONE[hit.group];

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

// "month:2024-05" is May 2024; "month:" is of photos without a date.
export const monthOf = (group) => (group === "month:" ? "Without a date" : MONTH.format(new Date(`${group.slice(6)}-01T00:00:00Z`)));

export const yearOf = (group) => (group === "month:" ? "No date" : group.slice(6, 10));

const PLAIN = /^(month|alike):/;

function titled(group) {
  if (!PLAIN.test(group)) return GROUPS[group];
  if (group.startsWith("month:")) return [monthOf(group), ""];
  const [, place, photos] = group.split(":");
  return [`Alike ${Number(place) + 1}`, `${photos} photos, the largest first`];
}

// A line above the photos of a group; of near-duplicates it chooses all but the first.
export function heading(group) {
  const [name, meaning] = titled(group);
  const others = group.startsWith("alike:")
    ? element("button", { type: "button", class: "plain", "data-action": "others", "data-group": group }, "Select all but the largest")
    : null;
  return element(
    "div", { role: "row", class: "group" },
    element("div", { role: "rowheader" }, element("h2", {}, name), meaning ? element("span", {}, meaning) : null, others),
  );
}
