// One photo of the grid.

import { element, icon, nameOf, percent } from "./dom.js";
import { load } from "./thumbs.js";

export const titleOf = (hit) => hit.captions[0] ?? nameOf(hit.path ?? `photo ${hit.id}`);

export function tile(hit, size) {
  const image = element("img", { alt: "", draggable: "false", decoding: "async" });
  load(image, hit.id, size);
  const shown = hit.probability === undefined ? "" : `, ${percent(hit.probability)}`;
  const folded = hit.duplicates.length;
  return element(
    "div",
    {
      role: "gridcell", class: `tile${hit.folded ? " duplicate" : ""}`, tabindex: "-1", draggable: "true",
      "data-id": hit.id, "aria-label": `${titleOf(hit)}${shown}`,
    },
    image,
    element("span", { class: "gone-name" }, nameOf(hit.path ?? "")),
    action("select", "Select (x)", icon("check")),
    hit.probability === undefined ? null : element("span", { class: "match" }, percent(hit.probability)),
    folded > 0
      ? action("duplicates", hit.open ? "Fold near-duplicates" : `${folded} near-duplicates`, element("span", {}, hit.open ? `−${folded}` : `+${folded}`))
      : null,
    element(
      "span",
      { class: "actions" },
      action("like", "More like this (m)", icon("like")),
      action("add", "Add to the query (+)", icon("plus")),
      action("subtract", "Subtract from the query (-)", icon("minus")),
    ),
  );
}

// Not in the tab order: the keys m, + and - do the same for the photo that has the focus.
function action(name, title, content) {
  return element("button", { type: "button", tabindex: "-1", class: name, "data-action": name, title, "aria-label": title }, content);
}
