/** Telling how far the work on a scan is, and what is wrong. */

import { isShown } from "./sections.js";
import { t } from "./texts.js";
import { prepareStages } from "./work.js";

const part = (id) => document.getElementById(id);
const showStage = prepareStages(part("stages"), part("bar"));

const FIELDS = ["submit", "file", "folder", "found", "reference"];

export function say(text) {
  part("status").textContent = text;
}

/** Say what is wrong, where it is seen. */
export function complain(text) {
  part(isShown("batch") ? "batch-error" : "error").textContent = text;
}

/** Show which share of the files was sent. */
export function showSent(share) {
  const isSent = share >= 1;
  part("progress").hidden = false;
  if (isSent) part("bar").removeAttribute("value");
  else part("bar").value = share;
  say(isSent ? t("Analysing…") : t("Uploading… {percent} %", { percent: Math.round(100 * share) }));
}

/** Show the stage of the work on a whole head, and which share of it is done. */
export function showWork(stage, share) {
  showStage(stage, share);
  const current = part("stages").querySelector("[aria-current]");
  say(stage === "queued" ? t("Waiting for its turn…") : `${current?.textContent ?? t("Analysing")}…`);
}

/** Begin again at nothing. */
export function resetBar() {
  part("bar").value = 0;
}

/** Let nothing be chosen while work goes on; what has stages can be cancelled. */
export function setBusy(isBusy, hasStages) {
  for (const id of FIELDS) part(id).disabled = isBusy;
  part("form").setAttribute("aria-busy", String(isBusy));
  part("cancel").hidden = !isBusy || !hasStages;
  part("stages").hidden = !isBusy || !hasStages;
  part("progress").hidden = !isBusy;
}
