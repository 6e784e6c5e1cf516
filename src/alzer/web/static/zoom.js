/** One view of several frames: what is enlarged and moved in one is so in all. */

import { magnification } from "./viewer.js";

const MOST = 16;

// Least share of the room that the whole picture fills: a pair should be large.
const LEAST_FILLED = 0.85;

// From here a pixel has so many dots of the screen that their number need not be whole.
const CLEARLY_PIXELS = 4;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Frames that each hold a `.stage` with pictures of one size.
 *
 * `zoom` is how often the whole picture is enlarged; `middle` the point of the picture in
 * the middle of each frame, in shares of its width (x) and height (y). Stages of all
 * frames get the same size and transform, so that pictures can't get apart.
 */
export class View extends EventTarget {
  constructor(frames) {
    super();
    this.frames = frames;
    this.stages = frames.map((frame) => frame.querySelector(".stage"));
    this.size = null; // rows and columns of the picture
    this.reset();
    const observer = new ResizeObserver(() => requestAnimationFrame(() => this.fit()));
    for (const frame of frames) observer.observe(frame);
    for (const image of frames.flatMap((frame) => [...frame.querySelectorAll("img")])) {
      image.addEventListener("load", () => this.take(image));
    }
  }

  get isWhole() {
    return this.zoom === 1;
  }

  /** The frame by which all are fitted: none where nothing is shown. */
  get shown() {
    return this.frames.find((frame) => frame.clientWidth > 0);
  }

  take({ naturalWidth: columns, naturalHeight: rows }) {
    this.size = { columns, rows };
    this.fit();
  }

  /** Give the stages the size at which the whole picture fits into its frame. */
  fit() {
    if (!this.shown || !this.size) return;
    const tallest = Number.parseFloat(getComputedStyle(this.shown).maxHeight) || Infinity;
    const { clientWidth: widest } = this.shown;
    this.scale = magnification(widest, tallest, this.size, LEAST_FILLED).scale;
    for (const { style } of this.stages) {
      style.width = `${this.scale * this.size.columns}px`;
      style.height = `${this.scale * this.size.rows}px`;
    }
    this.draw();
  }

  reset() {
    this.zoom = 1;
    this.middle = { x: 0.5, y: 0.5 };
    this.draw();
  }

  /** Enlarge by a factor; the point `at` of the picture stays where it is. */
  zoomBy(factor, at = this.middle) {
    const next = clamp(this.zoom * factor, 1, MOST);
    const change = this.zoom / next;
    this.middle = {
      x: at.x - (at.x - this.middle.x) * change,
      y: at.y - (at.y - this.middle.y) * change,
    };
    this.zoom = next;
    this.draw();
  }

  /** Move the pictures, in pixels of the page. */
  moveBy(right, down) {
    if (!this.size) return;
    this.middle = {
      x: this.middle.x - right / (this.pixel * this.size.columns),
      y: this.middle.y - down / (this.pixel * this.size.rows),
    };
    this.draw();
  }

  /** Pixels of the page that a pixel of the picture is high and wide. */
  get pixel() {
    return (this.scale ?? 1) * this.zoom;
  }

  draw() {
    if (!this.size || !this.shown) return;
    const [wide, high] = [this.pixel * this.size.columns, this.pixel * this.size.rows];
    const x = within(this.middle.x, wide, this.shown.clientWidth);
    const y = within(this.middle.y, high, this.shown.clientHeight);
    this.middle = { x, y };
    const dots = this.pixel * window.devicePixelRatio;
    const arePixels = Math.abs(dots - Math.round(dots)) < 1e-6 || dots >= CLEARLY_PIXELS;
    for (const stage of this.stages) {
      stage.style.transform = `translate(${(0.5 - x) * wide}px, ${(0.5 - y) * high}px) scale(${this.zoom})`;
      stage.style.setProperty("--zoom", this.zoom);
      stage.classList.toggle("pixels", arePixels);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Where in the picture an event happened, in shares; beside it below 0 or above 1. */
  placeOf(frame, { clientX, clientY }) {
    const place = frame.querySelector(".stage").getBoundingClientRect();
    return {
      x: (clientX - place.left) / place.width,
      y: (clientY - place.top) / place.height,
    };
  }

  /** Where in a frame a point of the picture is shown, in pixels of the page. */
  positionIn(frame, { x, y }) {
    const inside = frame.querySelector(".stage").getBoundingClientRect();
    const outside = frame.getBoundingClientRect();
    return {
      left: inside.left - outside.left + x * inside.width,
      top: inside.top - outside.top + y * inside.height,
    };
  }
}

/** Keep what is larger than its room from leaving a part of that empty. */
function within(middle, length, room) {
  const most = Math.max(0, (length - room) / 2 / length);
  return clamp(middle, 0.5 - most, 0.5 + most);
}
