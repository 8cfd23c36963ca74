// What is asked: a text, terms beside it, and how the answer is cut. It lives in the address of the
// page, so that a link brings it back; photos that were dropped in are known to this page only.

const files = new Map(); // name -> { image: base64, picture: blob address, label }

export function keepFile(name, kept) {
  files.set(name, kept);
}

export const fileOf = (name) => files.get(name);

export const EMPTY = Object.freeze({
  text: "", terms: Object.freeze([]), where: "", cut: 0, fold: true, words: true, photo: null,
  album: null, view: "", near: null, asWords: Object.freeze([]), chosen: Object.freeze({}),
});

// A term is { sign: "+" or "-", kind: "text", "photo" or "file", value, weight }.
export const term = (sign, kind, value, weight = 1) => ({ sign, kind, value, weight });

const same = (one, other) => one.kind === other.kind && one.value === other.value;

// A term that is there already changes its side.
export function withTerm(query, added) {
  return { ...query, terms: [...query.terms.filter((each) => !same(each, added)), added] };
}

export function fromAddress(address) {
  const given = new URLSearchParams(address);
  const terms = given.getAll("term").map(readTerm).filter(Boolean);
  return {
    text: given.get("q") ?? "",
    terms,
    where: given.get("where") ?? "",
    cut: Math.min(100, Math.max(0, Number(given.get("cut")) || 0)),
    fold: given.get("fold") !== "no",
    words: given.get("words") !== "no",
    photo: Number(given.get("photo")) || null,
    album: Number(given.get("album")) || null,
    view: given.get("view") === "duplicates" ? "duplicates" : "",
    near: Number(given.get("near")) || null, // the photo whose neighbours in time are looked at
    asWords: given.getAll("as"), // parts of the text that are no filters
    chosen: Object.fromEntries(given.getAll("is").map((pair) => pair.split("\u0000")).filter((pair) => pair.length === 2)),
  };
}

// Whether an address names photos that were dropped into another page than this one.
export const lostFiles = (address) =>
  new URLSearchParams(address).getAll("term").some((text) => /^[+-][\d.]+:file:/.test(text) && !readTerm(text));

export function toAddress(query) {
  const given = new URLSearchParams();
  if (query.text.trim()) given.set("q", query.text.trim());
  for (const each of query.terms) given.append("term", `${each.sign}${each.weight}:${each.kind}:${each.value}`);
  if (query.where.trim()) given.set("where", query.where.trim());
  if (query.cut) given.set("cut", query.cut);
  if (!query.fold) given.set("fold", "no");
  if (!query.words) given.set("words", "no");
  if (query.album) given.set("album", query.album);
  if (query.view) given.set("view", query.view);
  for (const each of query.asWords) given.append("as", each);
  for (const pair of Object.entries(query.chosen)) given.append("is", pair.join("\u0000"));
  if (query.near) given.set("near", query.near);
  if (query.photo) given.set("photo", query.photo);
  const text = given.toString();
  return text ? `?${text}` : "./";
}

function readTerm(text) {
  const found = text.match(/^([+-])([\d.]+):(text|photo|file):(.+)$/s);
  if (!found || !(Number(found[2]) > 0)) return null;
  if (found[3] === "file" && !files.has(found[4])) return null;
  if (found[3] === "photo" && !/^\d+$/.test(found[4])) return null;
  return term(found[1], found[3], found[4], Number(found[2]));
}

const inWordsOf = (text) => ` ${text.toLowerCase().match(/[\p{L}\p{N}]+/gu)?.join(" ") ?? ""} `;

// What was said of parts of the text, as far as another text has these words too.
export function stillSaid({ asWords, chosen }, text) {
  const there = (part) => inWordsOf(text).includes(inWordsOf(part));
  return { asWords: asWords.filter(there), chosen: Object.fromEntries(Object.entries(chosen).filter(([part]) => there(part))) };
}

// What is typed, as the server reads it, and the terms of each side. A text that begins with a sign
// is a term, unless a quote follows, with which sums are written.
export function sides(query) {
  const text = query.text.trim();
  const signed = text.match(/^([+−-])\s*([^\s"'“].*)$/s);
  const terms = [...query.terms];
  if (signed) terms.unshift(term(signed[1] === "+" ? "+" : "-", "text", signed[2]));
  const side = (sign) => terms.filter((each) => each.sign === sign);
  return { text: signed || /^[+−-]?$/.test(text) ? "" : text, positive: side("+"), negative: side("-") };
}

// The body of a search, or null where nothing is wanted.
export function toRequest(query, limit) {
  const { text, positive, negative } = sides(query);
  if (!text && positive.length === 0) return null;
  return {
    ...(text ? { text } : {}),
    positive: positive.map(asked),
    negative: negative.map(asked),
    where: query.where.trim(),
    limit,
    words: query.words,
    fold_duplicates: query.fold,
    ...(query.asWords.length ? { as_words: query.asWords } : {}),
    ...(Object.keys(query.chosen).length ? { choose: query.chosen } : {}),
  };
}

// What a saved search keeps: all but what is open.
export const asSaved = (query) => toAddress({ ...query, photo: null, near: null }).replace(/^\?/, "");

function asked({ kind, value, weight }) {
  if (kind === "text") return { text: value, weight };
  if (kind === "photo") return { id: Number(value), weight };
  return { image: files.get(value).image, weight };
}

// What makes another answer; the cut and the open photo do not.
export const asKey = (query) => toAddress({ ...query, cut: 0, photo: null, near: null });

// What `probability` of a hit is: only with a text is it one, and otherwise how alike photos are.
export function measured(query) {
  const { text, positive } = sides(query);
  return text || positive.some((each) => each.kind === "text") ? "match" : "likeness";
}

// The query in words, for the status line and the title.
export function inWords(query) {
  const { text, positive, negative } = sides(query);
  const said = (each) => (each.kind === "text" ? `“${each.value}”` : "a photo");
  const words = (terms) => terms.map(said).join(" and ");
  return words(text ? [term("+", "text", text), ...positive] : positive) + (negative.length ? ` without ${words(negative)}` : "");
}
