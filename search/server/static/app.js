// The page: what is asked, what is shown, and how the parts hear of each other.

import * as api from "./api.js";
import { Answers } from "./answers.js";
import { Connection } from "./connection.js";
import { Detail } from "./detail.js";
import { at, percent } from "./dom.js";
import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { grouped } from "./groups.js";
import { takePhotos } from "./intake.js";
import { listenToKeys } from "./keys.js";
import { EMPTY, asKey, fromAddress, lostFiles, term, toAddress, withTerm } from "./query.js";
import { needsWanted, showError, showStatus } from "./status.js";
import { showTerms } from "./terms.js";
import { chooseTheme } from "./toggle.js";
import { withChosen } from "./where.js";

const TYPING_MS = 180;

let query = fromAddress(location.search);
let facts = null;
let shown = [];
let typing; // the timer of a text that is being typed
let opened = false; // whether Back closes the photo that is open
let typed = false; // whether the address of this entry of the history is the one being typed at
const unfolded = new Set();

const grid = new Grid(at("photos"), { open, act, nearEnd: () => answers.more() });
const filters = new Filters((part) => change(part));
const detail = new Detail({ act, step, category, closed });
const answers = new Answers({
  loading: (is) => {
    at("busy").classList.toggle("on", is);
    at("photos").setAttribute("aria-busy", is);
  },
  photos: (state, keep) => {
    connection.well();
    showError("");
    if (!keep) unfolded.clear();
    render(keep);
  },
  failed,
});
const connection = new Connection({
  index: (known) => {
    const grown = facts && known.photos !== facts.photos;
    facts = known;
    filters.categories(known.categories);
    if (grown && answers.state.request === null && scrollY < 100 && !detail.open) answers.ask(query);
    else if (answers.state.key !== null) showStatus(answers.state, shown, query, facts);
  },
  back: () => {
    // Whoever is far down in what was found stays there; the thumbnails are asked for again.
    if (answers.state.key === asKey(query) && scrollY > innerHeight) render(true);
    else answers.ask(query);
  },
  failed,
});

// The one way to ask something else; `entry` says whether Back leads to what was asked before.
function change(part, { entry = true, wait = 0 } = {}) {
  const before = query;
  query = { ...query, ...part };
  if (toAddress(before) === toAddress(query) && !wait && typing === undefined) return;
  history[entry ? "pushState" : "replaceState"](null, "", toAddress(query));
  if (entry) typed = false;
  reflect();
  if (asKey(before) === asKey(query) && typing === undefined) render(true);
  else askSoon(wait);
}

function askSoon(wait) {
  clearTimeout(typing);
  typing = setTimeout(() => {
    typing = undefined;
    if (!needsWanted(query)) answers.ask(query);
    else {
      answers.stop();
      at("status").textContent = "Say also what is wanted.";
    }
  }, wait);
}

// The controls as the query has them.
function reflect() {
  if (at("text").value.trim() !== query.text.trim()) at("text").value = query.text;
  const text = at("text").value.trim() !== "";
  at("also").hidden = !text;
  at("without").hidden = !text;
  showTerms(at("terms"), query.terms, (terms) => change({ terms }));
  filters.show(query);
  at("cut").value = query.cut;
  at("cut-shown").textContent = percent(query.cut / 100);
}

// The photos as the cut and the folds leave them.
function render(keep) {
  const { state } = answers;
  const cut = (hit) => hit.probability === undefined || hit.probability >= query.cut / 100;
  const hits = state.items.filter(cut);
  shown = grouped(hits.flatMap((hit) => {
    if (!unfolded.has(hit.id)) return [hit];
    return [{ ...hit, open: true }, ...hit.duplicates.map((each) => ({ ...each, folded: true }))];
  }));
  grid.show(shown, { keep });
  showStatus(state, hits, query, facts);
}

function failed(error) {
  if (error instanceof api.Away) connection.lost(error);
  else if (error instanceof api.KeyWanted) askKey(error.message);
  else showError(error.message);
}

function askKey(said) {
  const dialog = at("key");
  if (dialog.open) return;
  if (said) at("key-said").textContent = said;
  dialog.showModal();
  dialog.addEventListener("close", () => {
    api.setKey(at("key-text").value);
    connection.start();
    answers.ask(query);
  }, { once: true });
}

function act(name, hit) {
  if (name === "duplicates") {
    if (!unfolded.delete(hit.id)) unfolded.add(hit.id);
    render(true);
    return;
  }
  detail.close();
  if (name === "like") change({ ...EMPTY, where: query.where, fold: query.fold, terms: [term("+", "photo", String(hit.id))] });
  if (name === "add") change(withTerm({ ...query, photo: null }, term("+", "photo", String(hit.id))));
  if (name === "subtract") change(withTerm({ ...query, photo: null }, term("-", "photo", String(hit.id))));
}

function category(name) {
  detail.close();
  change({ where: withChosen(query.where, "category", name), photo: null });
}

function open(hit) {
  const place = shown.findIndex((each) => each.id === hit.id);
  opened = opened || (!detail.open && query.photo !== hit.id);
  change({ photo: hit.id }, { entry: !detail.open });
  detail.show(hit, answers.state.query, { first: place <= 0, last: place < 0 || place === shown.length - 1 });
}

function step(by) {
  const next = shown[shown.findIndex((each) => each.id === detail.hit?.id) + by];
  if (next) open(next);
}

function closed(hit) {
  const place = shown.findIndex((each) => each.id === hit?.id);
  if (query.photo && opened) history.back();
  else if (query.photo) change({ photo: null }, { entry: false });
  opened = false;
  if (place >= 0) grid.focus(place);
}

// What the address says: at the start, and when Back or Forward was pressed.
async function follow() {
  const before = query;
  query = fromAddress(location.search);
  typed = false;
  reflect();
  if (answers.state.key === asKey(query) && asKey(before) === asKey(query)) render(true);
  else await answers.ask(query);
  if (lostFiles(location.search)) showError("A link does not hold the photos that were dropped in; drop them in again.");
  const photo = query.photo;
  if (!photo) detail.close();
  else if (detail.hit?.id !== photo) {
    const hit = shown.find((each) => each.id === photo) ?? (await api.photo(photo).catch(failed));
    if (hit) open(hit);
  }
}

function type() {
  const first = !typed;
  const wait = at("text").value.trim() ? TYPING_MS : 0;
  change({ text: at("text").value }, { entry: first, wait });
  typed = true;
}

// The text becomes a term, and the field is free for another.
function keep(sign) {
  const said = at("text").value.trim().replace(/^[+−-]\s*/, "");
  if (said) change({ ...withTerm(query, term(sign, "text", said)), text: "" });
  at("text").focus();
}

at("text").addEventListener("input", type);
at("also").addEventListener("click", () => keep("+"));
at("without").addEventListener("click", () => keep("-"));
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Backspace" && !at("text").value && query.terms.length) change({ terms: query.terms.slice(0, -1) });
  if (event.key === "ArrowDown") grid.focus(0);
  if (event.key === "ArrowDown") event.preventDefault();
});
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const sign = at("text").value.match(/^\s*([+−-])\s*\S/)?.[1];
  if (sign) keep(sign === "+" ? "+" : "-");
  typed = false;
  if (!sign) askSoon(0);
});
at("cut").addEventListener("input", ({ target }) => change({ cut: Number(target.value) }, { entry: false }));
at("home").addEventListener("click", (event) => {
  event.preventDefault();
  change(EMPTY);
});
at("help-open").addEventListener("click", () => at("help").showModal());
addEventListener("popstate", follow);
takePhotos({
  add: (terms) => { if (terms.length) change(terms.reduce(withTerm, query)); },
  canSubtract: () => query.terms.length > 0 || query.text.trim() !== "",
});
listenToKeys({ grid, detail, filters, act, step, anew: () => change({ ...EMPTY, fold: query.fold, hybrid: query.hybrid }) });
chooseTheme(at("theme"));
connection.start();
follow();
