// Elements in one expression; text is always set as text, never as HTML.

export const at = (id) => document.getElementById(id);

// element("button", { class: "tool", onclick: close, "aria-label": "Close" }, icon("close"))
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

// One of the symbols of index.html.
export function icon(name) {
  return drawn("svg", { class: "icon", "aria-hidden": "true" }, drawn("use", { href: `#i-${name}` }));
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

export function percent(share) {
  // 99.6 % is not certain, and 0.4 % is not nothing.
  const whole = Math.round(100 * share);
  return `${share < 1 ? Math.min(whole, 99) : whole}\u202f%`; // never alone on a new line
}

export const counted = (count, one, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
