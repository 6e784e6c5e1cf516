/** A box over the scan, drawn or moved by keys; the network is asked again without it. */

import { getDocument } from "./requests.js";
import { number, said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

// Shares of the picture: of a step by an arrow key, and of the smallest box.
const STEP = 0.02;
const SMALLEST = 0.04;

const FIRST = { top: 0.4, left: 0.4, bottom: 0.6, right: 0.6 };

// Keys are pressed in a row: the network is asked once they rest.
const REST_MS = 120;

const ARROWS = {
  ArrowUp: [-STEP, 0],
  ArrowDown: [STEP, 0],
  ArrowLeft: [0, -STEP],
  ArrowRight: [0, STEP],
};

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** The picture that the box lies on: the scan, or the overlay where that is not here. */
const picture = () => part(part("original-figure").hidden ? "overlay-base" : "original");

const frames = [...document.querySelectorAll("#pictures .frame")];

const frameOf = (image) => image.closest(".frame");

function moved({ top, left, bottom, right }, [down, across]) {
  const rows = clamp(down, -top, 1 - bottom);
  const columns = clamp(across, -left, 1 - right);
  return { top: top + rows, left: left + columns, bottom: bottom + rows, right: right + columns };
}

function resized({ top, left, bottom, right }, [down, across]) {
  return {
    top,
    left,
    bottom: clamp(bottom + down, top + SMALLEST, 1),
    right: clamp(right + across, left + SMALLEST, 1),
  };
}

/** The box between two points of the picture. */
function between(one, other) {
  const [top, bottom] = [one.row, other.row].sort((a, b) => a - b);
  const [left, right] = [one.column, other.column].sort((a, b) => a - b);
  return { top, left, bottom: Math.max(bottom, top + SMALLEST), right: Math.max(right, left + SMALLEST) };
}

function pointOf(event) {
  const place = picture().getBoundingClientRect();
  return {
    row: clamp((event.clientY - place.top) / place.height, 0, 1 - SMALLEST),
    column: clamp((event.clientX - place.left) / place.width, 0, 1 - SMALLEST),
  };
}

const percent = (value) => `${number(100 * value, 1)} %`;

/** A number with its sign; what rounds to nothing has none. */
export function signed(value) {
  const text = number(Math.abs(value), 2);
  return Number(Math.abs(value).toFixed(2)) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

function cells(name, ...texts) {
  return texts.map((text) => {
    const cell = document.createElement(name);
    cell.textContent = text;
    return cell;
  });
}

function row(name, before, after) {
  const made = document.createElement("tr");
  made.append(...cells("th", name), ...cells("td", before, after));
  made.firstChild.scope = "row";
  return made;
}

function sentenceOf({ class_name: name, before, after, head_share: share }) {
  const covered = t("The box covers {share} of the head.", { share: percent(share) });
  // Of the numbers as they are shown below.
  const change = after.margin.toFixed(2) - before.margin.toFixed(2);
  if (Math.abs(change) < 0.005) return `${covered} ${t("Without it the margin stays as it is.")}`;
  const values = { name: said(name), change: signed(change) };
  const moved = change < 0
    ? t("What stood there spoke for '{name}': without it the margin changes by {change} logit units.", values)
    : t("What stood there spoke against '{name}': without it the margin changes by {change} logit units.", values);
  return `${covered} ${moved}`;
}

function fill(answer) {
  const { before, after, class_name: name } = answer;
  const rows = Object.keys(before.class_probabilities).map((name) =>
    row(said(name), percent(before.class_probabilities[name]), percent(after.class_probabilities[name])),
  );
  const margin = row(
    t("Margin of '{name}' (logit units)", { name: said(name) }), signed(before.margin), signed(after.margin),
  );
  part("occlusion-rows").replaceChildren(...rows, margin);
  part("occlusion-moved").textContent = sentenceOf(answer);
  part("occlusion-answer").hidden = false;
}

/** Connect the box; give the function that offers it for an answer. */
export function prepareOcclusion(root) {
  let asked = null; // the analysis and its slice
  let box = FIRST;
  let start = null; // where the pointer went down
  let asking = new AbortController();
  let resting = 0;

  const isPlaced = () => part("occlusion-place").getAttribute("aria-pressed") === "true";

  /** The box lies on the picture's own stage, and moves with it. */
  function drawBox() {
    if (!isPlaced()) return;
    const stage = picture().parentElement;
    if (part("box").parentElement !== stage) stage.append(part("box"));
    const share = (value) => `${100 * value}%`;
    const { style } = part("box");
    style.top = share(box.top);
    style.left = share(box.left);
    style.height = share(box.bottom - box.top);
    style.width = share(box.right - box.left);
  }

  function addressOf() {
    const { naturalHeight: high, naturalWidth: wide } = picture();
    const query = new URLSearchParams({
      top: box.top * high,
      bottom: box.bottom * high,
      left: box.left * wide,
      right: box.right * wide,
      fill: part("occlusion-fill").value,
      slice: asked.slice,
    });
    return `${root}/analyses/${asked.id}/occlusion?${query}`;
  }

  async function ask() {
    clearTimeout(resting);
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const answer = await getDocument(addressOf(), { signal });
      if (signal.aborted) return;
      part("occlusion-error").textContent = "";
      fill(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      part("occlusion-answer").hidden = true;
      part("occlusion-error").textContent = said(error.message);
    }
  }

  function askSoon() {
    clearTimeout(resting);
    resting = setTimeout(ask, REST_MS);
  }

  function place(isWanted) {
    clearTimeout(resting);
    asking.abort();
    part("occlusion-place").setAttribute("aria-pressed", String(isWanted));
    part("occlusion-place").textContent = isWanted ? t("Remove the box") : t("Place a box");
    part("box").hidden = !isWanted;
    for (const frame of frames) frame.classList.remove("boxed");
    if (isWanted) frameOf(picture()).classList.add("boxed");
    if (!isWanted) {
      part("occlusion-answer").hidden = true;
      part("occlusion-error").textContent = "";
    }
  }

  function change(next) {
    box = next;
    drawBox();
  }

  part("occlusion-place").addEventListener("click", () => {
    if (isPlaced()) return place(false);
    place(true);
    change(FIRST);
    part("box").focus();
    ask();
  });
  part("occlusion-fill").addEventListener("change", () => {
    if (isPlaced()) ask();
  });
  part("box").addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault(); // the page would scroll
    change((event.shiftKey ? resized : moved)(box, step));
    askSoon();
  });
  for (const frame of frames) {
    frame.addEventListener("pointerdown", (event) => {
      if (!isPlaced() || frame !== frameOf(picture()) || event.button !== 0) return;
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      start = pointOf(event);
      change(between(start, start));
    });
    frame.addEventListener("pointermove", (event) => {
      if (start) change(between(start, pointOf(event)));
    });
    frame.addEventListener("pointerup", () => {
      if (!start) return;
      start = null;
      part("box").focus();
      ask();
    });
    frame.addEventListener("pointercancel", () => (start = null));
  }

  return (id, slice = 0) => {
    if (isPlaced()) place(false);
    asked = { id, slice };
    part("occlusion").hidden = !id;
  };
}
