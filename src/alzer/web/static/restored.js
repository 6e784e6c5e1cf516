/** The pictures of an analysis that is opened again, as far as they are kept. */

import { getPicture } from "./requests.js";
import { t } from "./texts.js";

const part = (id) => document.getElementById(id);

const SEEN = t("What the network saw");

// What stands above pictures of the scan itself.
const captions = [...document.querySelectorAll("#original-figure figcaption, #as-read figcaption")]
  .map((caption) => ({ caption, usual: caption.textContent }));

const NOTES = {
  head: t("The files that were sent are not kept; of the scan, the brain is."),
  seen:
    t("The scan itself is not kept. In its place stands what the network was given of it: the head, brought to the network's size and back."),
  nothing: t("Neither the scan nor what the network saw of it is kept."),
};

let shown = []; // addresses of pictures that this page holds

function hold(picture) {
  if (!picture) return "";
  shown.push(URL.createObjectURL(picture));
  return shown.at(-1);
}

/** Return an answer with the two pictures of a slice, drawn from what is kept of it. */
export async function withKeptPictures(root, answer, signal) {
  if (answer.kind === "volume") return answer;
  const address = `${root}/analyses/${answer.analysis_id}`;
  const query = new URLSearchParams({ class: answer.prediction });
  const [seen, heat] = await Promise.all(
    [`${address}/seen`, `${address}/heat?${query}`].map((each) =>
      getPicture(each, { signal }).catch(() => null),
    ),
  );
  signal.throwIfAborted();
  for (const each of shown.splice(0)) URL.revokeObjectURL(each);
  if (!seen) return answer;
  return { ...answer, layers: { original: hold(seen), heat: hold(heat) } };
}

function noteOf(answer) {
  if (answer.kind === "volume") return NOTES.head;
  return answer.layers ? NOTES.seen : NOTES.nothing;
}

/** Say what the pictures of an answer are, and what is not kept. */
export function showKept(answer, isRestored) {
  const isSeen = isRestored && Boolean(answer.layers);
  for (const { caption, usual } of captions) caption.textContent = isSeen ? SEEN : usual;
  part("kept-note").textContent = isRestored ? noteOf(answer) : "";
}
