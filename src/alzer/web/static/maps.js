/** Choosing which map of a slice is laid over it, and how it is drawn. */

import { prepareOcclusion, signed } from "./occlusion.js";
import { getDocument, getPicture } from "./requests.js";

const part = (id) => document.getElementById(id);

const CHOICES = ["map-method", "map-class", "map-palette", "map-range", "map-cells"];

const USUAL = {
  title: part("cam-title").textContent,
  overlay: part("overlay-title").textContent,
};

const legends = () => [...document.querySelectorAll(".map-legend")];

const isSigned = () => part("map-method").selectedOptions[0].dataset.signed === "true";

/** A number with its sign, as short as it goes; for a scale. */
function tick(value) {
  const text = String(Number(Math.abs(value).toFixed(2)));
  return value === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

/** The colours that suit the chosen map; the usual ones first. */
function palettesOf(method) {
  return legends()
    .filter(({ dataset }) => dataset.method === method)
    .map(({ dataset }) => dataset.palette);
}

function offerPalettes() {
  const suitable = palettesOf(part("map-method").value);
  for (const option of part("map-palette").options) {
    option.hidden = !suitable.includes(option.value);
    option.disabled = option.hidden;
  }
  if (!suitable.includes(part("map-palette").value)) part("map-palette").value = suitable[0];
}

function showLegend(isUsual) {
  part("usual-legend").hidden = !isUsual;
  const [method, palette] = [part("map-method").value, part("map-palette").value];
  for (const legend of legends()) {
    const { dataset } = legend;
    legend.hidden = isUsual || dataset.method !== method || dataset.palette !== palette;
    if (legend.hidden || !isSigned()) continue;
    const ticks = [...legend.querySelectorAll("[data-value]")];
    const most = Number(ticks.at(-1).dataset.value);
    for (const each of ticks) {
      each.textContent = tick((each.dataset.value / most) * part("map-range").value);
    }
  }
}

/** What stands above the pictures, and what is downloaded, is of the map that is shown. */
function showTitles(isUsual, address) {
  const [title, name] = [part("map-method").selectedOptions[0].text, part("map-class").value];
  part("cam-title").textContent = isUsual ? USUAL.title : title;
  part("overlay-title").textContent = isUsual ? USUAL.overlay : `${title}: ${name}`;
  part("focus").hidden = !isUsual;
  part("map-caution").hidden = isUsual;
  part("download").hidden = !isUsual;
  part("download-map").hidden = isUsual;
  if (address) part("download-map").href = address;
}

/** Where the evidence lies, in words; they describe the overlay to people who can't see it. */
function showPlace(words) {
  part("map-place").textContent = words ?? "";
  for (const id of ["overlay", "overlay-figure"]) {
    part(id).setAttribute("aria-describedby", "map-place");
  }
}

function showWords(facts) {
  const name = part("map-class").value;
  const one = facts.classes.find((each) => each.name === name);
  const { meaning } = part("map-method").selectedOptions[0].dataset;
  part("map-meaning").textContent = meaning.replaceAll("{name}", name);
  part("map-sum").textContent =
    `Logit of '${name}': ${signed(one.logit)}, the sum of the additive map's mean ` +
    `${signed(one.mean)} and the bias ${signed(one.bias)}. It lies ${Math.abs(one.lead).toFixed(2)} ` +
    `${one.lead < 0 ? "below" : "above"} the mean of the four logits.`;
  part("map-cell").textContent = facts.cell.text;
  showPlace(one.places[part("map-method").value]);
  part("map-range-box").hidden = !isSigned();
}

function addressOf(root, id) {
  const query = new URLSearchParams({
    class: part("map-class").value,
    method: part("map-method").value,
    palette: part("map-palette").value,
    cells: part("map-cells").checked,
  });
  if (isSigned()) query.set("range", part("map-range").value);
  return `${root}/analyses/${id}/map?${query}`;
}

/**
 * Connect the choices; give the function that offers them for an answer.
 *
 * `opacity` sets the slider, which covers the scan with the map.
 */
export function prepareMaps(root, opacity) {
  let shown = null; // the answer, its facts, and what is asked for now
  let asking = new AbortController();
  const offerOcclusion = prepareOcclusion(root);

  const isUsual = () =>
    part("map-method").selectedIndex === 0 &&
    part("map-palette").value === palettesOf(part("map-method").value)[0] &&
    part("map-class").value === shown.answer.prediction &&
    !part("map-cells").checked;

  async function draw() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const picture = await getPicture(addressOf(root, shown.answer.analysis_id), { signal });
      if (signal.aborted) return;
      URL.revokeObjectURL(part("overlay-heat").src);
      part("overlay-heat").src = URL.createObjectURL(picture);
      part("overlay-heat").hidden = false;
    } catch (error) {
      if (error.name === "AbortError") return;
      part("overlay-heat").hidden = true;
      part("map-missing").textContent = error.message;
    }
  }

  function showUsual() {
    asking.abort();
    part("overlay-heat").hidden = false;
    part("overlay-heat").src = shown.heat;
    part("overlay-figure").hidden = !shown.hasHeatmap;
    part("explanation").hidden = !shown.hasHeatmap;
    part("opacity-control").hidden = !shown.answer.layers;
    opacity.show(40, true);
  }

  function showChosen(keepsOpacity) {
    part("overlay-figure").hidden = false;
    part("explanation").hidden = false;
    part("opacity-control").hidden = false;
    if (!shown.answer.layers) {
      part("overlay-base").src = `${root}/analyses/${shown.answer.analysis_id}/seen`;
    }
    const { opacity: usual } = part("map-palette").selectedOptions[0].dataset;
    opacity.show(keepsOpacity ? part("opacity").value : usual, false);
    draw();
  }

  function show(changed) {
    part("map-missing").textContent = "";
    offerPalettes();
    showWords(shown.facts);
    showLegend(isUsual());
    showTitles(isUsual(), addressOf(root, shown.answer.analysis_id));
    part("map-seen").hidden = isUsual() || Boolean(shown.answer.layers);
    if (isUsual()) return showUsual();
    showChosen(shown.chosen && !["map-method", "map-palette"].includes(changed));
    shown.chosen = true;
  }

  for (const id of CHOICES) {
    part(id).addEventListener("change", () => {
      if (shown.chosen && isUsual()) shown.chosen = false;
      show(id);
    });
  }

  return async (answer) => {
    asking.abort();
    shown = null;
    part("map-tools").hidden = true;
    showPlace(null); // of the answer before
    offerOcclusion(null);
    showLegend(true);
    showTitles(true);
    if (!answer) return;
    const facts = await getDocument(`${root}/analyses/${answer.analysis_id}/maps`).catch(
      () => null, // nothing is kept to draw from
    );
    if (!facts || part("provenance").dataset.analysis !== answer.analysis_id) return;
    const { heat = "" } = answer.layers ?? {};
    shown = { answer, facts, heat: heat ?? "", hasHeatmap: Boolean(answer.heatmap_url), chosen: false };
    part("map-method").selectedIndex = 0;
    offerPalettes();
    part("map-palette").value = palettesOf(part("map-method").value)[0];
    part("map-class").value = answer.prediction;
    part("map-cells").checked = false;
    showWords(facts);
    part("bundle").href = `${root}/analyses/${answer.analysis_id}/bundle`;
    offerOcclusion(answer.layers ? answer.analysis_id : null);
    part("map-tools").hidden = false;
  };
}
