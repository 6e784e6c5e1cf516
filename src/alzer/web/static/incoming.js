/** Files that are dropped or pasted anywhere on the page, and what is no file. */

import { droppedFiles } from "./dropped.js";
import { t } from "./texts.js";

const NO_FILE = {
  drop: t("What was dropped is text or an address, no file. Save the picture as a file, and drop that."),
  paste: t("The clipboard holds text, no picture or file. Copy a picture or a file, and paste it here."),
};
const EMPTY = t("There is no file in what was dropped.");

const hasFiles = (transfer) => [...transfer.types].includes("Files");

/** Fields for text get the text that is meant for them. */
const isTextField = ({ target }) =>
  target instanceof HTMLInputElement && ["text", "search"].includes(target.type);

/**
 * Take what is dropped or pasted.
 *
 * `field` is marked while files are over the page; `isOpen` says whether any can be
 * taken now; `onFiles` gets them; `onNothing` is told why there are none.
 */
export function connectIncoming({ field, isOpen, onFiles, onNothing }) {
  const mark = (isOver) => field.classList.toggle("over", isOver);

  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event.dataTransfer) && isTextField(event)) return;
    // A file that misses the field must not replace the page.
    event.preventDefault();
    if (!isOpen()) event.dataTransfer.dropEffect = "none";
    else mark(hasFiles(event.dataTransfer));
  });

  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(false); // it has left the window
  });

  window.addEventListener("drop", async (event) => {
    mark(false);
    if (!hasFiles(event.dataTransfer) && isTextField(event)) return;
    event.preventDefault();
    if (!isOpen()) return;
    if (!hasFiles(event.dataTransfer)) return onNothing(NO_FILE.drop);
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) onFiles(files);
    else onNothing(EMPTY);
  });

  window.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 && isTextField(event)) return;
    event.preventDefault();
    if (!isOpen()) return;
    if (files.length > 0) onFiles(files);
    else if (event.clipboardData.types.length > 0) onNothing(NO_FILE.paste);
  });
}
