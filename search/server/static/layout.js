// Rows of photos, each row as wide as the page and nearly as high as wished: reading order is rank.

const NARROWEST = 0.5; // a panorama or a tall scan is cut, so that none takes a whole screen
const WIDEST = 2.6;

export function proportions(item) {
  const share = item.width_px > 0 && item.height_px > 0 ? item.width_px / item.height_px : 1;
  return Math.min(WIDEST, Math.max(NARROWEST, share));
}

// Gives rows [{ top, height, start, widths, group }] and the height of all, in pixels. A row has a
// `group` where one begins, and `above` pixels over it for a heading; a group ends a row.
export function justified(items, width, wished, gap, above = 0) {
  const rows = [];
  let top = 0;
  let start = 0;
  let sum = 0;
  for (let place = 0; place < items.length; place += 1) {
    sum += proportions(items[place]);
    const inner = width - gap * (place - start);
    const last = place === items.length - 1 || items[place + 1].group !== items[place].group;
    if (inner / sum > wished && !last) continue;
    // The last row is not blown up to fill the page.
    const height = Math.min(inner / sum, last ? wished * 1.15 : Infinity);
    const widths = items.slice(start, place + 1).map((item) => proportions(item) * height);
    const begun = items[start].group;
    const group = begun !== undefined && begun !== items[start - 1]?.group ? begun : undefined;
    if (group !== undefined) top += above;
    rows.push({ top, height, start, widths, group });
    top += height + gap;
    start = place + 1;
    sum = 0;
  }
  return { rows, height: Math.max(0, top - gap) };
}

// The first row whose lower edge is at or below `y`.
export function rowAt(rows, y) {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height < y) low = middle + 1;
    else high = middle;
  }
  return low;
}
