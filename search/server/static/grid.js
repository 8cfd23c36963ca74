// Photos in rows, of which only those near the view are in the document: 10,000 cost what 100 do.

import { element } from "./dom.js";
import { heading } from "./groups.js";
import { justified, rowAt } from "./layout.js";
import { tile } from "./tile.js";

const GAP_PX = 6;
const HEADING_PX = 52; // as high as .group of photos.css
const AHEAD = 0.75; // screens above and below the view whose rows are kept
const END_PX = 1500;

export class Grid {
  // `on` gives open(hit), act(name, hit) and nearEnd().
  constructor(host, on) {
    this.host = host;
    this.on = on;
    this.items = [];
    this.laid = { rows: [], height: 0 };
    this.shown = new Map(); // number of the row -> element
    this.current = 0; // the photo that the arrows are at
    this.selected = new Set(); // ids
    host.setAttribute("aria-label", "Photos");
    addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(host);
    host.addEventListener("click", (event) => this.#clicked(event));
    host.addEventListener("contextmenu", (event) => this.#longPressed(event));
    host.addEventListener("keydown", (event) => this.#pressed(event));
    host.addEventListener("focusin", (event) => this.#focused(event));
    host.addEventListener("dragstart", (event) => this.#dragged(event));
  }

  // With `keep` the view stays where it is: more of the same photos, or fewer.
  show(items, { keep = false } = {}) {
    const focused = keep && this.host.contains(document.activeElement) ? this.items[this.current]?.id : null;
    this.items = items;
    this.current = Math.max(0, items.findIndex((item) => item.id === focused));
    if (!keep) scrollTo({ top: 0, behavior: "instant" });
    this.#lay();
    if (focused) this.focus(this.current, { scroll: false });
  }

  focus(place, { scroll = true } = {}) {
    if (this.items.length === 0) return;
    this.current = Math.min(this.items.length - 1, Math.max(0, place));
    const number = this.#rowOf(this.current);
    if (scroll) this.#reveal(this.laid.rows[number]);
    this.#draw();
    this.#cell(this.current)?.focus({ preventScroll: true });
  }

  // Shows which photos are selected.
  mark(selected) {
    this.selected = selected;
    this.host.setAttribute("aria-multiselectable", "true");
    this.host.classList.toggle("selecting", selected.size > 0);
    for (const row of this.shown.values()) for (const cell of row.children) this.#marked(cell);
  }

  #marked(cell) {
    const is = this.selected.has(this.items[cell.place]?.id);
    cell.setAttribute("aria-selected", is);
    cell.classList.toggle("selected", is);
  }

  // Where groups begin, as [{ group, top }] in pixels from the first row.
  get groups() {
    return this.laid.rows.filter(({ group }) => group !== undefined).map(({ group, top }) => ({ group, top: top - HEADING_PX }));
  }

  // The group that the view's upper edge is in.
  get groupInView() {
    const row = this.laid.rows[rowAt(this.laid.rows, this.#viewTop() + 80)];
    return row ? this.items[row.start].group : undefined;
  }

  topOf(place) {
    return this.laid.rows[this.#rowOf(place)]?.top ?? 0;
  }

  goTo(top) {
    scrollBy({ top: top - this.#viewTop() - document.querySelector(".top").offsetHeight, behavior: "instant" });
  }

  get focusedItem() {
    return this.host.contains(document.activeElement) ? this.items[this.current] : undefined;
  }

  #lay() {
    const width = this.host.clientWidth;
    this.width = width;
    const wished = Math.min(250, Math.max(132, width / 5.2));
    this.size = wished * 1.25 * devicePixelRatio > 256 ? 512 : 256;
    this.laid = justified(this.items, width, wished, GAP_PX, HEADING_PX);
    if (this.items.length) this.host.setAttribute("role", "grid");
    else this.host.removeAttribute("role"); // a grid has rows
    this.on.laid?.();
    this.host.style.height = `${this.laid.height}px`;
    this.host.setAttribute("aria-rowcount", this.laid.rows.length);
    for (const number of [...this.shown.keys()]) this.#remove(number);
    this.#draw();
  }

  #resized() {
    if (this.host.clientWidth === this.width) return;
    const top = this.#viewTop();
    const first = this.laid.rows[rowAt(this.laid.rows, top)]?.start ?? 0;
    const focused = this.host.contains(document.activeElement);
    this.#lay();
    if (top > 0 && first > 0) scrollBy({ top: this.laid.rows[this.#rowOf(first)].top - top, behavior: "instant" });
    if (focused) this.focus(this.current, { scroll: false });
  }

  // How far the view's upper edge is below the first row's.
  #viewTop() {
    return -this.host.getBoundingClientRect().top;
  }

  #soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.#draw();
    });
  }

  #draw() {
    const { rows, height } = this.laid;
    if (rows.length === 0) return;
    const top = this.#viewTop();
    const first = rowAt(rows, top - AHEAD * innerHeight);
    const last = rowAt(rows, top + (1 + AHEAD) * innerHeight);
    // The row with the focus stays, wherever it is, or the focus would be lost.
    const held = this.#rowOf(this.current);
    for (const number of [...this.shown.keys()]) {
      if ((number < first || number > last) && number !== held) this.#remove(number);
    }
    for (let number = first; number <= last; number += 1) this.#add(number);
    this.#add(held);
    if (height - top - innerHeight < END_PX) this.on.nearEnd();
  }

  #add(number) {
    if (this.shown.has(number)) return;
    const { top, height, start, widths, group } = this.laid.rows[number];
    const row = element("div", { role: "row", class: "row", "aria-rowindex": number + 1 });
    row.style.transform = `translateY(${top}px)`;
    row.style.height = `${height}px`;
    widths.forEach((width, offset) => {
      const cell = tile(this.items[start + offset], this.size);
      cell.place = start + offset;
      cell.style.width = `${width}px`;
      if (cell.place === this.current) cell.tabIndex = 0;
      this.#marked(cell);
      row.append(cell);
    });
    this.shown.set(number, row);
    // In the order of rank, for whoever reads the document and not the screen.
    let next;
    for (const other of this.shown.keys()) if (other > number && (next === undefined || other < next)) next = other;
    const after = next === undefined ? null : this.shown.get(next);
    this.host.insertBefore(row, after?.heading ?? after);
    if (group === undefined) return;
    row.heading = heading(group);
    row.heading.style.transform = `translateY(${top - HEADING_PX}px)`;
    this.host.insertBefore(row.heading, row);
  }

  #remove(number) {
    const row = this.shown.get(number);
    for (const image of row.querySelectorAll("img")) image.drop();
    row.heading?.remove();
    row.remove();
    this.shown.delete(number);
  }

  #rowOf(place) {
    let low = 0;
    let high = this.laid.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.laid.rows[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #cell(place) {
    const number = this.#rowOf(place);
    return this.shown.get(number)?.children[place - this.laid.rows[number].start];
  }

  #reveal({ top, height, group }) {
    const above = document.querySelector(".top").offsetHeight + 12 + (group === undefined ? 0 : HEADING_PX);
    const view = this.#viewTop();
    if (top - above < view) scrollBy({ top: top - above - view, behavior: "instant" });
    const below = top + height + 12 - innerHeight;
    if (below > view) scrollBy({ top: below - view, behavior: "instant" });
  }

  #focused({ target }) {
    const cell = target.closest(".tile");
    if (!cell) return;
    const before = this.#cell(this.current);
    if (before) before.tabIndex = -1;
    this.current = cell.place;
    cell.tabIndex = 0;
  }

  #clicked({ target, shiftKey }) {
    const pressed = target.closest("[data-action]");
    if (pressed?.dataset.group) this.on.act(pressed.dataset.action, pressed.dataset.group);
    const cell = target.closest(".tile");
    if (!cell) return;
    const from = this.current;
    this.current = cell.place;
    const item = this.items[cell.place];
    if (pressed?.dataset.action === "select" || (!pressed && (shiftKey || this.selected.size > 0))) {
      // With Shift all from the one that was chosen before.
      const [start, end] = shiftKey ? [Math.min(from, cell.place), Math.max(from, cell.place)] : [cell.place, cell.place];
      this.on.select(this.items.slice(start, end + 1).map(({ id }) => id), !this.selected.has(item.id));
    } else if (pressed) this.on.act(pressed.dataset.action, item);
    else this.on.open(item);
  }

  // On a screen that is touched a long press selects.
  #longPressed(event) {
    const cell = event.target.closest(".tile");
    if (!cell || matchMedia("(hover: hover)").matches) return;
    event.preventDefault();
    const { id } = this.items[cell.place];
    this.on.select([id], !this.selected.has(id));
  }

  #pressed(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };
    const move = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.matches(".tile")) this.on.open(this.items[this.current]);
    else if (move === undefined) return;
    else if (typeof move === "number") this.focus(this.current + move);
    else this.focus({ up: () => this.#beside(-1), down: () => this.#beside(1), first: () => 0, last: () => this.items.length - 1 }[move]());
    event.preventDefault();
  }

  // The photo of the row above or below whose middle is nearest.
  #beside(step) {
    const number = this.#rowOf(this.current);
    const to = this.laid.rows[number + step];
    if (!to) return this.current;
    const middles = ({ widths }) => widths.map((width, at) => widths.slice(0, at).reduce((sum, each) => sum + each + GAP_PX, 0) + width / 2);
    const from = middles(this.laid.rows[number])[this.current - this.laid.rows[number].start];
    const away = middles(to).map((middle) => Math.abs(middle - from));
    return to.start + away.indexOf(Math.min(...away));
  }

  #dragged(event) {
    const cell = event.target.closest?.(".tile");
    if (cell) event.dataTransfer.setData("application/x-crossgraph-photo", cell.dataset.id);
  }
}
