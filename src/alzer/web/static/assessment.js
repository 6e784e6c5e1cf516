/** The assessment page: choose, preview, submit, result. */

import { clearAddress, connectMoves, leaveResult, nameResult, namedByAddress } from "./address.js";
import { analyseSlice, analyseVolume, fieldsOf, rememberMade, waitFor } from "./analysing.js";
import { prepareBatch } from "./batchtable.js";
import { withoutHidden } from "./dropped.js";
import { findScans } from "./found.js";
import { ALL, connectFound, hideFound, showScans, showSeries, size } from "./foundlist.js";
import { showFailure } from "./failure.js";
import { connectIncoming } from "./incoming.js";
import { complain, say, setBusy } from "./progress.js";
import { prepareReference } from "./reference.js";
import { Refusal, formToken, getDocument, postFiles } from "./requests.js";
import { showKept, withKeptPictures } from "./restored.js";
import { prepareResult } from "./result.js";
import { isShown, showSection } from "./sections.js";
import { said, t } from "./texts.js";
import { keepFitted } from "./viewer.js";

const part = (id) => document.getElementById(id);
const { root, maxBytes } = part("assessment").dataset;
const showResult = prepareResult(root);
const showReference = prepareReference(root);

let found = { scans: [], leftOut: 0 };
let chosen = null;
let series = null; // which one of an archive, if the service has asked
let previewing = new AbortController();
let working = new AbortController();

function forget() {
  previewing.abort();
  chosen = null;
  series = null;
  for (const id of ["file", "folder"]) part(id).value = "";
  part("preview").hidden = true;
  part("drop").classList.remove("filled");
  hideFound();
  say("");
}

function refuse(error) {
  if (error.name === "AbortError") return;
  if (!(error instanceof Refusal)) throw error;
  if (error.final) forget();
  else say("");
  if (error.series.length === 0) return complain(said(error.message));
  if (!chosen) return complain(`${said(error.message)} ${t("Choose the files again.")}`);
  showSeries(error.series);
  complain(t("It is not certain which series is meant. Choose one, and submit again."));
}

async function showPreview(file) {
  previewing = new AbortController();
  const { signal } = previewing;
  const picture = await postFiles(`${root}/preview`, [file], { signal });
  const image = part("preview-image");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(picture);
  await image.decode();
  if (signal.aborted) return;
  part("preview-name").textContent = file.name;
  part("preview-facts").textContent =
    t("{columns} × {rows} pixels, {size}", {
      columns: image.naturalWidth,
      rows: image.naturalHeight,
      size: size(file.size),
    });
  part("drop").classList.add("filled");
  part("preview").hidden = false;
  say(t("Ready to submit."));
}

function takeNothing() {
  previewing.abort();
  chosen = null;
  part("preview").hidden = true;
  part("drop").classList.remove("filled");
}

/** Choose all of the scans that were found. */
function takeAll() {
  takeNothing();
  chosen = { kind: ALL };
  say(t("Ready to submit: {count} scans, one by one.", { count: found.scans.length }));
}

/** Choose one of the scans that were found: a slice is previewed. */
async function take(scan) {
  takeNothing();
  if (scan.bytes > Number(maxBytes)) {
    return complain(t("The file is larger than the limit of {limit}.", { limit: size(Number(maxBytes)) }));
  }
  chosen = scan;
  if (scan.kind === "volume") return say(t("Ready to submit."));
  say(t("Reading the scan…"));
  try {
    await showPreview(scan.files[0]);
  } catch (error) {
    refuse(error);
  }
}

/** A file that this page does not know is the service's to judge. */
function scansOf({ scans, leftOut }, files) {
  const isUnknown = scans.length === 0 && files.length === 1;
  if (!isUnknown) return { scans, leftOut };
  return { scans: [{ kind: "slice", files, bytes: files[0].size }], leftOut: 0 };
}

async function choose(files) {
  forget();
  complain("");
  if (files.length === 0) return;
  say(t("Looking through the files…"));
  found = scansOf(await findScans(files), files);
  const { scans } = found;
  if (scans.length === 0) {
    say("");
    return complain(t("None of the files is a scan. Choose the DICOM files of one series, or one scan."));
  }
  const isListed = scans.length > 1 || scans[0].kind === "volume";
  if (isListed && showScans(found) === ALL) takeAll();
  else await take(scans[0]);
}

async function explainFailure(scan, error) {
  complain("");
  showFailure(said(error.message));
  showSection("failure");
  if (!scan) return; // the page was loaded again, and its files are gone
  const picture = await postFiles(`${root}/preview`, scan.files).catch(() => null);
  showFailure(said(error.message), picture);
}

async function explain(scan, error) {
  if (error.code === "failed_preparation") await explainFailure(scan, error);
  else if (error.name === "AbortError") say(t("Cancelled."));
  else refuse(error);
}

/** Show the answer that `ask` gets; `scan` is null where the files are not here. */
async function showAnswer(scan, hasStages, ask) {
  working.abort();
  const work = new AbortController();
  working = work;
  complain("");
  setBusy(true, hasStages);
  try {
    const answer = await ask(work.signal);
    nameResult(answer.analysis_id);
    showResult(answer, scan);
    showReference(answer);
    showKept(answer, scan === null);
    forget();
    part("reference").value = ""; // it was this scan's
    showSection("result");
  } catch (error) {
    if (working !== work) return; // something else is shown by now
    if (!error.isPassing) clearAddress();
    await explain(scan, error);
  } finally {
    if (working === work) setBusy(false, hasStages);
  }
}

function submitAll() {
  const { scans, leftOut } = found;
  batch.start(scans, fieldsOf(), leftOut);
  forget();
  part("reference").value = "";
  showSection("batch");
}

function submitChosen() {
  if (chosen.kind === ALL) return submitAll();
  const isVolume = chosen.kind === "volume";
  const [scan, one] = [chosen, series];
  return showAnswer(scan, isVolume, async (signal) => {
    const answer = await (isVolume ? analyseVolume(scan, one, signal) : analyseSlice(scan, signal));
    rememberMade(answer);
    return answer;
  });
}

const GONE = {
  job: t("The service does not know the analysis any more that this page was waiting for. Send the scan again."),
  analysis: t("There is no such analysis; it may have been deleted. Send the scan again."),
};

/** Show what the address names: how far a job is, or the answer of an analysis. */
function reopen({ kind, id }) {
  const isJob = kind === "job";
  forget();
  say(isJob ? t("Asking how far the analysis is…") : t("Opening the analysis…"));
  return showAnswer(null, isJob, async (signal) => {
    try {
      const answer = await (isJob
        ? waitFor({ job_id: id }, signal)
        : getDocument(`${root}/analyses/${id}`, { signal }));
      if (isJob) rememberMade(answer); // it was sent from this browser
      return await withKeptPictures(root, answer, signal);
    } catch (error) {
      if (error.status === 404) error.message = GONE[kind];
      throw error;
    }
  });
}

/** Return what has to be filled in first, if anything. */
function missing() {
  const isAsked = part("found-list").querySelector("input");
  const isAnswered = part("found-list").querySelector("input:checked");
  if (isAsked && !isAnswered) return isAsked;
  return chosen ? null : part("file");
}

async function submit(event) {
  event.preventDefault();
  if (!missing()) return submitChosen();
  complain(t("Choose a scan first."));
  missing().focus();
}

/** Scans are chosen among those found, series by the service's numbers. */
function chooseAmong(value) {
  complain("");
  if (part("found").dataset.of === "series") series = value;
  else if (value === ALL) takeAll();
  else take(found.scans[value]);
}

/** Go on to the form from whatever is shown. */
function startAnew() {
  leaveResult();
  if (batch.isRunning) return showSection("batch"); // one after the other
  batch.end();
  showSection("choose");
}

/** Show what the address names after 'Back' and 'Forward'. */
function move(named) {
  working.abort();
  setBusy(false, false);
  if (named) reopen(named);
  else showSection(batch.isThere ? "batch" : "choose");
}

const batch = prepareBatch({
  root,
  maxBytes: Number(maxBytes),
  open: (id) => reopen({ kind: "analysis", id }),
  remember: (id) => rememberMade({ analysis_id: id }),
});

connectIncoming({
  field: part("drop"),
  isOpen: () => !part("file").disabled && !batch.isRunning,
  onFiles: (files) => {
    if (!isShown("choose")) startAnew();
    choose(files);
  },
  onNothing: (text) => {
    if (isShown("choose")) complain(text);
  },
});
connectMoves(move);
connectFound(chooseAmong);
keepFitted([part("preview-image")]);
for (const id of ["file", "folder"]) {
  part(id).addEventListener("change", () => choose(withoutHidden([...part(id).files])));
}
part("form").addEventListener("submit", submit);
part("cancel").addEventListener("click", () => {
  working.abort();
  part("submit").focus();
});
if (namedByAddress()) reopen(namedByAddress());
// Chosen while this was loading, or kept by the browser over a reload.
else if (part("file").files.length > 0) choose([...part("file").files]);
part("sign-out")?.addEventListener("submit", (event) => {
  event.target.elements.csrf.value = formToken();
});
for (const button of document.querySelectorAll(".again, #batch-again")) {
  button.addEventListener("click", startAnew);
}
