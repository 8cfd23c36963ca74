// Keys that work wherever the focus is, but for fields that are typed into.

import { at } from "./dom.js";

const ACTS = { m: "like", "+": "add", "-": "subtract", "−": "subtract", d: "duplicates", x: "select", t: "near" };

export function listenToKeys({ grid, detail, filters, act, step, anew }) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea");
    if (event.key === "Escape") escape(event, typing);
    else if (!typing && !other()) pressed(event);
  });

  // Another dialog than the photo's has its keys for itself.
  const other = () => [...document.querySelectorAll("dialog.card")].some((each) => each.open);

  function pressed(event) {
    const hit = detail.open ? detail.hit : grid.focusedItem;
    const name = ACTS[event.key];
    if (detail.open && event.key === "ArrowLeft") step(-1);
    else if (detail.open && event.key === "ArrowRight") step(1);
    else if (detail.open && event.key === "z") detail.zoom();
    else if (name && hit && (name !== "duplicates" || hit.duplicates.length)) act(name, hit);
    else if (event.key === "?") at("help").showModal();
    else if (detail.open) return;
    else if (event.key === "/") at("text").focus();
    else if (event.key === "f") filters.toggle();
    else if (event.key === "ArrowDown" && event.target === document.body) grid.focus(0);
    else return;
    event.preventDefault();
  }

  // A dialog closes by itself; then the field is left, and then the search.
  function escape(event, typing) {
    if (detail.open || other()) return;
    event.preventDefault();
    if (!at("filters").hidden) {
      filters.toggle(false);
      at("filters-open").focus();
    } else if (typing && at("text").value === "") event.target.blur();
    else {
      anew();
      at("text").focus();
    }
  }
}
