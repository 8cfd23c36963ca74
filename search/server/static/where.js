// The filter is one text, `where`. The choosers read and write their own part of it, and leave the
// rest as it was typed.

const CLAUSES = {
  category: /^category\s*=\s*(.+)$/i,
  orientation: /^orientation\s*=\s*(\w+)$/i,
  from: /^taken\s*>=\s*(\d{4}-\d{2}-\d{2})$/i,
  to: /^taken\s*<=\s*(\d{4}-\d{2}-\d{2})$/i,
};

const WRITTEN = {
  category: (value) => `category = ${quoted(value)}`,
  orientation: (value) => `orientation = ${value}`,
  from: (value) => `taken >= ${value}`,
  to: (value) => `taken <= ${value}`,
};

export const quoted = (value) => (/^[\w-]+$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`);

// "a = 1 and (b = 2 or c = 3)" gives ["a = 1", "(b = 2 or c = 3)"]; an outer `or` stays whole.
export function clauses(where) {
  const parts = [];
  let start = 0;
  let depth = 0;
  const tokens = /"(?:[^"]|"")*"|'(?:[^']|'')*'|[()]|\b(?:and|or)\b/gi;
  for (const token of where.matchAll(tokens)) {
    const text = token[0].toLowerCase();
    if (text === "(") depth += 1;
    else if (text === ")") depth -= 1;
    else if (depth === 0 && text === "or") return [where.trim()];
    else if (depth === 0 && text === "and") {
      parts.push(where.slice(start, token.index));
      start = token.index + 3;
    }
  }
  parts.push(where.slice(start));
  return parts.map((part) => part.trim()).filter(Boolean);
}

// What a chooser stands on; empty for none.
export function chosen(where, name) {
  for (const clause of clauses(where)) {
    const found = clause.match(CLAUSES[name]);
    if (found) return found[1].replace(/^(["'])(.*)\1$/, (_, quote, text) => text.replaceAll(quote + quote, quote));
  }
  return "";
}

// The filter with a chooser's part replaced, or left out where the value is empty.
export function withChosen(where, name, value) {
  const others = clauses(where).filter((clause) => !CLAUSES[name].test(clause));
  if (!value) return others.join(" and ");
  const kept = others.map((clause) => (clauses(`x = 1 and ${clause}`).length === 1 ? `(${clause})` : clause));
  return [...kept, WRITTEN[name](value)].join(" and ");
}
