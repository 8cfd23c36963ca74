// Thumbnails: asked for when a photo has stood near the view for a moment, so that a fling through
// thousands of photos does not ask for all of them, and dropped when it leaves.

import * as api from "./api.js";

const SETTLED_MS = 70;

export function load(image, id, size) {
  const asking = new AbortController();
  image.timer = setTimeout(() => show(image, id, size, asking.signal), SETTLED_MS);
  image.drop = () => {
    clearTimeout(image.timer);
    asking.abort();
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.removeAttribute("src");
  };
}

async function show(image, id, size, signal) {
  const failed = () => image.parentElement?.classList.add("gone");
  image.addEventListener("load", () => image.classList.add("there"), { once: true });
  image.addEventListener("error", failed, { once: true });
  try {
    const address = await api.picture(api.thumbnail(id, size), signal);
    if (signal.aborted) URL.revokeObjectURL(address);
    else image.src = address;
  } catch (error) {
    if (error.name !== "AbortError") failed();
  }
}
