/** How far the map of an answer can be trusted. */

const part = (id) => document.getElementById(id);

/** Where the evidence lies; nothing where there is none, or nobody asked. */
function fillQuality(quality) {
  part("map-quality").hidden = !quality;
  part("map-verdict").textContent = quality?.verdict ?? "";
  part("map-verdict").dataset.verdict = quality?.verdict.split(/[ :]/)[0] ?? "";
  part("map-text").textContent = quality?.text ?? "";
  part("map-note").textContent = quality?.note ?? "";
}

/** Show what is known of an answer's map. */
export function showMapCheck(answer) {
  part("map-check").hidden = !answer.map_quality;
  fillQuality(answer.map_quality);
}
