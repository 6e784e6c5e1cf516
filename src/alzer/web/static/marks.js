/** Letters at the edges of a picture and a scale bar, as far as the file tells them. */

const part = (id) => document.getElementById(id);

const EDGES = ["top", "right", "bottom", "left"];

const WORDS = {
  A: "the front (A)",
  P: "the back (P)",
  S: "the head (S)",
  I: "the feet (I)",
  R: "the person's right (R)",
  L: "the person's left (L)",
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
  const sides = named.map((edge) => `${edge} is ${WORDS[edges[edge]]}`).join(", ");
  const missing = [
    named.length === 0 ? "how the slice lies (no letters are shown)" : "",
    named.length > 0 && !(edges.left && edges.right) ? "which side is the left" : "",
    millimetres ? "" : "how large a pixel is (no scale is shown)",
  ].filter(Boolean);
  return [
    sides ? `In the pictures ${sides}.` : "",
    missing.length > 0 ? `The file does not say ${missing.join(", nor ")}.` : "",
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
