/** Three linked planes through a head: scan, brain mask and evidence, by NiiVue. */

import { here } from "./head.js";
import { getBytes } from "./requests.js";
import { number, t } from "./texts.js";

const part = (id) => document.getElementById(id);

const LIBRARY = "./vendor/niivue-0.69.0.js";

const OPTIONS = {
  backColor: [0, 0, 0, 1],
  crosshairColor: [0.4, 0.77, 0.85, 0.8],
  fontColor: [0.95, 0.95, 0.95, 1],
  dragAndDropEnabled: false,
  isRadiologicalConvention: true,
  scrollRequiresFocus: true, // else the page could not be scrolled over it
  showAllOrientationMarkers: true, // L as well as R
  multiplanarShowRender: 0, // never: planes alone
  multiplanarPadPixels: 4,
  logLevel: "error",
};

const TRANSPARENT_BELOW = 1; // NiiVue's COLORMAP_TYPE: nothing below the threshold

const AXES = ["x", "y", "z"];

const CONVENTIONS = {
  radiological: t("Radiological: the person's right is on the left of the picture."),
  neurological: t("Neurological: the person's right is on the right of the picture."),
  unknown: t("It is not known which side is the left, so no letters are shown."),
};

export function hasWebGl() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

/** The scan as this browser has it, under a name that NiiVue goes by. */
async function ownScan(scan) {
  const name = { NIfTI: "scan.nii", MGH: "scan.mgh" }[scan?.header?.format];
  if (!name || scan.files.length > 1) return null;
  return { name, bytes: await scan.files[0].arrayBuffer() };
}

/** A file of the answer; null where there is none, or where it can't be fetched. */
async function fetched(address, name, root) {
  if (!address) return null;
  try {
    return { name, bytes: await getBytes(here(root, address)) };
  } catch {
    return null;
  }
}

/** What can be shown, the lowest first: the scan as it is here, else what is kept. */
async function layersOf(answer, scan, root) {
  const own = await ownScan(scan);
  const [kept, mask, evidence] = await Promise.all([
    own ? null : fetched(answer.scan_url, "brain.nii", root),
    fetched(answer.brain_mask_url, "mask.nii", root),
    fetched(answer.evidence_url, "evidence.nii", root),
  ]);
  return { picture: own ?? kept, mask, evidence };
}

/** Whether left and right are known, by the file if it is here, else by the answer. */
function tellsSidesOf(answer, scan) {
  return scan?.header?.tellsSides ?? answer.scan?.tells_sides ?? false;
}

/** Where in an image the largest value is, either sign, and how large it is. */
function strongest({ img: values }) {
  let place = 0;
  for (let other = 1; other < values.length; other += 1) {
    if (Math.abs(values[other]) > Math.abs(values[place])) place = other;
  }
  return { place, value: Math.abs(values[place]) };
}

/** From the place in a file's voxels to millimetres, by its affine. */
function millimetresOf({ hdr: { dims, affine } }, place) {
  const [, columns, rows] = dims;
  const voxel = [
    place % columns,
    Math.floor(place / columns) % rows,
    Math.floor(place / (columns * rows)),
  ];
  return AXES.map((_, axis) =>
    voxel.reduce((sum, index, step) => sum + affine[axis][step] * index, affine[axis][3]),
  );
}

/** One view of one head: NiiVue and what it shows. */
class View {
  constructor(library, canvas) {
    this.library = library;
    this.viewer = new library.Niivue(OPTIONS);
    this.canvas = canvas;
    this.layers = {};
  }

  async open(layers, onMove) {
    await this.viewer.attachToCanvas(this.canvas);
    this.viewer.setSliceType(this.viewer.sliceTypeMultiplanar);
    this.viewer.onLocationChange = onMove;
    const colours = { picture: "gray", mask: layers.picture ? "cool" : "gray", evidence: "warm" };
    for (const [name, file] of Object.entries(layers)) {
      if (file) await this.add(name, file, colours[name]);
    }
  }

  async add(name, { bytes, name: fileName }, colours) {
    const image = await this.library.NVImage.new(bytes, fileName, colours);
    if (name === "evidence") {
      const { place, value } = strongest(image);
      image.colormapNegative = "winter";
      image.colormapType = TRANSPARENT_BELOW;
      image.cal_max = value;
      this.start = millimetresOf(image, place);
    }
    this.layers[name] = image;
    this.viewer.addVolume(image);
  }

  /** Take over what was set: opacities 0 to 1, a share of the strongest, a convention. */
  set({ evidence, mask, threshold, convention }) {
    const { layers, viewer } = this;
    if (layers.evidence) {
      layers.evidence.opacity = evidence;
      layers.evidence.cal_min = threshold * layers.evidence.cal_max;
    }
    if (layers.mask) layers.mask.opacity = mask;
    viewer.opts.isOrientationTextVisible = convention !== "unknown";
    viewer.opts.isRadiologicalConvention = convention !== "neurological";
    viewer.updateGLVolume();
  }

  /** The ends of the scan along each axis, in millimetres. */
  get ends() {
    const [low, high] = this.viewer.sceneExtentsMinMax();
    return AXES.map((_, axis) => [Math.ceil(low[axis]), Math.floor(high[axis])]);
  }

  moveTo(millimetres) {
    this.viewer.scene.crosshairPos = this.viewer.mm2frac(millimetres);
    this.viewer.drawScene();
    this.viewer.createOnLocationChange();
  }

  valuesAt(location) {
    const byName = {};
    for (const [name, image] of Object.entries(this.layers)) {
      const place = this.viewer.volumes.indexOf(image);
      byName[name] = location.values[place]?.value;
    }
    return byName;
  }

  close() {
    this.viewer.cleanup();
  }
}

const signed = (value) => `${value < 0 ? "−" : "+"}${number(Math.abs(value), 2)}`;

function describePlace([x, y, z], { picture, mask, evidence }) {
  const place = [x, y, z].map((value) => value.toFixed(0).replace("-", "−")).join(", ");
  return [
    `${place} mm`,
    picture === undefined ? "" : t("scan {value}", { value: Number(picture.toPrecision(4)) }),
    evidence === undefined ? "" : t("evidence {value} logit", { value: signed(evidence) }),
    mask === undefined ? "" : mask > 0 ? t("in the brain") : t("outside the brain"),
  ]
    .filter(Boolean)
    .join(" · ");
}

function showPosition(view, location) {
  const millimetres = [...location.mm].slice(0, 3);
  part("position").textContent = describePlace(millimetres, view.valuesAt(location));
  AXES.forEach((axis, place) => {
    part(`at-${axis}`).value = Math.round(millimetres[place]);
    part(`at-${axis}-value`).value = `${part(`at-${axis}`).value.replace("-", "−")} mm`;
  });
}

function setEnds(view) {
  view.ends.forEach(([low, high], place) => {
    const slider = part(`at-${AXES[place]}`);
    [slider.min, slider.max] = [low, high];
  });
}

/** Put the controls back to where they begin, and say what is there to control. */
function resetControls(layers, tellsSides) {
  for (const id of ["evidence-opacity", "threshold"]) {
    part(id).value = part(id).defaultValue;
  }
  part("mask-shown").checked = !layers.picture;
  part("mask-control").hidden = !layers.picture || !layers.mask;
  part("no-scan").hidden = Boolean(layers.picture);
  part("kept-scan").hidden = layers.picture?.name !== "brain.nii";
  part("convention").value = "radiological";
  part("convention").disabled = !tellsSides;
}

function apply(view, tellsSides) {
  const [opacity, share] = ["evidence-opacity", "threshold"].map((id) => part(id).value / 100);
  const convention = tellsSides ? part("convention").value : "unknown";
  const maskOverScan = part("mask-shown").checked ? 0.35 : 0;
  view.set({
    evidence: opacity,
    mask: view.layers.picture ? maskOverScan : 1,
    threshold: share,
    convention,
  });
  part("evidence-opacity-value").value = `${part("evidence-opacity").value} %`;
  part("threshold-value").value = `${number(view.layers.evidence?.cal_min ?? 0, 2)} logit`;
  part("convention-text").textContent = CONVENTIONS[convention];
}

/** What is shown instead of the planes, if anything. */
function instead(text) {
  part("planes-missing").textContent = text;
  part("planes-box").hidden = Boolean(text);
}

const NO_WEBGL =
  t("This browser can't draw the three planes (it has no WebGL 2); the slices below show the same evidence.");
const NOT_LOADED =
  t("The three planes could not be loaded; the slices below show the same evidence.");

/** A canvas of its own for each head: NiiVue keeps what it has drawn on. */
function freshCanvas() {
  const canvas = part("planes-canvas").cloneNode(false);
  part("planes-canvas").replaceWith(canvas);
  return canvas;
}

async function openView(answer, scan, root) {
  const layers = await layersOf(answer, scan, root);
  if (!layers.evidence && !layers.picture) return null;
  const view = new View(await import(LIBRARY), freshCanvas());
  const tellsSides = tellsSidesOf(answer, scan);
  await view.open(layers, (location) => showPosition(view, location));
  resetControls(layers, tellsSides);
  setEnds(view);
  apply(view, tellsSides);
  view.moveTo(view.start ?? view.ends.map(([low, high]) => (low + high) / 2));
  return { view, tellsSides };
}

/** Connect the controls; give what shows and forgets the planes of a head. */
export function preparePlanes(root) {
  let opened = null; // what is shown, once it is
  let asked = 0; // which head was asked for last
  const settle = () => opened && apply(opened.view, opened.tellsSides);
  const move = () => opened?.view.moveTo(AXES.map((axis) => Number(part(`at-${axis}`).value)));
  for (const id of ["evidence-opacity", "threshold", "mask-shown", "convention"]) {
    part(id).addEventListener("input", settle);
  }
  for (const axis of AXES) part(`at-${axis}`).addEventListener("input", move);

  const forget = () => {
    asked += 1;
    opened?.view.close();
    opened = null;
  };
  const start = async (answer, scan) => {
    const turn = asked;
    instead("");
    part("position").textContent = "";
    part("planes-loading").hidden = false;
    part("planes").setAttribute("aria-busy", "true");
    try {
      const view = await openView(answer, scan, root);
      if (turn !== asked) view?.view.close();
      else opened = view;
      if (!view) instead(NOT_LOADED);
    } catch (error) {
      instead(NOT_LOADED);
      console.warn("The planes could not be loaded:", error);
    } finally {
      if (turn === asked) part("planes-loading").hidden = true;
      part("planes").setAttribute("aria-busy", "false");
    }
  };
  const show = (answer, scan) => {
    if (!hasWebGl()) return instead(NO_WEBGL);
    // Nothing is loaded for planes that nobody sees, as those behind a disclosure.
    const observer = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      start(answer, scan);
    });
    observer.observe(part("planes"));
  };
  return { show, forget };
}
