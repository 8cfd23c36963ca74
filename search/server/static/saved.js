// Searches and albums that are kept in the index.

import * as api from "./api.js";
import { at, counted, element, icon } from "./dom.js";

export class Saved {
  // `on` gives open(saved), current() and failed(error).
  constructor(on) {
    this.on = on;
    this.known = [];
    at("saved-open").addEventListener("click", () => this.open());
    at("saved-form").addEventListener("submit", (event) => this.#submitted(event));
    at("saved").addEventListener("close", () => { this.ids = undefined; });
  }

  // With ids they are put into the album that is named; without, the search is saved.
  async open(ids) {
    this.ids = ids;
    const search = this.on.current();
    at("saved-title").textContent = ids ? `Put ${counted(ids.length, "photo")} into an album` : "Saved searches and albums";
    at("saved-label").textContent = ids ? "Album" : "Save this search as";
    at("saved-form").hidden = !ids && !search;
    at("saved-name").value = "";
    at("saved-said").textContent = "";
    at("saved").showModal();
    await this.load();
  }

  async load() {
    try {
      this.known = await api.saved();
    } catch (error) {
      at("saved-said").textContent = error.message;
    }
    this.#show();
  }

  nameOf(album) {
    return this.known.find(({ id }) => id === album)?.name;
  }

  photosOf(album) {
    return this.known.find(({ id }) => id === album)?.photos ?? [];
  }

  async drop(album, ids) {
    const held = this.known.find(({ id }) => id === album);
    if (!held) return;
    const gone = new Set(ids);
    await api.save({ ...held, photos: held.photos.filter((id) => !gone.has(id)) });
    await this.load();
  }

  #show() {
    const albums = this.known.filter(({ search }) => !search);
    const shown = this.ids ? albums : this.known;
    at("album-names").replaceChildren(...albums.map(({ name }) => element("option", { value: name })));
    at("saved-list").replaceChildren(...shown.map((each) => this.#row(each)));
    at("saved-none").hidden = shown.length > 0;
  }

  #row(saved) {
    const said = saved.search ? "search" : counted(saved.photos.length, "photo");
    const act = () => {
      if (this.ids) {
        at("saved-name").value = saved.name;
        at("saved-form").requestSubmit();
      } else {
        at("saved").close();
        this.on.open(saved);
      }
    };
    return element(
      "li", {},
      element("button", { type: "button", class: "open", onclick: act }, icon(saved.search ? "search" : "album"), element("span", {}, saved.name), element("small", {}, said)),
      this.ids ? null : element("button", { type: "button", class: "away", "aria-label": `Forget ${saved.name}`, title: "Forget", onclick: () => this.#forget(saved) }, icon("close")),
    );
  }

  async #forget(saved) {
    if (!confirm(`Forget “${saved.name}”? Its photos stay.`)) return;
    await api.forget(saved.id).catch((error) => { at("saved-said").textContent = error.message; });
    await this.load();
  }

  async #submitted(event) {
    event.preventDefault();
    const name = at("saved-name").value.trim();
    if (!name) return;
    try {
      if (this.ids) {
        const held = this.known.find((each) => each.name === name && !each.search);
        const photos = [...new Set([...(held?.photos ?? []), ...this.ids])];
        await api.save({ id: held?.id, name, photos });
      } else await api.save({ name, search: this.on.current() });
      at("saved").close();
      await this.load();
      this.on.done(name);
    } catch (error) {
      at("saved-said").textContent = error.message;
    }
  }
}
