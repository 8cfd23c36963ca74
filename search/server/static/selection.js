// Photos that were chosen, and what is done with them: a zip file, their paths, an album.

import * as api from "./api.js";
import { at, counted, element, icon } from "./dom.js";

const MOST_ZIPPED = 1000;
const MOST_COPIED = 1000;
const AT_ONCE = 6;

export class Selection {
  // `on` gives changed(ids), album(ids), removed(ids), and failed(error).
  constructor(on) {
    this.on = on;
    this.ids = new Set();
    this.bar = at("chosen");
    const button = (name, text, mark, act) => {
      const made = element("button", { type: "button", "data-do": name, onclick: () => this.#doing(act) }, icon(mark), element("span", {}, text));
      return made;
    };
    this.said = element("b", { role: "status" });
    this.drop = button("drop", "Remove from album", "minus", () => this.on.dropped([...this.ids]));
    this.out = button("out", "Leave out of the index", "close", () => this.#leaveOut());
    this.bar.append(
      this.said,
      button("zip", "Download", "down", () => this.#zip()),
      button("copy", "Copy paths", "copy", () => this.#copy()),
      button("album", "Add to album", "album", () => this.on.album([...this.ids])),
      this.drop,
      this.out,
      button("clear", "Clear", "close", () => this.clear()),
    );
  }

  set(ids, is) {
    for (const id of ids) {
      if (is) this.ids.add(id);
      else this.ids.delete(id);
    }
    this.show();
  }

  clear() {
    this.ids.clear();
    this.show();
  }

  // What can be done depends on what is looked at.
  looking({ album, duplicates }) {
    this.drop.hidden = !album;
    this.out.hidden = !duplicates;
  }

  show() {
    this.bar.hidden = this.ids.size === 0;
    this.said.textContent = `${counted(this.ids.size, "photo")} selected`;
    this.on.changed(this.ids);
  }

  async #doing(act) {
    this.bar.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (error) {
      this.on.failed(error);
    } finally {
      this.bar.removeAttribute("aria-busy");
    }
  }

  async #zip() {
    const ids = [...this.ids];
    if (ids.length > MOST_ZIPPED) throw new api.Refused(`A zip file holds at most ${MOST_ZIPPED.toLocaleString("en")} photos, ${ids.length.toLocaleString("en")} are selected.`);
    await download(api.zip(ids), "photos.zip");
  }

  async #copy() {
    const ids = [...this.ids].slice(0, MOST_COPIED);
    const paths = [];
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const some = await Promise.all(ids.slice(start, start + AT_ONCE).map((id) => api.photo(id)));
      paths.push(...some.map(({ path }) => path));
    }
    await copy(paths.join("\n"));
    this.said.textContent = `${counted(paths.length, "path")} copied`;
  }

  async #leaveOut() {
    const ids = [...this.ids];
    if (!confirm(`Leave ${counted(ids.length, "photo")} out of the index? The files stay where they are.`)) return;
    for (const id of ids) await api.leaveOut(id);
    this.ids.clear();
    this.show();
    this.on.removed(ids);
  }
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Of a server at another address than this machine's, browsers keep the clipboard to themselves.
    const field = element("textarea", { class: "unseen", "aria-hidden": "true" });
    field.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

// With a key a plain link would not be let in.
export async function download(address, name) {
  const link = element("a", { href: await api.picture(address), download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
