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

// Rounded down, as `search.result.match_percent` does: 49.9 % is not shown as 50 %, nor 99.6 % as certain.
export function percent(share) {
  const whole = Math.floor(100 * share + 1e-6);
  return `${whole === 0 && share > 0 ? "<1" : whole}\u202f%`; // never alone on a new line
}

export const counted = (count, one, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
