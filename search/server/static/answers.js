// One answer at a time: a newer question ends the older one, whose answer then never shows.

import * as api from "./api.js";
import { asKey, toRequest } from "./query.js";

const FIRST = 100; // photos of the first answer; whoever scrolls gets more
const MORE = 10;
const MOST = 10_000;
const BUDGET_MS = 1500; // for re-ranking the many; the first are all re-ranked
const PAGE = 50; // groups of near-duplicates
const NONE = Object.freeze([]);

export class Answers {
  // `on` gives photos(state), loading(is) and failed(error).
  constructor(on) {
    this.on = on;
    this.state = { key: null, items: [], done: true };
  }

  // Asks what the query says, or browses where it says nothing.
  async ask(query) {
    const key = asKey(query);
    const request = toRequest(query, FIRST);
    await this.#latest(async (signal) => {
      const next = request ? await this.#found(request, signal) : await this.#browsed(query, signal);
      return { ...next, key, query, request };
    }, false);
  }

  // Asks for what comes after the photos that are there, if anything does.
  async more() {
    if (this.state.done || this.asking) return;
    const { request, items, next } = this.state;
    await this.#latest(async (signal) => {
      if (!request) {
        const page = await this.#duplicates(next, signal);
        return { ...this.state, ...page, items: [...items, ...page.items] };
      }
      const wider = { ...request, limit: Math.min(MOST, request.limit * MORE), budget_ms: BUDGET_MS };
      const found = await this.#wider(wider, signal);
      // What is there stays where it is, though a wider search may order it anew.
      const known = new Set(items.flatMap((hit) => [hit, ...hit.duplicates]).map((hit) => hit.id));
      const added = found.items.filter((hit) => !known.has(hit.id));
      return { ...this.state, ...found, items: [...items, ...added], request: wider };
    }, true);
  }

  stop() {
    this.asking?.abort();
    this.asking = undefined;
    this.on.loading(false);
  }

  async #latest(work, keep) {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.on.loading(true);
    try {
      const state = await work(asking.signal);
      if (this.asking !== asking) return;
      this.state = state;
      this.asking = undefined;
      this.on.loading(false);
      this.on.photos(state, keep);
    } catch (error) {
      if (this.asking !== asking) return;
      this.asking = undefined;
      this.on.loading(false);
      if (error.name !== "AbortError") this.on.failed(error);
    }
  }

  async #found(request, signal) {
    const answer = await api.search(request, signal);
    const done = answer.hits.length < request.limit || request.limit >= MOST;
    const { understood = null } = answer;
    return { items: answer.hits, took: answer.took_ms, notes: answer.notes ?? [], missing: answer.missing ?? [], done, understood };
  }

  // A server may give fewer at a time than this page would take.
  async #wider(request, signal) {
    try {
      return await this.#found(request, signal);
    } catch (error) {
      if (error instanceof api.Refused) return { items: [], done: true };
      throw error;
    }
  }

  // Nothing is asked: all photos by when they were taken, or near-duplicates.
  #browsed(query, signal) {
    return query.view === "duplicates" ? this.#duplicates(0, signal) : this.#library(query, signal);
  }

  async #library({ where, album }, signal) {
    const answer = await api.library(where.trim(), album, signal);
    const items = [];
    for (const { month, photos } of answer.months) {
      const group = `month:${month}`;
      for (let left = photos; left > 0; left -= 1) {
        const place = items.length;
        items.push({ id: answer.ids[place], width_px: answer.widths_px[place], height_px: answer.heights_px[place], group, captions: NONE, categories: NONE, duplicates: NONE });
      }
    }
    return { items, done: true, notes: [], missing: answer.missing ?? [], took: null, months: answer.months };
  }

  async #duplicates(offset, signal) {
    const { groups, total, photos, next_offset: next } = await api.duplicates(offset, PAGE, signal);
    const items = groups.flatMap((images, place) => images.map((each) => ({ ...each, group: `alike:${offset + place}:${images.length}` })));
    return { items, next, done: next === null, notes: [], missing: [], took: null, alike: { groups: total, photos } };
  }
}
