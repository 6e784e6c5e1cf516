/** A cross at the same place of both pictures, and what the scan and the map say there. */

import { number, said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

// Keys are pressed in a row: the values are said once they rest.
const REST_MS = 300;

const SVG = "http://www.w3.org/2000/svg";
const ARMS = "M-18 0H-5M5 0H18M0-18V-5M0 5V18";

const ASKS = t("Point at a picture to read its values.");

function makeCross() {
  const cross = document.createElementNS(SVG, "svg");
  cross.setAttribute("class", "cross");
  cross.setAttribute("viewBox", "-20 -20 40 40");
  cross.setAttribute("aria-hidden", "true");
  for (const name of ["under", "over"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", ARMS);
    cross.append(path);
  }
  return cross;
}

const signed = (value) => {
  const text = number(Math.abs(value), 2);
  return Math.abs(value) < 0.005 ? text : `${value < 0 ? "−" : "+"}${text}`;
};

/** The value of a map in words, in its unit; a map's numbers are NaN outside the head. */
export function describeValue(map, place) {
  const value = map.numbers[place];
  if (Number.isNaN(value)) return t("{map}: outside the head", { map: said(map.title) });
  const told = map.isSigned ? signed(value) : number(value, 1);
  return `${said(map.title)} ${told} ${said(map.unit)}`;
}

/** The greys of a picture, row by row; null where it can't be read. */
function greysOf(image) {
  const { naturalWidth: columns, naturalHeight: rows } = image;
  if (!columns) return null;
  const canvas = Object.assign(document.createElement("canvas"), {
    width: columns,
    height: rows,
  });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, columns, rows);
  return Uint8Array.from({ length: columns * rows }, (_, place) => data[4 * place]);
}

/** The cross of a view; what it reads is set by `setScan` and `setMap`. */
export class Cursor {
  constructor(view) {
    this.view = view;
    this.crosses = view.frames.map((frame) => frame.appendChild(makeCross()));
    this.greys = null;
    this.map = null;
    this.saying = 0;
    view.addEventListener("change", () => this.draw());
    this.leave();
  }

  /** Read greys from an image that is loaded; null: there are none. */
  setScan(image) {
    this.greys = image && greysOf(image);
    this.draw();
  }

  /** Read a map: `numbers` row by row, `title`, `unit`, `isSigned`; null without one. */
  setMap(map) {
    this.map = map;
    this.draw();
  }

  /** Go where a pointer is. */
  point(frame, event) {
    const { size } = this.view;
    if (!size) return;
    const { x, y } = this.view.placeOf(frame, event);
    if (x < 0 || y < 0 || x >= 1 || y >= 1) return this.leave();
    this.moveTo(Math.floor(y * size.rows), Math.floor(x * size.columns));
  }

  /** Go some pixels of the picture further; at first to its middle. Values are said. */
  step(right, down) {
    const { size, middle } = this.view;
    if (!size) return;
    const start = this.at ?? {
      row: Math.floor(middle.y * size.rows),
      column: Math.floor(middle.x * size.columns),
    };
    const inside = (value, length) => Math.min(Math.max(value, 0), length - 1);
    this.moveTo(
      inside(start.row + down, size.rows),
      inside(start.column + right, size.columns),
    );
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      if (this.at) part("cursor-said").textContent = this.text;
    }, REST_MS);
  }

  moveTo(row, column) {
    this.at = { row, column };
    this.draw();
  }

  leave() {
    this.at = null;
    this.draw();
  }

  get text() {
    if (!this.at) return ASKS;
    const { row, column } = this.at;
    const place = row * this.view.size.columns + column;
    return [
      t("Row {row}, column {column}", { row, column }),
      this.greys ? t("grey {grey}", { grey: this.greys[place] }) : "",
      this.map ? describeValue(this.map, place) : "",
    ]
      .filter(Boolean)
      .join(" · ");
  }

  draw() {
    part("cursor-value").textContent = this.text;
    const { frames, size } = this.view;
    for (const [index, cross] of this.crosses.entries()) {
      cross.style.display = this.at && size ? "" : "none";
      if (!this.at || !size) continue;
      const middle = {
        x: (this.at.column + 0.5) / size.columns,
        y: (this.at.row + 0.5) / size.rows,
      };
      const { left, top } = this.view.positionIn(frames[index], middle);
      cross.style.left = `${left}px`;
      cross.style.top = `${top}px`;
    }
  }
}
