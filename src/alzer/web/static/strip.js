/** The standard slices, side by side, and one of them enlarged. */

import { here } from "./head.js";
import { number, said, t } from "./texts.js";
import { keepFitted } from "./viewer.js";

const ATTEMPTS = 3;
const ASK_AGAIN_MS = 1000;

const part = (id) => document.getElementById(id);

const classNames = () =>
  [...part("shares").children].map((row) => row.dataset.name);

/** Shares come as numbers, or in percent as in the rest of an answer. */
function share(value) {
  return typeof value === "string" ? Number.parseFloat(value) / 100 : value;
}

const percent = (value) => `${number(100 * value)} %`;

function height({ z_mm: millimetres }) {
  const whole = Math.round(millimetres);
  const sign = whole < 0 ? "−" : whole > 0 ? "+" : "";
  return `${sign}${Math.abs(whole)} mm`;
}

function probableOf(slice) {
  const shares = Object.entries(slice.class_probabilities);
  return shares.reduce((best, one) => (share(one[1]) > share(best[1]) ? one : best))[0];
}

function element(name, facts = {}, children = []) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(...children);
  return made;
}

/** One bar with a part for each class, in order of severity. */
function bar(slice) {
  const parts = classNames().map((name, place) => {
    const piece = element("span", { className: `class-${place}` });
    piece.style.width = `${100 * share(slice.class_probabilities[name])}%`;
    return piece;
  });
  const made = element("span", { className: "stack" }, parts);
  made.setAttribute("aria-hidden", "true");
  return made;
}

function wordsOf(slice) {
  const name = probableOf(slice);
  const text = `${said(name)} ${percent(share(slice.class_probabilities[name]))}`;
  if (slice.counted === false) return t("{slice}, does not count for the answer", { slice: text });
  return slice.reliable === false ? t("{slice}, not counted as reliable", { slice: text }) : text;
}

/** Show a picture; ask again where the service was too busy with all the others. */
function load(image, address) {
  let left = ATTEMPTS;
  image.onerror = () => {
    left -= 1;
    if (left > 0) setTimeout(() => (image.src = address), ASK_AGAIN_MS);
  };
  image.src = address;
}

function picture(slice, root) {
  const image = element("img", { alt: "", loading: "lazy", width: 176, height: 208 });
  if (slice.heatmap_url) load(image, here(root, slice.heatmap_url));
  return image;
}

/** A slice to choose: its picture, height, and what it alone would say. */
function item(slice, root) {
  const input = element("input", { type: "radio", name: "slice", value: slice.index });
  input.className = "unseen";
  input.dataset.title = t("slice at {height}", { height: height(slice) });
  input.setAttribute("aria-label", `${t("Slice at {height}", { height: height(slice) })}: ${wordsOf(slice)}`);
  const label = element("label", {}, [
    input,
    picture(slice, root),
    element("span", { className: "height", textContent: height(slice) }),
    bar(slice),
  ]);
  label.classList.toggle("doubtful", slice.reliable === false);
  label.classList.toggle("uncounted", slice.counted === false);
  return label;
}

function fillShares(slice) {
  const rows = classNames().flatMap((name, place) => {
    const swatch = element("span", { className: `swatch class-${place}` });
    const value = percent(share(slice.class_probabilities[name]));
    return [element("dt", {}, [swatch, said(name)]), element("dd", { textContent: value })];
  });
  part("slice-shares").replaceChildren(...rows);
}

function enlarge(slice, answer, root) {
  const isLeading = slice.index === answer.leading_slice;
  part("slice-title").textContent = t("Slice at {height}", { height: height(slice) });
  part("slice-leading").hidden = !isLeading;
  part("slice-doubtful").hidden = slice.reliable !== false;
  part("slice-uncounted").hidden = slice.counted !== false;
  part("slice-missing").hidden = Boolean(slice.heatmap_url);
  part("slice-frame").hidden = !slice.heatmap_url;
  const tellsSides = Boolean(answer.scan?.tells_sides);
  part("slice-frame").classList.toggle("sided", tellsSides);
  part("slice-sides").hidden = !tellsSides;
  if (slice.heatmap_url) load(part("slice-image"), here(root, slice.heatmap_url));
  part("slice-image").alt = t("Slice at {height} with what spoke for {name}", {
    height: height(slice),
    name: said(answer.prediction),
  });
  fillShares(slice);
}

/** Of an answer without `leading_slice`, the one whose picture is the answer's. */
function leadingOf({ leading_slice: leading, slices, heatmap_url: address }) {
  const found = slices.find((slice) => slice.index === leading);
  return found ?? slices.find((slice) => slice.heatmap_url === address) ?? slices[0];
}

/** How many slices are familiar, and how many make the answer, in words. */
function noteOf({ slices }) {
  const known = slices.filter((slice) => slice.reliable !== false).length;
  const counted = slices.filter((slice) => slice.counted !== false).length;
  const text = t("{known} of {total} slices are like those that the model knows.", {
    known,
    total: slices.length,
  });
  if (counted === slices.length) return text;
  return `${text} ${t("The answer is made of the lowest {counted}; the others are shown for comparison.", { counted })}`;
}

/** Connect what stays; give the function that shows the slices of an answer. */
export function prepareStrip(root) {
  let shown = null;
  keepFitted([part("slice-image")]);
  part("strip").addEventListener("change", ({ target }) => {
    const slice = shown.slices.find(({ index }) => index === Number(target.value));
    enlarge(slice, shown, root);
  });
  return (answer) => {
    shown = answer;
    part("strip").replaceChildren(...answer.slices.map((slice) => item(slice, root)));
    const leading = leadingOf(answer);
    part("strip").querySelector(`[value="${leading.index}"]`).checked = true;
    part("strip-note").textContent = noteOf(answer);
    enlarge(leading, answer, root);
  };
}
