/** The four probabilities as bars, and what came true of such probabilities. */

import { t } from "./texts.js";

const part = (id) => document.getElementById(id);

/** Whole percent: a calibration bears no decimals. */
export function wholePercent(percent) {
  if (percent > 0 && percent < 0.5) return "< 1 %";
  if (percent < 100 && percent >= 99.5) return "> 99 %";
  return `${Math.round(percent)} %`;
}

/** The ranges of probability of a class that the model's card tells of, in percent. */
function rangesOf(kind, name) {
  const told = document.querySelector(`.rated-shares[data-kind="${kind}"]`);
  return (told && JSON.parse(told.textContent)[name]) ?? [];
}

/** Of people who were given about as much: a range, how many people, and their share. */
function cameTrue(kind, name, percent) {
  const ranges = rangesOf(kind, name);
  const isIn = ([low, high]) => percent >= low && (percent < high || high === 100);
  return percent > 100 ? null : (ranges.find(isIn) ?? null);
}

function showCameTrue(row, found, kind) {
  const line = row.querySelector(".rated");
  const words = row.querySelector(".came-true");
  line.hidden = words.hidden = !found;
  if (!found) return;
  const [from, to, people, share, low, high] = found;
  line.style.left = `${low}%`;
  line.style.width = `${high - low}%`;
  const values = { from, to, people, share, low, high };
  words.textContent = kind === "volume"
    ? t("Of {people} people given {from} to {to} %, {share} % were rated so ({low} to {high} %).", values)
    : t("Of slices of {people} people given {from} to {to} %, {share} % were rated so ({low} to {high} %).", values);
}

/** Fill the bars; `isVouchedFor` says whether figures of the model are true of them. */
export function fillShares(answer, isVouchedFor) {
  const { kind = "slice", class_probabilities: shares } = answer;
  for (const row of part("shares").children) {
    const { name } = row.dataset;
    const percent = Number.parseFloat(shares[name]);
    row.querySelector(".value").textContent = wholePercent(percent);
    row.querySelector(".fill").style.width = `${percent}%`;
    row.classList.toggle("predicted", name === answer.prediction);
    showCameTrue(row, isVouchedFor ? cameTrue(kind, name, percent) : null, kind);
  }
  part("rated-note").hidden = !part("shares").querySelector(".rated:not([hidden])");
}

/** Lead to the bars where they do not stand beside the answer; the address stays. */
part("to-shares").addEventListener("click", () => {
  part("shares-title").scrollIntoView();
  part("shares-title").focus({ preventScroll: true });
});
