// Why a photo was found: the words of the query with what each added, and where each was read from.
// Pointing at a word lights up its regions in the photo, pointing at a region its words.

import { drawn, element, percent } from "./dom.js";

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
const quoted = (word) => (/["“]/.test(word) ? word : `“${word}”`); // what is not wanted comes in quotes
const keyOf = (box) => box.map((side) => side.toFixed(4)).join(" ");

// Gives the words (an element) and the overlay (an SVG that lies on the photo).
export function explained(explanation) {
  const words = explanation.words.map((word) => wordButton(word, explanation.words));
  const said = element("p", { class: "word-said", "aria-live": "polite" });
  const overlay = drawn("svg", { class: "regions", viewBox: "0 0 1 1", preserveAspectRatio: "none" });
  const rest = "Point at a word to see where it was read.";
  const light = lighter(overlay);

  const point = (index) => {
    const word = explanation.words[index];
    words.forEach((button, at) => button.classList.toggle("on", at === index));
    light(word.regions);
    const counts = Math.abs(word.added) >= 0.0005;
    const places = word.regions.length ? ", read most here" : "";
    said.textContent = `${quoted(word.word)} added ${counts ? signed(word.added) + places : "nothing"}`;
  };
  const region = (box) => {
    const key = keyOf(box);
    const reading = explanation.words.map((word) => word.regions.find((each) => keyOf(each.box) === key));
    words.forEach((button, at) => button.classList.toggle("on", reading[at] !== undefined));
    light([{ box, weight: 1 }]);
    const names = explanation.words.filter((_, at) => reading[at]).map(({ word }) => quoted(word));
    said.textContent = names.length ? `Read here: ${names.join(", ")}` : "The whole query read much of this";
  };
  const none = () => {
    words.forEach((button) => button.classList.remove("on"));
    light([]);
    said.textContent = rest;
  };

  none();
  words.forEach((button, index) => {
    for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => point(index));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, none);
  });
  overlay.append(...targets(explanation, region, none));
  const other = explanation.other_words ? ` (other words ${signed(explanation.other_words)})` : "";
  const sum = `First stage and the rest ${signed(explanation.rest)}${other}; with the words that is the score.`;
  return { overlay, words: element("div", { class: "why" }, element("p", { class: "words" }, ...words), said, element("p", { class: "rest" }, sum)) };
}

function wordButton(word, all) {
  const most = Math.max(...all.map((each) => Math.abs(each.added)), 1e-9);
  const button = element(
    "button",
    { type: "button", class: `word ${word.added < 0 ? "against" : "for"}`, "aria-label": `${word.word} added ${signed(word.added)}` },
    word.word,
  );
  button.style.setProperty("--share", Math.abs(word.added) / most);
  return button;
}

// Darkens the photo but for the regions, each the more the less was read there.
function lighter(overlay) {
  const mask = drawn("mask", { id: "read" });
  const dark = drawn("rect", { class: "dark", width: 1, height: 1, mask: "url(#read)" });
  const lines = drawn("g", { class: "lines" });
  overlay.append(mask, dark, lines);
  return (regions) => {
    const most = Math.max(...regions.map((region) => region.weight), 1e-9);
    mask.replaceChildren(
      drawn("rect", { width: 1, height: 1, fill: "white" }),
      ...regions.map(({ box, weight }) => rectangle(box, { fill: "black", "fill-opacity": 0.25 + (0.75 * Math.max(0, weight)) / most })),
    );
    lines.replaceChildren(...regions.map(({ box }) => rectangle(box, { class: "line" })));
    overlay.classList.toggle("lit", regions.length > 0);
  };
}

function targets(explanation, point, leave) {
  const boxes = new Map();
  for (const { regions } of [...explanation.words, explanation]) for (const { box } of regions) boxes.set(keyOf(box), box);
  return [...boxes.values()].map((box) => {
    const [left, top] = box;
    const target = rectangle(box, { class: "target", tabindex: 0, role: "img", "aria-label": `Region at ${percent(left)} from the left, ${percent(top)} from the top` });
    for (const event of ["pointerenter", "focus", "click"]) target.addEventListener(event, () => point(box));
    for (const event of ["pointerleave", "blur"]) target.addEventListener(event, leave);
    return target;
  });
}

const rectangle = ([left, top, right, bottom], attributes) =>
  drawn("rect", { x: left, y: top, width: right - left, height: bottom - top, ...attributes });
