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
import { EMPTY, asKey, asSaved, fromAddress, lostFiles, stillSaid, term, toAddress, withTerm } from "./query.js";
import { Saved } from "./saved.js";
import { Scrubber } from "./scrubber.js";
import { Selection } from "./selection.js";
import { needsWanted, showError, showStatus } from "./status.js";
import { showTerms } from "./terms.js";
import { chooseTheme } from "./toggle.js";
import { showUnderstood } from "./understood.js";
import { withChosen } from "./where.js";

const TYPING_MS = 180;

let query = fromAddress(location.search);
let facts = null;
let lastKey; // of the photos that are shown
let shown = [];
let typing; // the timer of a text that is being typed
let opened = false; // whether Back closes the photo that is open
let typed = false; // whether the address of this entry of the history is the one being typed at
let typedFrom; // the address before it
const unfolded = new Set();

const grid = new Grid(at("photos"), {
  open, act, nearEnd: () => answers.more(), laid: () => scrubber?.show(),
  select: (ids, is) => selection.set(ids, is),
});
var scrubber = new Scrubber(grid);
const selection = new Selection({
  changed: (ids) => grid.mark(ids),
  album: (ids) => saved.open(ids),
  dropped: (ids) => saved.drop(query.album, ids).then(() => { selection.clear(); answers.ask(query); }, failed),
  removed: () => answers.ask(query),
  failed,
});
const saved = new Saved({
  open: (each) => change(each.search ? { ...EMPTY, ...fromAddress(`?${each.search}`) } : { ...EMPTY, album: each.id }),
  current: () => (asSaved(query) === "./" ? "" : asSaved(query)),
  done: (name) => {
    selection.clear();
    at("status").textContent = `Saved as “${name}”`;
  },
});
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
    if (!keep && state.key !== lastKey) selection.clear();
    lastKey = state.key;
    render(keep);
    if (query.near) toNeighbours(query.near);
  },
  failed,
});
const connection = new Connection({
  index: (known) => {
    const grown = facts && known.photos !== facts.photos;
    facts = known;
    filters.categories(known.categories);
    if (grown && !selection.ids.size && answers.state.request === null && scrollY < 100 && !detail.open) answers.ask(query);
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
  showAlbum();
  at("alike").setAttribute("aria-pressed", query.view === "duplicates");
  selection.looking({ album: query.album, duplicates: query.view === "duplicates" });
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
  showUnderstood(state.understood, query, (part) => change(part));
  showStatus(state, hits, query, facts);
}

// The album that is looked at, as a chip that leads back to all photos.
function showAlbum() {
  const show = () => { at("album-name").textContent = saved.nameOf(query.album) ?? `Album ${query.album}`; };
  at("album-chip").hidden = !query.album;
  if (!query.album) return;
  show();
  if (!saved.nameOf(query.album)) saved.load().then(show);
}

// To the photos that were taken around the time of one.
function toNeighbours(id) {
  const place = shown.findIndex((each) => each.id === id);
  if (place < 0) return;
  grid.focus(place);
  grid.goTo(grid.topOf(place) - innerHeight / 3);
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
  if (name === "others") {
    const [, ...others] = shown.filter((each) => each.group === hit).map(({ id }) => id);
    selection.set(others, true);
    return;
  }
  if (name === "select") {
    selection.set([hit.id], !selection.ids.has(hit.id));
    return;
  }
  if (name === "album") {
    saved.open([hit.id]);
    return;
  }
  if (name === "duplicates") {
    if (!unfolded.delete(hit.id)) unfolded.add(hit.id);
    render(true);
    return;
  }
  detail.close();
  if (name === "like") change({ ...EMPTY, where: query.where, fold: query.fold, terms: [term("+", "photo", String(hit.id))] });
  if (name === "near") change({ ...EMPTY, near: hit.id });
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
  if (answers.state.key === asKey(query) && asKey(before) === asKey(query)) {
    render(true);
    if (query.near && query.near !== before.near) toNeighbours(query.near);
  }
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
  if (first) typedFrom = location.search;
  const wait = at("text").value.trim() ? TYPING_MS : 0;
  const next = toAddress({ ...query, ...written(at("text").value) });
  if (!first && (next === typedFrom || (next === "./" && !typedFrom))) {
    // All that was typed is gone again: this entry of the history would lead nowhere.
    clearTimeout(typing);
    typing = undefined;
    history.back();
    return;
  }
  change(written(at("text").value), { entry: first, wait });
  typed = true;
}

// A text asks all photos, whatever was looked at; what was said of words that it lacks is forgotten.
const written = (text) => ({ text, view: "", album: null, near: null, ...stillSaid(query, text) });

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
at("alike").addEventListener("click", () => change(query.view ? EMPTY : { ...EMPTY, view: "duplicates" }));
at("album-away").addEventListener("click", () => change({ album: null }));
at("help-open").addEventListener("click", () => at("help").showModal());
addEventListener("popstate", follow);
takePhotos({
  add: (terms) => { if (terms.length) change(terms.reduce(withTerm, query)); },
  canSubtract: () => query.terms.length > 0 || query.text.trim() !== "",
});
listenToKeys({ grid, detail, filters, act, step, anew: () => change({ ...EMPTY, fold: query.fold, words: query.words }) });
chooseTheme(at("theme"));
connection.start();
follow();
if (!query.photo && !query.near && matchMedia("(hover: hover)").matches) at("text").focus({ preventScroll: true });
