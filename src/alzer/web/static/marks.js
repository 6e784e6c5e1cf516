/** Letters at the edges of a picture and a scale bar, as far as the file tells them. */

import { t } from "./texts.js";

const part = (id) => document.getElementById(id);

const EDGES = ["top", "right", "bottom", "left"];

const EDGE_WORDS = { top: t("top"), right: t("right"), bottom: t("bottom"), left: t("left") };

const WORDS = {
  A: t("the front (A)"),
  P: t("the back (P)"),
  S: t("the head (S)"),
  I: t("the feet (I)"),
  R: t("the person's right (R)"),
  L: t("the person's left (L)"),
};

// Lengths that are easy to read, and the share of a frame that a bar may take.
const LENGTHS_MM = [1, 2, 5, 10, 20, 50, 100];
const LONGEST = 0.3;

function element(className) {
  const made = document.createElement("span");
  made.className = className;
  made.setAttribute("aria-hidden", "true");
  return made;
}

function make(frame) {
  const letters = EDGES.map((edge) => element(`edge edge-${edge}`));
  const bar = element("scale-bar");
  frame.append(...letters, bar);
  return { letters, bar };
}

function lettersOf(edges) {
  return EDGES.map((edge) => edges?.[edge] ?? "");
}

/** What the letters say, and what the file does not. */
function describe({ edges, pixel_mm: millimetres }) {
  const named = EDGES.filter((edge) => edges?.[edge]);
  const sides = named.map((edge) => t("{edge} is {side}", { edge: EDGE_WORDS[edge], side: WORDS[edges[edge]] })).join(", ");
  const missing = [
    named.length === 0 ? t("how the slice lies (no letters are shown)") : "",
    named.length > 0 && !(edges.left && edges.right) ? t("which side is the left") : "",
    millimetres ? "" : t("how large a pixel is (no scale is shown)"),
  ].filter(Boolean);
  return [
    sides ? t("In the pictures {sides}.", { sides }) : "",
    missing.length > 0 ? t("The file does not say {facts}.", { facts: missing.join(t(", nor ")) }) : "",
  ].join(" ");
}

/** Keep letters and bars in the frames of a view; gives what sets them for a picture. */
export function prepareMarks(view) {
  const marks = view.frames.map(make);
  let millimetres = null;

  function drawBars() {
    const { shown } = view;
    const most = shown && millimetres ? (LONGEST * shown.clientWidth * millimetres) / view.pixel : 0;
    const length = LENGTHS_MM.findLast((each) => each <= most);
    for (const { bar } of marks) {
      bar.hidden = !length;
      bar.textContent = `${length} mm`;
      bar.style.width = `${(length / millimetres) * view.pixel}px`;
    }
  }

  view.addEventListener("change", drawBars);
  return (picture) => {
    millimetres = picture?.pixel_mm ?? null;
    const letters = lettersOf(picture?.edges);
    for (const { letters: places } of marks) {
      places.forEach((place, index) => (place.textContent = letters[index]));
    }
    part("picture-sides").textContent = picture ? describe(picture) : "";
    drawBars();
  };
}
