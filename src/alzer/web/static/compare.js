/** Two analyses side by side: pictures, answers, probabilities. */

import { getDocument } from "./requests.js";
import { said, t } from "./texts.js";
import { dateOf, kindOf, percent } from "./words.js";

const part = (id) => document.getElementById(id);

const isDoubted = ({ reliable }) => reliable === false;

const CAPTIONS = {
  heatmap: t("The scan with the heatmap over it"),
  seen: t("What the network saw of the scan"),
  none: t("No picture of it is kept."),
};

/** Which picture there is: of an answer that can't be relied on, one without colours. */
function pictureOf(root, answer) {
  const slice = answer.leading_slice ?? 0;
  const address = `${root}/analyses/${answer.analysis_id}/seen?slice=${slice}`;
  const seen = { address, caption: CAPTIONS.seen };
  if (isDoubted(answer) || !answer.heatmap_url) return seen;
  const name = answer.heatmap_url.split("/").pop(); // its signature included
  return { address: `${root}/uploads/heatmaps/${name}`, caption: CAPTIONS.heatmap };
}

function fillPicture(cell, root, answer) {
  const { address, caption } = pictureOf(root, answer);
  const image = cell("picture");
  cell("caption").textContent = caption;
  image.alt = caption;
  image.addEventListener("error", () => {
    image.closest(".frame").hidden = true;
    cell("caption").textContent = CAPTIONS.none;
  });
  image.src = address;
}

function sideOf(root, answer) {
  const side = part("side").content.cloneNode(true).firstElementChild;
  const cell = (name) => side.querySelector(`[data-cell="${name}"]`);
  side.classList.toggle("doubted", isDoubted(answer));
  cell("headline").textContent = said(answer.headline);
  cell("headline").href = `${root}/assessment/mri-upload?analysis=${answer.analysis_id}`;
  cell("date").dateTime = answer.created_at;
  cell("date").textContent = dateOf(answer);
  cell("kind").textContent = kindOf(answer);
  cell("reference").textContent = answer.reference ? ` · ${answer.reference}` : "";
  const told = { name: said(answer.prediction), confidence: percent(answer.confidence) };
  cell("confidence").textContent = isDoubted(answer)
    ? ""
    : answer.calibrated
      ? t("Most probable: {name}, confidence {confidence}", told)
      : t("Most probable: {name}, confidence {confidence} (not calibrated)", told);
  cell("reason").textContent = said(answer.unreliable_reason);
  fillPicture(cell, root, answer);
  return side;
}

function shareRow(name, answers) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  Object.assign(head, { scope: "row", textContent: said(name) });
  const cells = answers.map((answer) => {
    const cell = document.createElement("td");
    const share = Number.parseFloat(answer.class_probabilities[name]) / 100;
    cell.textContent = isDoubted(answer) ? "–" : percent(share);
    return cell;
  });
  row.append(head, ...cells);
  return row;
}

/** What keeps the numbers of two answers from being compared. */
function noteOf([one, other]) {
  if (one.model.sha256 !== other.model.sha256) {
    return t("Two different models gave these answers: their numbers can't be compared.");
  }
  if (kindOf(one) !== kindOf(other)) {
    return t("One answer is for a slice, the other for a person: their numbers can't be compared.");
  }
  return "";
}

/** Show two analyses side by side. */
export async function compareTwo(root, ids) {
  const answers = await Promise.all(ids.map((id) => getDocument(`${root}/analyses/${id}`)));
  answers.sort((one, other) => one.created_at.localeCompare(other.created_at));
  part("sides").replaceChildren(...answers.map((answer) => sideOf(root, answer)));
  const names = Object.keys(answers[0].class_probabilities);
  part("share-rows").replaceChildren(...names.map((name) => shareRow(name, answers)));
  part("numbers").hidden = answers.every(isDoubted);
  part("comparison-note").textContent = noteOf(answers);
  part("comparison").hidden = false;
  window.scrollTo(0, 0);
  part("comparison-title").focus({ preventScroll: true });
}

/** Show nothing side by side any more. */
export function hideComparison() {
  part("comparison").hidden = true;
  part("sides").replaceChildren();
}
