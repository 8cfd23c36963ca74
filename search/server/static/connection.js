// Whether the server is there, and what it is doing: counts, and an index run while it goes on.

import * as api from "./api.js";
import { at, counted } from "./dom.js";

const BUILDING_MS = 1500;
const QUIET_MS = 20_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

export class Connection {
  // `on` gives index(facts) whenever they are known, and back() when the server is there again.
  constructor(on) {
    this.on = on;
    this.away = false;
    this.wait = FIRST_WAIT_MS;
    at("banner").querySelector("button").addEventListener("click", () => this.#look());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#look(); });
    addEventListener("online", () => this.#look());
  }

  start() {
    return this.#look();
  }

  // Some request found the server away: says so, and looks for it until it is back.
  lost(error) {
    if (this.away) return;
    this.away = true;
    this.#tryAgain(error);
  }

  // A search was answered: the next time that the server is away, it is tried soon again.
  well() {
    this.wait = FIRST_WAIT_MS;
  }

  async #look() {
    clearTimeout(this.timer);
    try {
      const facts = await api.index();
      const back = this.away;
      this.away = false;
      at("banner").hidden = true;
      this.on.index(facts);
      showBuilding(facts.building);
      this.#later(facts.building ? BUILDING_MS : QUIET_MS);
      if (back) this.on.back();
    } catch (error) {
      if (!(error instanceof api.Away)) {
        this.on.failed(error);
        return;
      }
      this.away = true;
      this.#tryAgain(error);
    }
  }

  #tryAgain(error) {
    this.#banner(error.message);
    this.#later(this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 1.6);
  }

  #later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // A page in the background asks for nothing; it looks again when it is seen.
      if (!document.hidden) this.#look();
    }, ms);
  }

  #banner(said) {
    at("banner").querySelector("span").textContent = `${said.replace(/\.$/, "")}. Trying again in ${Math.round(this.wait / 1000)} s; the search is kept.`;
    at("banner").hidden = false;
  }
}

function showBuilding(building) {
  at("building").hidden = !building;
  if (!building) return;
  const { done, total, rate_per_second: rate } = building;
  const bar = at("building").querySelector("progress");
  if (total) bar.value = done / total;
  else bar.removeAttribute("value");
  const left = rate > 0 && total > done ? `, ${duration((total - done) / rate)} left` : "";
  const speed = rate > 0 ? `, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second` : "";
  const of = total ? ` of ${total.toLocaleString("en")}` : "";
  at("building").querySelector("span").textContent = `Indexing ${done.toLocaleString("en")}${of}${speed}${left}`;
}

function duration(seconds) {
  if (seconds < 90) return counted(Math.max(1, Math.round(seconds)), "second");
  if (seconds < 5400) return counted(Math.round(seconds / 60), "minute");
  return counted(Math.round(seconds / 3600), "hour");
}
