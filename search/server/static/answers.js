// One answer at a time: a newer question ends the older one, whose answer then never shows.

import * as api from "./api.js";
import { asKey, toRequest } from "./query.js";

const FIRST = 100; // photos of the first answer; whoever scrolls gets more
const MORE = 10;
const MOST = 10_000;
const BUDGET_MS = 1500; // for re-ranking the many; the first are all re-ranked
const PAGE = 400;

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
      const next = request ? await this.#found(request, signal) : await this.#page(0, signal);
      return { ...next, key, query, request };
    }, false);
  }

  // Asks for what comes after the photos that are there, if anything does.
  async more() {
    if (this.state.done || this.asking) return;
    const { request, items, next } = this.state;
    await this.#latest(async (signal) => {
      if (!request) {
        const page = await this.#page(next, signal);
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
    return { items: answer.hits, took: answer.took_ms, notes: answer.notes ?? [], missing: answer.missing ?? [], done };
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

  async #page(after, signal) {
    const answer = await api.browse(after, PAGE, signal);
    return { items: answer.images, next: answer.next, done: !answer.next, notes: [], missing: answer.missing ?? [], took: null };
  }
}
