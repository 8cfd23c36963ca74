// One photo, large, with what is known of it and why it was found.

import * as api from "./api.js";
import { at, counted, element, icon, nameOf, percent } from "./dom.js";
import { explained } from "./explain.js";
import { groupOf } from "./groups.js";
import { map } from "./map.js";
import { measured, toRequest } from "./query.js";
import { copy, download } from "./selection.js";
import { titleOf } from "./tile.js";
import { Zoom } from "./zoom.js";

export class Detail {
  // `on` gives act(name, hit), step(by) and closed(hit).
  constructor(on) {
    this.on = on;
    this.dialog = at("detail");
    this.dialog.addEventListener("close", () => this.#closed());
    this.dialog.addEventListener("click", ({ target }) => { if (target === this.dialog) this.close(); });
  }

  get open() {
    return this.dialog.open;
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  // The photo of `hit`; `query` is what found it, if it was found by one.
  async show(hit, query, place) {
    this.asking?.abort();
    this.asking = new AbortController();
    this.hit = hit;
    const { signal } = this.asking;
    const held = element("div", { class: "held" });
    const stage = this.#stage(hit, held, place);
    const side = element("div", { class: "side" });
    this.zooming = new Zoom(stage, held);
    this.dialog.setAttribute("aria-label", titleOf(hit));
    this.dialog.replaceChildren(stage, side);
    if (!this.dialog.open) this.dialog.showModal();
    stage.focus();
    this.#picture(held, hit, signal);
    this.#told(side, held, hit, query, signal);
  }

  zoom() {
    this.zooming?.toggle();
  }

  // What is known of the photo; of one of the library that is asked for first.
  async #told(side, held, hit, query, signal) {
    const facts = element("dl", { class: "facts" });
    const why = element("div");
    const more = element("div", { class: "more" });
    const draw = (known) => {
      this.hit = known;
      this.dialog.setAttribute("aria-label", titleOf(known));
      side.replaceChildren(...this.#side(known, facts, why, more, query));
    };
    if (hit.path !== undefined) draw(hit);
    fill(facts, hit);
    if (query && toRequest(query, 1)) this.#why(why, held, hit, query, signal);
    try {
      const known = { ...hit, ...(await api.photo(hit.id, signal)) };
      if (signal.aborted) return;
      if (hit.path === undefined) draw({ ...known, duplicates: hit.duplicates, group: hit.group });
      fill(facts, known);
      await this.#exif(more, known, signal);
    } catch (error) {
      // What the hit says itself is there; of one without anything that is the reason.
      if (error.name !== "AbortError" && hit.path === undefined) side.replaceChildren(element("p", { class: "rest" }, error.message));
    }
  }

  // The position may stand in a file beside the photo, which EXIF knows nothing of.
  async #exif(box, known, signal) {
    const { tags, ...exif } = await api.exif(known.id, signal);
    const { latitude, longitude } = exif.latitude === null ? known : exif;
    if (typeof latitude === "number") box.append(map(latitude, longitude));
    if (!tags.length) return;
    const rows = tags.flatMap(({ name, value }) => [element("dt", {}, name), element("dd", {}, value)]);
    box.append(element("details", { class: "exif" }, element("summary", {}, `All EXIF (${tags.length})`), element("dl", { class: "facts" }, ...rows)));
  }

  #stage(hit, held, place) {
    const step = (by, name, title) => element(
      "button", { type: "button", class: `step ${name}`, title, "aria-label": title, onclick: () => this.on.step(by), disabled: by < 0 ? place.first : place.last }, icon(name));
    return element(
      "div", { class: "large", tabindex: "-1" }, held, step(-1, "left", "Previous photo (←)"), step(1, "right", "Next photo (→)"),
      element("button", { type: "button", class: "step close", title: "Close (Esc)", "aria-label": "Close", onclick: () => this.close() }, icon("close")),
      element(
        "div", { class: "zooms" },
        element("button", { type: "button", class: "step out", title: "Zoom out", "aria-label": "Zoom out", onclick: () => this.zooming.step(-1) }, icon("minus")),
        element("button", { type: "button", class: "step in", title: "Zoom in (z)", "aria-label": "Zoom in", onclick: () => this.zooming.step(1) }, icon("plus")),
      ),
    );
  }

  #side(hit, facts, why, more, query) {
    const act = (name, text, mark) => element("button", { type: "button", "data-do": name, onclick: () => this.on.act(name, hit) }, icon(mark), text);
    const own = (name, text, mark, does) => element("button", { type: "button", "data-do": name, onclick: does }, icon(mark), text);
    const found = hit.probability === undefined ? null : matchLine(hit, query ? measured(query) : "match");
    const copied = async ({ currentTarget: button }) => {
      await copy(hit.path);
      button.lastChild.textContent = "Copied";
    };
    return [
      element("h2", {}, titleOf(hit)),
      found,
      why,
      element("div", { class: "acts" }, act("like", "More like this", "like"), act("add", "Add", "plus"), act("subtract", "Subtract", "minus")),
      element(
        "div", { class: "acts" },
        act("near", "Around this time", "clock"), act("album", "Add to album", "album"),
        own("download", "Download", "down", () => download(api.file(hit.id), nameOf(hit.path ?? `photo-${hit.id}`))),
        own("copy", "Copy path", "copy", copied),
      ),
      hit.captions.length > 1 ? element("ul", { class: "captions" }, ...hit.captions.slice(1).map((text) => element("li", {}, text))) : null,
      hit.categories.length ? element("p", { class: "tags" }, ...hit.categories.map((name) => element("button", { type: "button", title: `Only photos with ${name}`, onclick: () => this.on.category(name) }, name))) : null,
      facts,
      more,
    ].filter(Boolean);
  }

  async #picture(held, hit, signal) {
    const image = element("img", { alt: titleOf(hit) });
    if (hit.width_px && hit.height_px) {
      held.style.aspectRatio = `${hit.width_px} / ${hit.height_px}`;
      held.style.setProperty("--shape", hit.width_px / hit.height_px);
    }
    // The thumbnail is there at once; the photo may be of a kind that browsers do not show.
    const behind = element("img", { alt: "", class: "behind" });
    held.prepend(behind, image);
    image.addEventListener("load", () => {
      image.classList.add("there");
      held.style.aspectRatio = `${image.naturalWidth} / ${image.naturalHeight}`;
      held.style.setProperty("--shape", image.naturalWidth / image.naturalHeight);
    });
    image.addEventListener("error", () => { image.hidden = true; }, { once: true });
    try {
      behind.src = await api.picture(api.thumbnail(hit.id, 512), signal);
      image.src = await api.picture(api.file(hit.id), signal);
    } catch (error) {
      if (error.name !== "AbortError") image.hidden = true;
    }
  }

  async #why(box, held, hit, query, signal) {
    const request = { ...toRequest(query, 1), where: `id = ${hit.id}`, explain: true, fold_duplicates: false };
    try {
      const { hits } = await api.search(request, signal);
      const found = hits.find((each) => each.id === hit.id);
      if (!found?.explanation?.words.length) return;
      const { overlay, words } = explained(found.explanation);
      held.append(overlay);
      box.append(words);
    } catch (error) {
      if (error instanceof api.Refused) box.append(element("p", { class: "rest" }, error.message));
    }
  }

  #closed() {
    const { hit } = this;
    this.asking?.abort();
    this.hit = undefined;
    this.dialog.replaceChildren();
    this.on.closed(hit);
  }
}

function matchLine(hit, kind) {
  const bar = element("meter", { min: 0, max: 1, value: hit.probability, "aria-hidden": "true" });
  const ranked = hit.reranked || kind !== "match" ? "" : ", first stage only";
  const share = percent(hit.probability);
  const said = `${kind}, number ${hit.rank}${ranked}`;
  const group = kind === "match" ? groupOf(hit) : undefined;
  return element("p", { class: "found" }, element("b", {}, group ?? share), bar, element("span", {}, group ? `${share} ${said}` : said));
}

function fill(list, known) {
  const path = known.path ?? "";
  const rows = [
    ["Title", known.title],
    ["Description", known.description],
    ["People", known.people?.join(", ")],
    ["Place", known.place?.join(", ")],
    ["Tags", known.tags?.join(", ")],
    ["Rating", rated(known.rating)],
    ["Text in it", known.text?.map(({ text }) => text).join("\n")],
    ["File", nameOf(path)],
    ["Folder", path.slice(0, path.lastIndexOf("/")) || "/"],
    ["Pixels", known.width_px ? `${known.width_px} × ${known.height_px}` : ""],
    ["Size", bytes(known.size_bytes)],
    ["Taken", known.taken && `${known.taken.replace("T", " ")}${known.taken_guessed ? " (guessed)" : ""}`],
    ["Camera", known.camera],
    ["Lens", known.lens],
    ["Damage", known.damage],
    ["Duplicates", known.duplicates?.length ? counted(known.duplicates.length, "near-duplicate") : ""],
    ["Id", known.id],
  ].filter(([, value]) => value !== undefined && value !== null && value !== "");
  const original = element("a", { href: api.file(known.id), target: "_blank", rel: "noopener" }, icon("open"), "Open the file");
  list.replaceChildren(
    ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]),
    // With a key a plain link would not be let in.
    ...(api.hasKey() ? [] : [element("dt", {}), element("dd", {}, original)]),
  );
}

// A photo that was rejected has -1.
function rated(stars) {
  if (stars < 0) return "Rejected";
  return stars ? `${stars} of 5` : "";
}

function bytes(size) {
  if (!size) return "";
  return size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
