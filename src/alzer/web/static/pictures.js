/** The scan and its map, side by side: one view, one cross, one window for both. */

import { Cursor } from "./cursor.js";
import { Cut } from "./cut.js";
import { connectGestures } from "./gestures.js";
import { Greys } from "./greys.js";
import { prepareMarks } from "./marks.js";
import { View } from "./zoom.js";

const part = (id) => document.getElementById(id);

/**
 * Connect the pictures; give what begins with another scan, and what sets the map.
 *
 * `start` takes the answer's `picture`, `setMap` the map's `numbers` row by row with its
 * `title`, `unit`, `isSigned` and `high`, the end of its scale; null where there is none.
 * `forgetNumbers` reads nothing more from the last map, until there is another one.
 */
export function preparePictures() {
  const pictures = part("pictures");
  const view = new View([...pictures.querySelectorAll(".frame")]);
  const greys = new Greys(pictures);
  const cursor = new Cursor(view);
  const cut = new Cut(pictures);
  const mark = prepareMarks(view);
  connectGestures(view, cursor, greys);
  part("original").addEventListener("load", () => cursor.setScan(part("original")));

  const setMap = (map) => {
    cursor.setMap(map);
    cut.setMap(map);
  };
  const start = (picture) => {
    view.reset();
    greys.reset();
    greys.letDrag(false);
    cursor.leave();
    cursor.setScan(null);
    setMap(null);
    mark(picture);
  };
  return { start, setMap, forgetNumbers: () => cursor.setMap(null) };
}
