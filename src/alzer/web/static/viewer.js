/** Showing pictures of a scan: true pixels, equal size, adjustable overlay. */

// Tallest picture that stands alone, in the window's heights.
const TALLEST = 0.7;

// Least share of the room that a picture fills when its pixels are kept square.
const LEAST_FILLED = 0.7;

/**
 * Choose a picture's magnification, in pixels of the page per pixel of the scan.
 *
 * Enlarged pixels stay pixels, all of them equally large: a whole number of the
 * screen's own dots, without smoothing that would look like detail. Where that
 * would waste the room, the browser resamples.
 */
export function magnification(widest, tallest, { columns, rows }, least = LEAST_FILLED) {
  const largest = Math.min(widest / columns, tallest / rows);
  const dots = window.devicePixelRatio;
  const whole = Math.floor(largest * dots) / dots;
  const isWhole = whole >= least * largest;
  return { scale: isWhole ? whole : largest, isWhole };
}

function fit(image) {
  const frame = image.parentElement;
  if (!image.naturalWidth || !frame.clientWidth) return;
  const tallest = Math.max(240, TALLEST * window.innerHeight);
  const size = { columns: image.naturalWidth, rows: image.naturalHeight };
  const { scale, isWhole } = magnification(frame.clientWidth, tallest, size);
  image.classList.toggle("pixels", isWhole);
  image.style.width = `${scale * size.columns}px`;
  image.style.height = `${scale * size.rows}px`;
}

/**
 * Keep the pictures fitted, whatever loads and however the window changes.
 *
 * Those that are moved and enlarged together are fitted by their view (zoom.js).
 */
export function keepFitted(images) {
  const alone = images.filter((image) => !image.closest(".stage"));
  const observer = new ResizeObserver(() => {
    requestAnimationFrame(() => alone.forEach(fit));
  });
  for (const image of alone) {
    image.addEventListener("load", () => fit(image));
    observer.observe(image.parentElement);
  }
}

/**
 * Let a slider set how strongly the heat, and the colours of its legend, cover the scan.
 *
 * At the slider's first value the saved overlay itself is shown, while that is the map
 * that is chosen. Gives `show`, which sets the value and says whether it is.
 */
export function connectOpacity({ slider, output, saved, heat, bars }) {
  let isUsual = true;
  const show = () => {
    const isSaved = isUsual && slider.value === slider.defaultValue;
    output.value = `${slider.value} %`;
    saved.hidden = !isSaved;
    const layers = heat.parentElement.querySelectorAll("#overlay-heat, #overlay-cut");
    for (const each of [...layers, ...bars]) each.style.opacity = slider.value / 100;
    // The saved overlay covers it, but for the half pixels at its edge.
    for (const each of layers) each.style.visibility = isSaved ? "hidden" : "visible";
  };
  slider.addEventListener("input", show);
  return {
    show: (percent, usual) => {
      isUsual = usual;
      slider.value = percent;
      show();
    },
  };
}
