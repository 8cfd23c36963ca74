// What the server is asked. Every error is one of three: the server is away, it wants a key, or it
// refused in words that are for people.

export class Away extends Error {}
export class KeyWanted extends Error {}
export class Refused extends Error {}

const KEPT = "crossgraph.key";
let key = stored();

function stored() {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

export function setKey(given) {
  key = given.trim();
  try {
    localStorage.setItem(KEPT, key);
  } catch {
    // Then it lasts as long as the page.
  }
}

export const hasKey = () => key !== "";

// A choice between names that the text, as it is by now, no longer has is not made.
export async function search({ choose, ...request }, signal) {
  const ask = (body) => asJson("v1/search", { body, signal });
  if (!choose) return ask(request);
  try {
    return await ask({ ...request, choose });
  } catch (error) {
    if (error instanceof Refused) return ask(request);
    throw error;
  }
}

export const index = (signal) => asJson("v1/index", { signal });
export const photo = (id, signal) => asJson(`v1/images/${id}`, { signal }).then(asHit);

// All photos, or those of a filter or an album, as columns: ids, sizes, and months with their counts.
export const library = (where, album, signal) =>
  asJson(`v1/library?${new URLSearchParams({ ...(where ? { where } : {}), ...(album ? { album } : {}) })}`, { signal });

export async function duplicates(offset, limit, signal) {
  const answer = await asJson(`v1/duplicates?offset=${offset}&limit=${limit}`, { signal });
  return { ...answer, groups: answer.groups.map(({ images }) => images.map(asHit)) };
}

export const exif = (id, signal) => asJson(`v1/images/${id}/exif`, { signal });
export const fields = () => asJson("v1/fields", {}).then(({ fields: known }) => known);
export const values = (field) => asJson(`v1/values?${new URLSearchParams({ field, limit: 200 })}`, {}).then(({ values: known }) => known);
export const saved = () => asJson("v1/saved", {}).then(({ saved: known }) => known);
export const save = ({ id, name, search: asked = "", photos = [] }) => {
  const body = { name, search: asked, photos };
  return id ? replace(id, body) : asJson("v1/saved", { method: "POST", body });
};
const replace = (id, body) => asJson(`v1/saved/${id}`, { method: "PUT", body });
export const forget = (id) => asJson(`v1/saved/${id}`, { method: "DELETE" });
export const leaveOut = (id) => asJson(`v1/images/${id}`, { method: "DELETE" });
export const zip = (ids) => `v1/images/zip?ids=${ids.join(",")}`;

export const thumbnail = (id, size) => `v1/images/${id}/thumbnail?size=${size}`;
export const file = (id) => `v1/images/${id}/file`;

// An address that an <img> can load: with a key only what was fetched with it.
export async function picture(address, signal) {
  if (!key) return address;
  const answer = await asked(address, { signal });
  return URL.createObjectURL(await answer.blob());
}

async function asJson(address, options) {
  const answer = await asked(address, options);
  const record = await answer.json();
  if (record.hits) record.hits = record.hits.map(asHit);
  return record;
}

async function asked(address, { body, signal, method = body ? "POST" : "GET" }) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const sent = { method, ...(body ? { body: JSON.stringify(body) } : {}) };
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, { ...sent, headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away("The server does not answer");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new KeyWanted(key ? "This key is not accepted" : "");
  const said = await words(answer);
  if ([429, 502, 503, 504].includes(answer.status)) throw new Away(said);
  throw new Refused(said);
}

// The error line.
async function words(answer) {
  try {
    const { error } = await answer.json();
    if (typeof error === "string") return error;
  } catch {
    // No JSON: a proxy's page, which is not for people.
  }
  return `The server answered ${answer.status} ${answer.statusText}`.trim();
}

function asHit(record) {
  return { ...record, duplicates: (record.duplicates ?? []).map(asHit) };
}
