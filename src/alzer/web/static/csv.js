/** Tables as CSV, in which no cell is a formula. Source: RFC 4180. */

// What spreadsheets take for the beginning of a formula; some of them take the wide
// forms too, which East Asian keyboards write. Source: OWASP, CSV Injection.
const FORMULA = /^[\s'"]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Write one cell: a number as it is, a text so that it stays a text. */
export function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = value.replace(UNSEEN, " ");
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Write rows of cells; the first one has the names of the columns. */
export const table = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

/** Let a person save a text as a file. */
export function save(name, text, type = "text/csv;charset=utf-8") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
