// One photo, large, with what is known of it and why it was found.

import * as api from "./api.js";
import { at, counted, element, icon, nameOf, percent } from "./dom.js";
import { explained } from "./explain.js";
import { groupOf } from "./groups.js";
import { measured, toRequest } from "./query.js";
import { titleOf } from "./tile.js";

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
    const facts = element("dl", { class: "facts" });
    const why = element("div");
    this.dialog.setAttribute("aria-label", titleOf(hit));
    this.dialog.replaceChildren(this.#stage(hit, held, place), this.#side(hit, facts, why, query));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.querySelector(".large").focus();
    this.#picture(held, hit, signal);
    this.#facts(facts, hit, signal);
    if (query && toRequest(query, 1)) this.#why(why, held, hit, query, signal);
  }

  #stage(hit, held, place) {
    const step = (by, name, title) => element(
      "button", { type: "button", class: `step ${name}`, title, "aria-label": title, onclick: () => this.on.step(by), disabled: by < 0 ? place.first : place.last }, icon(name));
    return element(
      "div", { class: "large", tabindex: "-1" }, held, step(-1, "left", "Previous photo (←)"), step(1, "right", "Next photo (→)"),
      element("button", { type: "button", class: "step close", title: "Close (Esc)", "aria-label": "Close", onclick: () => this.close() }, icon("close")),
    );
  }

  #side(hit, facts, why, query) {
    const act = (name, text, mark) => element("button", { type: "button", onclick: () => this.on.act(name, hit) }, icon(mark), text);
    const found = hit.probability === undefined ? null : matchLine(hit, query ? measured(query) : "match");
    return element(
      "div", { class: "side" },
      element("h2", {}, titleOf(hit)),
      found,
      why,
      element("div", { class: "acts" }, act("like", "More like this", "like"), act("add", "Add", "plus"), act("subtract", "Subtract", "minus")),
      hit.captions.length > 1 ? element("ul", { class: "captions" }, ...hit.captions.slice(1).map((text) => element("li", {}, text))) : null,
      hit.categories.length ? element("p", { class: "tags" }, ...hit.categories.map((name) => element("button", { type: "button", title: `Only photos with ${name}`, onclick: () => this.on.category(name) }, name))) : null,
      facts,
    );
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

  async #facts(list, hit, signal) {
    let known = hit;
    fill(list, known);
    try {
      known = { ...hit, ...(await api.photo(hit.id, signal)) };
    } catch {
      return; // what the hit says itself is there
    }
    fill(list, known);
  }

  async #why(box, held, hit, query, signal) {
    const request = { ...toRequest(query, 1), where: `id = ${hit.id}`, explain: true, fold_duplicates: false };
    try {
      const { hits, notes } = await api.search(request, signal);
      const found = hits.find((each) => each.id === hit.id);
      if (!found?.explanation?.words.length) {
        const why = notes?.find((note) => note.includes("no explanations"));
        if (why) box.append(element("p", { class: "rest" }, why));
        return;
      }
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
    ["File", nameOf(path)],
    ["Folder", path.slice(0, path.lastIndexOf("/")) || "/"],
    ["Pixels", known.width_px ? `${known.width_px} × ${known.height_px}` : ""],
    ["Size", bytes(known.size_bytes)],
    ["Taken", known.taken && `${known.taken.replace("T", " ")}${known.taken_guessed ? " (guessed)" : ""}`],
    ["Camera", known.camera],
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

function bytes(size) {
  if (!size) return "";
  return size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
