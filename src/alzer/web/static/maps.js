/** Choosing which map of a slice is laid over it, and how it is drawn. */

import { offerPalettes, palettesOf, showLegend } from "./legends.js";
import { getNumbers } from "./numbers.js";
import { prepareOcclusion, signed } from "./occlusion.js";
import { preparePictures } from "./pictures.js";
import { getDocument, getPicture } from "./requests.js";
import { number, said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

const CHOICES = ["map-method", "map-class", "map-palette", "map-range", "map-cells"];

const USUAL = {
  title: part("cam-title").textContent,
  overlay: part("overlay-title").textContent,
  original: part("original-title").textContent,
};

// Of a whole head: on one scale for all slices, so that they can be compared.
const USUAL_OF_HEADS = "additive";

const SEEN = {
  title: t("What the network saw"),
  slice: t("The scan itself is not kept: in its place is what the network saw of it."),
  volume: t("The slice is shown as the network saw it: the brain, cut out of the scan."),
};

const methodOption = () => part("map-method").selectedOptions[0];

const isSigned = () => methodOption().dataset.signed === "true";

const range = () => (isSigned() ? part("map-range").value : null);

/** Take the scale that the chosen map has where nobody asks for another. */
function chooseRange() {
  if (isSigned()) part("map-range").value = methodOption().dataset.range;
}

const isHead = ({ kind }) => kind === "volume";

/** Which slice of a head is chosen; the one that there is, else. */
function sliceOf(answer) {
  if (!isHead(answer)) return { index: 0, title: "" };
  const { value, dataset } = part("strip").querySelector("input:checked");
  return { index: Number(value), title: dataset.title };
}

/** What stands above the pictures, and what is downloaded, is of the map that is shown. */
function showTitles(isUsual, slice, address) {
  const [title, name] = [methodOption().text, said(part("map-class").value)];
  const place = slice.title ? `, ${slice.title}` : "";
  part("cam-title").textContent = isUsual ? USUAL.title : `${title}${place}`;
  part("overlay-title").textContent = isUsual ? USUAL.overlay : `${title}: ${name}`;
  part("focus").hidden = !isUsual;
  part("map-caution").hidden = isUsual;
  part("download").hidden = !isUsual;
  part("download-map").hidden = isUsual;
  if (address) part("download-map").href = address;
}

/** Where the evidence lies, in words; they describe the overlay to people who can't see it. */
function showPlace(words) {
  part("map-place").textContent = said(words);
  for (const id of ["overlay", "overlay-figure"]) {
    part(id).setAttribute("aria-describedby", "map-place");
  }
}

function leadOf({ lead }) {
  const distance = number(Math.abs(lead), 2);
  return lead < 0
    ? t("It lies {distance} below the mean of the four logits.", { distance })
    : t("It lies {distance} above the mean of the four logits.", { distance });
}

function showWords(facts) {
  const name = part("map-class").value;
  const one = facts.classes.find((each) => each.name === name);
  const { meaning } = methodOption().dataset;
  part("map-meaning").textContent = meaning.replaceAll("{name}", said(name));
  part("map-sum").textContent =
    t("Logit of '{name}': {logit}, the sum of the additive map's mean {mean} and the bias {bias}.", {
      name: said(name),
      logit: signed(one.logit),
      mean: signed(one.mean),
      bias: signed(one.bias),
    }) + ` ${leadOf(one)}`;
  part("map-cell").textContent = said(facts.cell.text);
  showPlace(one.places[part("map-method").value]);
  part("map-range-box").hidden = !isSigned();
}

function queryOf(slice) {
  const query = new URLSearchParams({
    class: part("map-class").value,
    method: part("map-method").value,
    palette: part("map-palette").value,
    cells: part("map-cells").checked,
    slice: slice.index,
  });
  if (isSigned()) query.set("range", range());
  return query;
}

/** The numbers of the map that is shown, with what is said of them. */
function mapOf(numbers, facts) {
  const method = facts.methods.find(({ name }) => name === part("map-method").value);
  return {
    numbers,
    title: method.title,
    unit: method.unit.split(",")[0],
    isSigned: isSigned(),
    high: Number(range() ?? method.high),
  };
}

/** Show what the network saw where the scan is not here. */
function showSeen(answer, address) {
  for (const id of ["original", "overlay-base"]) part(id).src = address;
  part("original-title").textContent = SEEN.title;
  part("original-figure").hidden = false;
  part("map-seen").textContent = isHead(answer) ? SEEN.volume : SEEN.slice;
  part("map-seen").hidden = false;
}

/**
 * Connect the choices; give the function that offers them for an answer.
 *
 * `opacity` sets the slider, which covers the scan with the map.
 */
export function prepareMaps(root, opacity) {
  let shown = null; // the answer, its slice and facts, and whether a map was chosen
  let asking = new AbortController();
  const offerOcclusion = prepareOcclusion(root);
  const pictures = preparePictures();

  const under = (path) => `${root}/analyses/${shown.answer.analysis_id}/${path}`;

  /** Whether the contract's own heatmap is what is asked for. */
  const isUsual = () =>
    !isHead(shown.answer) &&
    part("map-method").selectedIndex === 0 &&
    part("map-palette").value === palettesOf(part("map-method").value)[0] &&
    part("map-class").value === shown.answer.prediction &&
    !part("map-cells").checked;

  async function drawLayer(signal) {
    const picture = await getPicture(under(`map?${queryOf(shown.slice)}`), { signal });
    if (signal.aborted) return;
    URL.revokeObjectURL(part("overlay-heat").src);
    part("overlay-heat").src = URL.createObjectURL(picture);
    part("overlay-heat").hidden = false;
  }

  async function readNumbers(signal) {
    const { facts } = shown;
    const numbers = await getNumbers(under(`map/values?${queryOf(shown.slice)}`), { signal });
    if (!signal.aborted) pictures.setMap(mapOf(numbers, facts));
  }

  /** Draw the map that is asked for, unless its layer is here, and read its numbers. */
  async function draw(hasLayer) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    pictures.forgetNumbers(); // they are of another map
    try {
      await Promise.all([hasLayer || drawLayer(signal), readNumbers(signal)]);
    } catch (error) {
      if (error.name === "AbortError") return;
      part("overlay-heat").hidden = true;
      pictures.setMap(null);
      part("map-missing").textContent = said(error.message);
    }
  }

  function showUsual() {
    part("overlay-figure").hidden = !shown.hasHeatmap;
    part("explanation").hidden = !shown.hasHeatmap;
    part("opacity-control").hidden = false;
    opacity.show(40, true);
    if (!shown.hasHeatmap) return pictures.setMap(null);
    if (shown.heat) part("overlay-heat").src = shown.heat;
    part("overlay-heat").hidden = false;
    draw(Boolean(shown.heat));
  }

  function showChosen(keepsOpacity) {
    part("overlay-figure").hidden = false;
    part("explanation").hidden = false;
    part("opacity-control").hidden = false;
    const { opacity: usual } = part("map-palette").selectedOptions[0].dataset;
    opacity.show(keepsOpacity ? part("opacity").value : usual, false);
    draw(false);
  }

  function show(changed) {
    part("map-missing").textContent = "";
    offerPalettes();
    showWords(shown.facts);
    showLegend(isUsual(), range());
    showTitles(isUsual(), shown.slice, under(`map?${queryOf(shown.slice)}`));
    if (isUsual()) return showUsual();
    showChosen(shown.chosen && !["map-method", "map-palette"].includes(changed));
    shown.chosen = true;
  }

  for (const id of CHOICES) {
    part(id).addEventListener("change", () => {
      if (shown.chosen && isUsual()) shown.chosen = false;
      if (id === "map-method") chooseRange();
      show(id);
    });
  }

  function chooseFirst(answer) {
    part("map-method").value = isHead(answer) ? USUAL_OF_HEADS : part("map-method").options[0].value;
    chooseRange();
    offerPalettes();
    part("map-palette").value = palettesOf(part("map-method").value)[0];
    part("map-class").value = answer.prediction;
    part("map-cells").checked = false;
  }

  /** Show a slice; `isFirst` where it is of an answer that was not shown before. */
  async function open(answer, isFirst) {
    const slice = sliceOf(answer);
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const address = `${root}/analyses/${answer.analysis_id}`;
    const facts = await getDocument(`${address}/maps?slice=${slice.index}`, { signal }).catch(
      () => null, // nothing is kept to draw from
    );
    if (!facts || signal.aborted) return;
    const heat = answer.layers?.heat ?? "";
    const chosen = !isFirst && shown?.chosen;
    shown = { answer, slice, facts, heat, hasHeatmap: Boolean(answer.heatmap_url), chosen };
    if (isFirst) chooseFirst(answer);
    if (isHead(answer) || !answer.layers) showSeen(answer, under(`seen?slice=${slice.index}`));
    if (isHead(answer)) {
      const predicted = facts.classes.find(({ name }) => name === answer.prediction);
      part("slice-place").textContent = said(predicted.places["grad-cam"]);
      part("evidence").hidden = false;
      part("missing").hidden = true;
    }
    part("bundle").href = under("bundle");
    offerOcclusion(answer.analysis_id, slice.index);
    for (const id of ["map-tools", "map-details"]) part(id).hidden = false;
    show();
  }

  part("strip").addEventListener("change", () => {
    if (shown && isHead(shown.answer)) open(shown.answer, false);
  });

  return (answer) => {
    asking.abort();
    shown = null;
    for (const id of ["map-tools", "map-details", "map-seen"]) part(id).hidden = true;
    part("original-title").textContent = USUAL.original;
    part("map-missing").textContent = "";
    showPlace(null); // of the answer before
    part("slice-place").textContent = "";
    offerOcclusion(null);
    showLegend(true);
    showTitles(true, { title: "" });
    pictures.start(answer.picture);
    if (isHead(answer)) part("slice-viewer").append(part("evidence"));
    open(answer, true);
  };
}
