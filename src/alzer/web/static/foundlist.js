/** Showing which scans were found, and letting a person choose one of several. */

import { number, said, t, tn } from "./texts.js";

const part = (id) => document.getElementById(id);

/** Say a number of bytes as people do. */
export function size(bytes) {
  if (bytes < 2 ** 20) return `${Math.max(1, Math.round(bytes / 1024))} KiB`;
  return `${number(bytes / 2 ** 20, 1)} MiB`;
}

/** Put a choice into words; nothing that names a person: no name of a file. */
function describe({ files, facts, bytes }) {
  return `${facts}, ${tn("1 file", "{count} files", files.length)}, ${size(bytes)}`;
}

function option(text, value, isChosen) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "found", value, checked: isChosen });
  const words = document.createElement("span");
  words.textContent = text;
  label.append(input, words);
  return label;
}

function line(text) {
  const words = document.createElement("p");
  words.textContent = text;
  return words;
}

function show(kind, title, items, note = "") {
  part("found").dataset.of = kind;
  part("found-title").textContent = title;
  part("found-list").replaceChildren(...items);
  part("found-note").textContent = note;
  part("found").hidden = false;
}

function noteOf(leftOut) {
  if (leftOut === 0) return "";
  return tn("1 other file is no scan, and left out.", "{count} other files are no scan, and left out.", leftOut);
}

// What stands for all scans in place of one.
export const ALL = "all";

/** Whether several scans rather belong to several people: DICOM series are a study's. */
const areApart = (scans) => scans.every(({ kind, header }) => kind === "slice" || header.format !== "DICOM");

/** Show the scans that were found in files; give the value of what is chosen. */
export function showScans({ scans, leftOut }) {
  if (scans.length === 1) {
    show("scans", t("A whole head"), [line(describe(scans[0]))], noteOf(leftOut));
    return 0;
  }
  const areAll = areApart(scans);
  const items = scans.map((scan, place) => option(describe(scan), place, place === 0 && !areAll));
  const all = option(t("All {count}, one by one: a table with an answer for each", { count: scans.length }), ALL, areAll);
  show("scans", t("{count} scans: choose all or one", { count: scans.length }), [all, ...items], noteOf(leftOut));
  return areAll ? ALL : 0;
}

/** Show the series that the service found in an archive; none is chosen. */
export function showSeries(series) {
  const items = series.map((text, place) => option(said(text), place + 1, false));
  show("series", t("{count} series: choose one", { count: series.length }), items);
}

/** Hide what was found. */
export function hideFound() {
  part("found").hidden = true;
  part("found-list").replaceChildren();
}

/** Let `onChoice` know the value of a choice that a person makes. */
export function connectFound(onChoice) {
  part("found").addEventListener("change", ({ target: { value } }) => {
    onChoice(value === ALL ? ALL : Number(value));
  });
}
