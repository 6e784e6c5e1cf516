/** A head that could not be prepared: the reason and a picture, and no prediction. */

import { keepFitted } from "./viewer.js";

const part = (id) => document.getElementById(id);

keepFitted([part("failure-image")]);

/** Show why; `picture`, a Blob, is the middle slice of the scan as it was read. */
export function showFailure(reason, picture = null) {
  const image = part("failure-image");
  URL.revokeObjectURL(image.src);
  if (picture) image.src = URL.createObjectURL(picture);
  part("failure-picture").hidden = !picture;
  part("failure-reason").textContent = reason;
}
