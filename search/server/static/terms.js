// The terms in the search field: what each is, on which side it stands, and how much it counts.

import * as api from "./api.js";
import { element, icon } from "./dom.js";
import { fileOf } from "./query.js";

const WEIGHTS = [0.25, 0.5, 1, 1.5, 2, 3];

// `on(terms)` gets the changed list.
export function showTerms(list, terms, on) {
  const back = focusIn(list);
  list.replaceChildren(...terms.map((term) => chip(term, (changed) => {
    on(terms.flatMap((each) => (each === term ? (changed ? [changed] : []) : [each])));
  })));
  list.hidden = terms.length === 0;
  back();
}

// Drawing the terms anew must not take the focus from whoever goes through them with keys.
function focusIn(list) {
  const chip = document.activeElement?.closest?.(".term");
  if (!chip || !list.contains(chip)) return () => {};
  const place = [...list.children].indexOf(chip);
  const control = [...chip.children].indexOf(document.activeElement);
  return () => (list.children[place]?.children[control] ?? document.getElementById("text")).focus();
}

function chip(term, change) {
  const wanted = term.sign === "+";
  const name = term.kind === "text" ? term.value : labelOf(term);
  return element(
    "li",
    { class: `term ${wanted ? "plus" : "minus"}` },
    element(
      "button",
      {
        type: "button", class: "sign", "aria-label": `${name} is ${wanted ? "wanted" : "not wanted"}; change that`,
        title: wanted ? "Wanted; not any more?" : "Not wanted; wanted after all?",
        onclick: () => change({ ...term, sign: wanted ? "-" : "+" }),
      },
      icon(wanted ? "plus" : "minus"),
    ),
    term.kind === "text" ? element("span", { class: "said" }, term.value) : picture(term, name),
    weight(term, name, change),
    element("button", { type: "button", class: "away", "aria-label": `Leave out ${name}`, title: "Leave out", onclick: () => change(null) }, icon("close")),
  );
}

const labelOf = (term) => (term.kind === "photo" ? `photo ${term.value}` : fileOf(term.value).label);

function picture(term, name) {
  const image = element("img", { alt: name, title: name });
  if (term.kind === "file") image.src = fileOf(term.value).picture;
  else api.picture(api.thumbnail(term.value, 256)).then((address) => { image.src = address; }, () => {});
  return image;
}

function weight(term, name, change) {
  const known = [...new Set([...WEIGHTS, term.weight])].sort((one, other) => one - other);
  const options = known.map((each) => element("option", { value: each, selected: each === term.weight }, `×${each}`));
  return element(
    "select",
    { "aria-label": `How much ${name} counts`, title: "How much it counts", class: term.weight === 1 ? "usual" : "", onchange: (event) => change({ ...term, weight: Number(event.target.value) }) },
    ...options,
  );
}
