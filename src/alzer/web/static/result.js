/** Filling the result with an answer of the service. */

import { prepareHead } from "./head.js";
import { prepareMapCheck } from "./mapcheck.js";
import { prepareMaps } from "./maps.js";
import { prepareScanFacts } from "./scanfacts.js";
import { fillShares, wholePercent } from "./shares.js";
import { prepareReport } from "./report.js";
import { number, said, t } from "./texts.js";
import { connectOpacity, keepFitted } from "./viewer.js";

const part = (id) => document.getElementById(id);

// Of a reliable answer these stand open; else behind a disclosure.
const PARTS = {
  estimate: "estimate",
  "share-box": "shares",
  evidence: "evidence",
  "head-evidence": "evidence",
  "map-check": "evidence",
};

const isUnreliable = (answer) => answer.reliable === false;

function placeParts(answer) {
  const place = isUnreliable(answer) ? "withheld" : "shown";
  for (const [id, name] of Object.entries(PARTS)) {
    part(`${place}-${name}`).append(part(id));
  }
  part("withheld").open = false; // whatever was opened for the scan before
  part("withheld").hidden = !isUnreliable(answer);
  part("result").classList.toggle("unreliable", isUnreliable(answer));
}

const rowOf = (name) =>
  [...part("shares").children].find((row) => row.dataset.name === name);

/** The classes that a headline names, and what stands between them. */
const pieces = (headline) => headline.split(/(, | or )/);

/** A line may break between classes, not inside their names or before a comma. */
function setHeadline(headline) {
  const spans = [];
  for (const text of pieces(headline)) {
    if (text === ", ") {
      spans.at(-1).textContent += ",";
      spans.push(" ");
      continue;
    }
    const span = document.createElement("span");
    span.textContent = text === " or " ? ` ${t("or")} ` : said(text);
    span.classList.toggle("whole", Boolean(rowOf(text)));
    spans.push(span);
  }
  part("headline").replaceChildren(...spans);
  part("headline").classList.toggle("several", spans.length > 1);
}

const isHead = (answer) => answer.kind === "volume";

function titleOf(answer, isSet) {
  if (isSet) return t("The model can't tell these apart");
  if (!rowOf(answer.headline)) return t("Result");
  return isHead(answer) ? t("Prediction for the person") : t("Prediction");
}

/** Which one of the plain sentences is true of an answer; none beside no answer. */
function plainOf(answer, isSet) {
  if (isUnreliable(answer)) return "";
  if (answer.warnings.includes(part("answer").dataset.uninformative)) return "uninformative";
  if (isSet) return "several";
  return rowOf(answer.headline) ? "one" : "none";
}

/** Say in one sentence what the answer means, for those whom it is about. */
function fillPlain(answer, isSet) {
  const chosen = plainOf(answer, isSet);
  part("plain").hidden = !chosen;
  for (const each of part("plain").children) each.hidden = each.dataset.when !== chosen;
  part("plain-rated").textContent = rowOf(answer.headline)?.dataset.rated ?? "";
}

function fillHeadline(answer) {
  const isSet = pieces(answer.headline).length > 1;
  part("headline-title").textContent = titleOf(answer, isSet);
  setHeadline(answer.headline);
  part("unreliable").hidden = !isUnreliable(answer);
  part("unreliable-reason").textContent = said(answer.unreliable_reason);
  fillPlain(answer, isSet);
  part("set-note").hidden = !answer.possible_classes?.length;
  part("set-text").textContent = isSet
    ? t("None of these classes can be ruled out for this scan.")
    : t("Every other class that the model was checked on is ruled out.");
}

function fillEstimate(answer) {
  part("prediction").textContent = said(answer.prediction);
  part("most-probable").hidden = answer.headline === answer.prediction;
  part("confidence").textContent = wholePercent(100 * answer.confidence);
  part("confidence-name").textContent = answer.calibrated
    ? t("Confidence")
    : t("Confidence (not calibrated)");
}

/** Whether the model that answered is the one that this page knows. */
const isKnownModel = ({ model }) => part("assessment").dataset.model === model.sha256;

/** What the page says of the model that it knows, if that is the one that answered. */
function showModelNotes(answer) {
  const { kind = "slice", warnings } = answer;
  const isKnown = isKnownModel(answer);
  for (const note of document.querySelectorAll("#result .of-model")) {
    const isSaid = warnings.includes(note.dataset.said); // once is enough
    note.hidden = !isKnown || note.dataset.kind !== kind || isSaid;
  }
}

/** What a simple measure says of the scan; nothing beside what can't be relied on. */
function fillSecondOpinion(answer) {
  const opinion = isUnreliable(answer) ? null : answer.second_opinion;
  part("second-opinion").hidden = !opinion;
  part("opinion-text").textContent = said(opinion?.text);
  part("opinion-caveat").textContent = said(opinion?.caveat);
}

function fillWarnings(warnings) {
  const items = warnings.map((text) => {
    const item = document.createElement("li");
    item.textContent = said(text);
    return item;
  });
  part("warning-list").replaceChildren(...items);
  part("warnings").hidden = items.length === 0;
}

/** Show the slice and its overlay; without its layers, only the overlay as saved. */
function fillPictures(answer, root) {
  const hasLayers = Boolean(answer.layers);
  const { original, heat } = answer.layers ?? { original: "", heat: "" };
  part("original-figure").hidden = !hasLayers;
  part("opacity-control").hidden = !hasLayers;
  part("as-read").hidden = !isUnreliable(answer) || !hasLayers;
  part("as-read-image").src = original;
  // By its path on this service: the public address may not be the one by which
  // this page was opened.
  const name = answer.heatmap_url?.split("/").pop();
  part("original").src = original;
  part("missing").hidden = Boolean(name);
  part("missing-reason").textContent = said(answer.heatmap_missing_reason);
  part("overlay-figure").hidden = !name;
  part("explanation").hidden = !name;
  if (!name) return;
  part("explained-class").textContent = said(answer.prediction);
  const { noImpairment } = part("assessment").dataset;
  part("against-impairment").hidden = answer.prediction !== noImpairment;
  part("overlay-base").src = original;
  part("overlay-heat").src = heat;
  part("overlay").src = `${root}/uploads/heatmaps/${name}`; // its signature included
  part("download").href = part("overlay").src;
  part("download").download = name.split("?")[0];
}

function fillProvenance({ model, timings_ms: timings, analysis_id: id }) {
  const digest = model.sha256.slice(0, 12);
  const total = number(timings.total ?? 0);
  part("provenance").dataset.analysis = id;
  part("provenance").textContent =
    t("Model {name} {version} ({digest}), {engine} {precision}. Analysed in {total} ms. Analysis {id}.", {
      ...model,
      digest,
      total,
      id,
    });
}

/** Connect what stays; give the function that shows one answer. */
export function prepareResult(root) {
  keepFitted(["as-read-image", "seen-image", "original", "overlay-base", "overlay-heat", "overlay"].map(part));
  const opacity = connectOpacity({
    slider: part("opacity"),
    output: part("opacity-value"),
    saved: part("overlay"),
    heat: part("overlay-heat"),
    bars: document.querySelectorAll(".map-legend img"),
  });
  const offerMaps = prepareMaps(root, opacity);
  const showHead = prepareHead(root);
  const showMapCheck = prepareMapCheck(root);
  const showScanFacts = prepareScanFacts(root);
  const offerReport = prepareReport(root);
  return (answer, scan) => {
    placeParts(answer);
    fillHeadline(answer);
    fillEstimate(answer);
    fillSecondOpinion(answer);
    fillShares(answer, isKnownModel(answer) && !isUnreliable(answer));
    showModelNotes(answer);
    // The reason stands above everything else.
    fillWarnings(answer.warnings.filter((text) => text !== answer.unreliable_reason));
    opacity.show(part("opacity").defaultValue, true);
    part("evidence").hidden = isHead(answer);
    if (isHead(answer)) part("as-read").hidden = true;
    else fillPictures(answer, root);
    showHead(isHead(answer) ? answer : null, scan);
    showMapCheck(answer);
    showScanFacts(answer, scan);
    fillProvenance(answer);
    offerReport(answer);
    offerMaps(answer);
  };
}
