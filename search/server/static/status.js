// The lines above the photos: how many and for what, what it cost, and what to know of the answer.

import { at, counted, element, percent } from "./dom.js";
import { MAYBE, WEAK } from "./groups.js";
import { inWords, measured, toRequest } from "./query.js";

const UNKNOWN = /^crossgraph knows no word of /;
const SAID_ABOVE = /^(degraded: |nothing here matches|crossgraph knows no word of )/;

// `shown` is what the cut leaves of `state.items`; `facts` are the index's, once known.
export function showStatus(state, shown, query, facts) {
  const found = state.request !== undefined && state.request !== null;
  const best = state.items.reduce((most, hit) => Math.max(most, hit.probability ?? 0), 0);
  at("status").textContent = found ? foundLine(state, shown, query, best) : browseLine(facts, state, query);
  at("took").textContent = found && state.took ? `${Math.round(state.took.total)} ms` : "";
  at("took").title = found && state.took ? stages(state.took) : "";
  at("cut-box").hidden = !found || state.items.length === 0;
  const kind = measured(query);
  at("cut-of").textContent = kind === "match" ? "Match" : "Likeness";
  weak(found, kind === "match" ? best : 1, state, shown.length);
  degraded(state.missing ?? []);
  const notes = state.notes.filter((note) => !SAID_ABOVE.test(note));
  at("notes").replaceChildren(...notes.map((note) => element("li", {}, note)));
  document.title = found ? `${inWords(query)} – crossgraph` : "crossgraph";
}

export function showError(said) {
  at("error").textContent = said;
  at("error").hidden = !said;
}

// What is still to be said, where only what is unwanted is.
export function needsWanted(query) {
  return !toRequest(query, 1) && (query.terms.length > 0 || query.text.trim() !== "");
}

function foundLine(state, shown, query, best) {
  if (state.items.length === 0) return `No photos for ${inWords(query)}`;
  const cut = shown.length < state.items.length ? ` of ${state.items.length.toLocaleString("en")}` : "";
  return `${state.done ? "" : "The first "}${counted(shown.length, "photo")}${cut} for ${inWords(query)}, best ${measured(query)} ${percent(best)}`;
}

function browseLine(facts, state, query) {
  if (state.alike) {
    if (!state.alike.groups) return "No photos are nearly the same";
    return `${counted(state.alike.groups, "group")} of photos that are nearly the same, ${counted(state.alike.photos, "photo")} in all`;
  }
  if (facts && !facts.photos) return "No photos yet: crossgraph index FOLDER adds some";
  if (!state.months) return facts ? counted(facts.photos, "photo") : "";
  const count = state.items.length;
  if (query.where.trim() && !count) return "No photo passes this filter";
  if (query.where.trim()) return `${counted(count, "photo")} that ${count === 1 ? "passes" : "pass"} the filter`;
  if (query.album) return `${counted(count, "photo")} in this album`;
  return counted(count, "photo");
}

function stages(took) {
  const names = { encode: "reading the query", filter: "filter", first_stage: "first stage", rerank: "re-ranking", explain: "explaining", read: "reading hits" };
  return Object.entries(names).filter(([name]) => took[name] > 0).map(([name, said]) => `${said} ${took[name].toFixed(took[name] < 10 ? 1 : 0)} ms`).join(", ");
}

// That photos are wanting, and why, so that nobody takes these for all.
function degraded(missing) {
  at("degraded").hidden = missing.length === 0;
  const told = missing.map(({ reason }) => reason).join("; ");
  at("degraded").textContent = missing.length ? `Some photos are left out, since not every index can be read: ${told}` : "";
}

function weak(found, best, { items, notes }, shown) {
  let said = "";
  if (found && items.length > 0 && best < WEAK) said = "Nothing here matches well. These photos are the nearest.";
  if (found && items.length > 0 && best < MAYBE) said = "Nothing here matches. These photos are only the nearest.";
  if (found && items.length > 0 && shown === 0) said = "No photo reaches that; lower the limit to see the nearest.";
  // Why nothing can match comes first.
  const unknown = found && notes.find((note) => UNKNOWN.test(note));
  at("weak").textContent = [unknown && `${unknown}.`, said].filter(Boolean).join(" ").replace(/^c/, "C");
  at("weak").hidden = !said && !unknown;
}
