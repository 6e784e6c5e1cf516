/** Window and level: how the greys of the scan are shown, in both pictures alike. */

const part = (id) => document.getElementById(id);

const WHITE = 255;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** The sliders, a drag on a picture, and the filter that all of them set. */
export class Greys extends EventTarget {
  constructor(pictures) {
    super();
    this.pictures = pictures;
    this.rest = { width: 0, level: 0 };
    this.sliders = { width: part("window-width"), level: part("window-level") };
    for (const slider of Object.values(this.sliders)) {
      slider.addEventListener("input", () => this.apply());
    }
    part("window-reset").addEventListener("click", () => this.reset());
    part("drag-window").addEventListener("click", () => this.letDrag(!this.isDragged()));
    this.apply();
  }

  /** Whether a drag changes the greys; else it moves the picture. */
  isDragged() {
    return part("drag-window").getAttribute("aria-pressed") === "true";
  }

  letDrag(isWanted) {
    part("drag-window").setAttribute("aria-pressed", String(isWanted));
    this.pictures.classList.toggle("drags-window", isWanted);
    this.dispatchEvent(new Event("change"));
  }

  /** To the right less contrast, downwards brighter; one pixel of the page is one grey. */
  moveBy(right, down) {
    const { width, level } = this.sliders;
    width.value = clamp(Number(width.value) + this.whole("width", right), width.min, width.max);
    level.value = clamp(Number(level.value) - this.whole("level", down), level.min, level.max);
    this.apply();
  }

  /** Whole greys of a movement; what is less waits for the next one. */
  whole(name, moved) {
    const all = moved + this.rest[name];
    this.rest[name] = all - Math.round(all);
    return Math.round(all);
  }

  reset() {
    for (const slider of Object.values(this.sliders)) slider.value = slider.defaultValue;
    this.apply();
  }

  /** Greys from level - width / 2 to level + width / 2 are shown as black to white. */
  apply() {
    const { width, level } = this.sliders;
    const isUsual = [width, level].every((each) => each.value === each.defaultValue);
    this.pictures.classList.toggle("windowed", !isUsual);
    const slope = WHITE / width.value;
    const intercept = 0.5 - (slope * level.value) / WHITE;
    for (const channel of part("window-filter").firstElementChild.children) {
      channel.setAttribute("slope", slope);
      channel.setAttribute("intercept", intercept);
    }
    part("window-width-value").value = width.value;
    part("window-level-value").value = level.value;
  }
}
