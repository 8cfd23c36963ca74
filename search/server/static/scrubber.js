// Years beside the photos: where each begins, and where the view is.

import { at, element } from "./dom.js";
import { monthOf, yearOf } from "./groups.js";

const APART_PX = 22;

export class Scrubber {
  constructor(grid) {
    this.grid = grid;
    this.nav = at("years");
    this.here = element("span", { class: "here", "aria-hidden": "true" });
    this.marks = [];
    addEventListener("scroll", () => this.#soon(), { passive: true });
    addEventListener("resize", () => this.show());
    this.nav.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  // The years of what the grid shows; nothing where that is not by months, or of one year.
  show() {
    const years = new Map();
    for (const { group, top } of this.grid.groups) {
      if (!group.startsWith("month:")) continue;
      if (!years.has(yearOf(group))) years.set(yearOf(group), top);
    }
    this.nav.hidden = years.size < 2;
    if (this.nav.hidden) return;
    this.height = Math.max(1, this.grid.laid.height);
    const room = this.nav.clientHeight;
    let last = -APART_PX;
    this.marks = [...years].map(([year, top]) => ({ year, top }));
    const buttons = this.marks.map(({ year, top }) => {
      const place = (top / this.height) * (room - APART_PX);
      const button = element("button", { type: "button", onclick: () => this.#go(top) }, year);
      button.style.top = `${place}px`;
      // One that has no room is still there for whoever goes through them with keys.
      if (place - last < APART_PX) button.classList.add("dense");
      else last = place;
      return element("li", {}, button);
    });
    this.nav.replaceChildren(element("ul", {}, ...buttons), this.here);
    this.#follow();
  }

  #go(top) {
    this.grid.goTo(top);
  }

  #soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (!this.nav.hidden) this.#follow();
    });
  }

  #follow() {
    // What is behind the bar at the top is not seen.
    const top = Math.max(0, document.querySelector(".top").offsetHeight - this.grid.host.getBoundingClientRect().top);
    const room = this.nav.clientHeight - APART_PX;
    this.here.style.transform = `translateY(${(top / this.height) * room}px)`;
    const group = this.grid.groupInView;
    const said = group?.startsWith("month:") ? monthOf(group) : "";
    if (said !== this.said) this.here.textContent = this.said = said;
    let current;
    for (const mark of this.marks) if (mark.top <= top + 1) current = mark.year;
    for (const button of this.nav.querySelectorAll("button")) {
      if (button.textContent === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  #drag(event) {
    if (event.target.closest("button") && event.pointerType === "mouse" && event.button !== 0) return;
    const box = this.nav.getBoundingClientRect();
    const move = ({ clientY }) => this.#go(Math.min(1, Math.max(0, (clientY - box.top) / box.height)) * this.height);
    const start = event.clientY;
    let moved = false;
    const dragged = (next) => {
      moved ||= Math.abs(next.clientY - start) > 4;
      if (moved) move(next);
    };
    const end = () => {
      removeEventListener("pointermove", dragged);
      this.nav.classList.remove("dragged");
    };
    this.nav.classList.add("dragged");
    addEventListener("pointermove", dragged);
    addEventListener("pointerup", end, { once: true });
    addEventListener("pointercancel", end, { once: true });
    if (!event.target.closest("button")) move(event);
  }
}
