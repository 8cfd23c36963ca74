// Where a photo was taken, on a map of dots that needs no network.

import { drawn, element } from "./dom.js";
import { BITS, DEGREES } from "./world.js";

const COLUMNS = 360 / DEGREES;
let land;

// One path of all squares in which somebody lives.
function dots() {
  if (land) return land;
  const bytes = Uint8Array.from(atob(BITS), (letter) => letter.charCodeAt(0));
  const squares = [];
  for (let place = 0; place < bytes.length * 8; place += 1) {
    if (bytes[place >> 3] & (128 >> (place & 7))) squares.push(`M${place % COLUMNS + 0.15} ${Math.floor(place / COLUMNS) + 0.15}h.7v.7h-.7z`);
  }
  land = squares.join("");
  return land;
}

export function map(latitude, longitude) {
  const x = (longitude + 180) / DEGREES;
  const y = (90 - latitude) / DEGREES;
  const side = (value, letters) => `${Math.abs(value).toFixed(4)}° ${letters[value < 0 ? 1 : 0]}`;
  const said = `${side(latitude, "NS")}, ${side(longitude, "EW")}`;
  // The far north and south, where nobody takes photos, are left out.
  const picture = drawn(
    "svg", { class: "map", viewBox: `0 ${8 / DEGREES} ${COLUMNS} ${140 / DEGREES}`, role: "img", "aria-label": `Taken at ${said}` },
    drawn("path", { d: dots(), class: "land" }),
    drawn("circle", { cx: x, cy: y, r: 7 / DEGREES, class: "halo" }),
    drawn("circle", { cx: x, cy: y, r: 3.2 / DEGREES, class: "spot" }),
  );
  return element("figure", { class: "where-taken" }, picture, element("figcaption", {}, said));
}
