/** Filling the result with an answer of the service. */

import { connectOpacity, keepFitted } from "./viewer.js";

const part = (id) => document.getElementById(id);

function fillShares(answer) {
  for (const row of part("shares").children) {
    const { name, meaning } = row.dataset;
    const percent = answer.class_probabilities[name];
    const isPredicted = name === answer.prediction;
    row.querySelector(".value").textContent = percent;
    row.querySelector(".fill").style.width = percent;
    row.classList.toggle("predicted", isPredicted);
    if (isPredicted) part("meaning").textContent = meaning;
  }
}

function fillVerdict(answer) {
  const isUnreliable = answer.reliable === false;
  part("prediction").textContent = answer.prediction;
  part("unreliable").hidden = !isUnreliable;
  part("unreliable-reason").textContent = isUnreliable ? answer.warnings[0] : "";
  part("result").classList.toggle("unreliable", isUnreliable);
  // Numbers that can't be relied on would still be believed.
  part("confidence-line").hidden = isUnreliable;
  part("share-box").hidden = isUnreliable;
  part("confidence").textContent = `${(100 * answer.confidence).toFixed(2)}%`;
  part("confidence-name").textContent = answer.calibrated
    ? "Confidence"
    : "Confidence (not calibrated)";
  const possible = answer.possible_classes;
  part("possible").hidden = !possible;
  part("possible-classes").textContent = possible?.join(", ") || "No class fits well";
}

function fillWarnings(warnings) {
  const note = part("moderate-note");
  note.hidden = warnings.includes(note.textContent); // once is enough
  const items = warnings.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  part("warning-list").replaceChildren(...items);
  part("warnings").hidden = items.length === 0;
}

function fillPictures(answer, root) {
  const { original, heat } = answer.layers;
  // By its path on this service: the public address may not be the one by which
  // this page was opened.
  const name = answer.heatmap_url?.split("/").pop();
  part("original").src = original;
  part("missing").hidden = Boolean(name);
  part("missing-reason").textContent = answer.heatmap_missing_reason ?? "";
  part("overlay-figure").hidden = !name;
  part("explanation").hidden = !name;
  if (!name) return;
  part("overlay-base").src = original;
  part("overlay-heat").src = heat;
  part("overlay").src = `${root}/uploads/heatmaps/${name}`; // its signature included
  part("download").href = part("overlay").src;
  part("download").download = name.split("?")[0];
}

function fillProvenance({ model, timings_ms: timings, analysis_id: id }) {
  const digest = model.sha256.slice(0, 12);
  const total = (timings.total ?? 0).toFixed(0);
  part("provenance").textContent =
    `Model ${model.name} ${model.version} (${digest}), ${model.engine} ` +
    `${model.precision}. Analysed in ${total} ms. Analysis ${id}.`;
}

/** Connect what stays; give the function that shows one answer. */
export function prepareResult(root) {
  keepFitted(["original", "overlay-base", "overlay-heat", "overlay"].map(part));
  const resetOpacity = connectOpacity({
    slider: part("opacity"),
    output: part("opacity-value"),
    saved: part("overlay"),
    heat: part("overlay-heat"),
  });
  return (answer) => {
    fillVerdict(answer);
    fillShares(answer);
    // The first one stands above everything else.
    fillWarnings(answer.warnings.slice(answer.reliable === false ? 1 : 0));
    resetOpacity();
    fillPictures(answer, root);
    fillProvenance(answer);
  };
}
