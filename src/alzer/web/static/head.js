/** The answer for a whole head: preparation, measurements, planes and slices. */

import { preparePlanes } from "./planes.js";
import { prepareStrip } from "./strip.js";
import { number, said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

const VERDICTS = {
  good: t("Good: the head was brought to the standard slices."),
  check: t("Check: look at the slices and planes before you rely on the answer."),
  failed: t("Failed: the head could not be brought to the standard slices."),
};

/** Return an address of the service by the path by which this page was opened. */
export function here(root, address) {
  const { pathname, search } = new URL(address, window.location.href);
  const place = pathname.search(/\/(?:uploads|analyses)\//);
  return `${root}${pathname.slice(place)}${search}`;
}

function cells(name, ...texts) {
  return texts.map((text) => {
    const cell = document.createElement(name);
    cell.textContent = text;
    return cell;
  });
}

function fillFacts(list, facts) {
  const pairs = facts.flatMap(([name, value]) => [
    ...cells("dt", name),
    ...cells("dd", value),
  ]);
  list.replaceChildren(...pairs);
}

function fillPreparation(preparation) {
  part("verdict").textContent = VERDICTS[preparation.quality];
  part("verdict").dataset.quality = preparation.quality;
  part("verdict-reasons").replaceChildren(...cells("li", ...preparation.reasons.map(said)));
  fillFacts(part("preparation-facts"), [
    [t("Likeness to the average brain"), number(preparation.registration_similarity, 2)],
    [t("Turned by"), `${number(preparation.rotation_degrees, 1)}°`],
    [t("Size against the average brain"), `${number(100 * preparation.scale)} %`],
  ]);
}

const percent = (share) => `${number(100 * share, 1)} %`;

/** How much of the evidence lies in and next to a structure, and of all that was seen. */
function nearness({ evidence_near: evidence, looked_at_near: looked }) {
  return Number.isFinite(evidence) && Number.isFinite(looked)
    ? t("{share} of {whole}", { share: percent(evidence), whole: percent(looked) })
    : "–";
}

function structureRow(name, structure) {
  const row = document.createElement("tr");
  const shown = [`${number(structure.ml, 1)} ml`, percent(structure.share), nearness(structure)];
  row.append(...cells("th", said(name)), ...cells("td", ...shown));
  row.firstChild.scope = "row";
  return row;
}

function fillMeasurements({ brain_ml: brain, structures, caveats = [] }) {
  fillFacts(part("measurement-facts"), [[t("Brain with its fluid"), `${number(brain)} ml`]]);
  const rows = Object.entries(structures ?? {}).map((pair) => structureRow(...pair));
  part("structure-rows").replaceChildren(...rows);
  part("structures").hidden = rows.length === 0;
  part("caveats").replaceChildren(...cells("li", ...caveats.map(said)));
}

function fillDownload(id, address, root, name) {
  part(id).hidden = !address;
  if (!address) return;
  part(id).href = here(root, address);
  part(id).download = name;
}

/** Connect what stays; give the function that shows a head, or nothing for a slice. */
export function prepareHead(root) {
  const showStrip = prepareStrip(root);
  const planes = preparePlanes(root);
  return (answer, scan) => {
    planes.forget();
    for (const id of ["head-evidence", "head-facts"]) part(id).hidden = !answer;
    if (!answer) return;
    fillPreparation(answer.preparation);
    fillMeasurements(answer.measurements);
    const number = answer.analysis_id.slice(0, 8);
    fillDownload("evidence-file", answer.evidence_url, root, `evidence_${number}.nii.gz`);
    fillDownload("mask-file", answer.brain_mask_url, root, `brain_mask_${number}.nii.gz`);
    fillDownload("brain-file", answer.scan_url, root, `brain_${number}.nii.gz`);
    showStrip(answer);
    planes.show(answer, scan);
  };
}
