// Photos from outside: dropped on the page, pasted, or picked.

import { at } from "./dom.js";
import { keepFile, term } from "./query.js";

const LARGE_BYTES = 3_000_000;
const LONGEST_PX = 1600;
let count = 0;

// `on.add(terms)` gets them; `on.signs()` says whether there is anything to subtract from.
export function takePhotos(on) {
  const drop = at("drop");
  const hide = () => { drop.hidden = true; };
  addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    drop.hidden = false;
    drop.classList.toggle("both", on.canSubtract());
  });
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    for (const side of drop.children) side.classList.toggle("over", side === event.target);
  });
  addEventListener("dragleave", (event) => { if (event.relatedTarget === null) hide(); });
  addEventListener("dragend", hide);
  addEventListener("drop", async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    hide();
    const sign = event.target.dataset?.sign ?? "+";
    const id = event.dataTransfer.getData("application/x-crossgraph-photo");
    on.add(id ? [term(sign, "photo", id)] : await asTerms(event.dataTransfer.files, sign));
  });
  addEventListener("paste", async (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length === 0) return;
    event.preventDefault();
    on.add(await asTerms(files, "+"));
  });
  at("pick").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", async ({ target }) => {
    on.add(await asTerms(target.files, "+"));
    target.value = "";
  });
}

function carries(event) {
  const types = event.dataTransfer?.types ?? [];
  return types.includes("Files") || types.includes("application/x-crossgraph-photo");
}

async function asTerms(files, sign) {
  // A system that does not know HEIC says nothing of its type; the server then says what it is.
  const photos = [...files].filter((file) => file.type === "" || file.type.startsWith("image/"));
  return Promise.all(photos.map(async (file) => {
    const sent = await smaller(file);
    const name = `${Date.now().toString(36)}-${(count += 1)}`;
    keepFile(name, { image: await asBase64(sent), picture: URL.createObjectURL(file), label: file.name || "a pasted photo" });
    return term(sign, "file", name);
  }));
}

// A camera's photo has more pixels than any encoder reads; what the browser can't read goes as it is.
async function smaller(file) {
  if (file.size <= LARGE_BYTES) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const share = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * share);
    canvas.height = Math.round(bitmap.height * share);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob((made) => resolve(made ?? file), "image/jpeg", 0.92));
  } catch {
    return file;
  }
}

function asBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
