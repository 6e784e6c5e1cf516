/** The assessment page: choose, preview, submit, result. */

import { clearAddress, nameInAddress, namedByAddress } from "./address.js";
import { droppedFiles, withoutHidden } from "./dropped.js";
import { findScans } from "./found.js";
import { connectFound, hideFound, showScans, showSeries, size } from "./foundlist.js";
import { showFailure } from "./failure.js";
import { Refusal, formToken, getDocument, postFiles, postScan } from "./requests.js";
import { prepareResult } from "./result.js";
import { keepFitted } from "./viewer.js";
import { follow, prepareStages } from "./work.js";

const part = (id) => document.getElementById(id);
const { root, maxBytes } = part("assessment").dataset;
const showResult = prepareResult(root);
const showStage = prepareStages(part("stages"), part("bar"));

let found = { scans: [], leftOut: 0 };
let chosen = null;
let series = null; // which one of an archive, if the service has asked
let previewing = new AbortController();
let working = new AbortController();

function say(text) {
  part("status").textContent = text;
}

function complain(text) {
  part("error").textContent = text;
}

function forget() {
  previewing.abort();
  chosen = null;
  series = null;
  part("form").reset();
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
  if (error.series.length === 0) return complain(error.message);
  if (!chosen) return complain(`${error.message} Choose the files again.`);
  showSeries(error.series);
  complain("It is not certain which series is meant. Choose one, and submit again.");
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
    `${image.naturalWidth} × ${image.naturalHeight} pixels, ${size(file.size)}`;
  part("drop").classList.add("filled");
  part("preview").hidden = false;
  say("Ready to submit.");
}

/** Choose one of the scans that were found: a slice is previewed. */
async function take(scan) {
  previewing.abort();
  chosen = null;
  part("preview").hidden = true;
  part("drop").classList.remove("filled");
  if (scan.bytes > Number(maxBytes)) {
    return complain(`The file is larger than the limit of ${size(Number(maxBytes))}.`);
  }
  chosen = scan;
  if (scan.kind === "volume") return say("Ready to submit.");
  say("Reading the scan…");
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
  say("Looking through the files…");
  found = scansOf(await findScans(files), files);
  const { scans } = found;
  if (scans.length === 0) {
    say("");
    return complain("None of the files is a scan. Choose the DICOM files of one series, or one scan.");
  }
  if (scans.length > 1 || scans[0].kind === "volume") showScans(found);
  await take(scans[0]);
}

function showSent(share) {
  const isSent = share >= 1;
  part("progress").hidden = false;
  if (isSent) part("bar").removeAttribute("value");
  else part("bar").value = share;
  say(isSent ? "Analysing…" : `Uploading… ${Math.round(100 * share)} %`);
}

function showWork(stage, share) {
  showStage(stage, share);
  const current = part("stages").querySelector("[aria-current]");
  say(stage === "queued" ? "Waiting for its turn…" : `${current?.textContent ?? "Analysing"}…`);
}

function setBusy(isBusy, hasStages) {
  part("submit").disabled = isBusy;
  part("file").disabled = isBusy;
  part("folder").disabled = isBusy;
  part("found").disabled = isBusy;
  part("form").setAttribute("aria-busy", String(isBusy));
  part("cancel").hidden = !isBusy || !hasStages;
  part("stages").hidden = !isBusy || !hasStages;
  part("progress").hidden = !isBusy;
}

const SECTIONS = ["choose", "result", "failure"];

function showSection(id, focus) {
  for (const section of SECTIONS) part(section).hidden = section !== id;
  window.scrollTo(0, 0);
  part(focus).focus({ preventScroll: true });
}

async function analyseSlice({ files }, signal) {
  const address = `${root}/predict?layers=true`;
  const answer = await postFiles(address, files, { onProgress: showSent, signal });
  return JSON.parse(await answer.text());
}

async function analyseVolume({ files }, signal) {
  part("bar").value = 0;
  const onProgress = (share) => showWork(share < 1 ? "upload" : "read", share % 1);
  const fields = series === null ? {} : { series };
  const sent = { onProgress, signal, fields };
  const { job, answer } = await postScan(`${root}/predict?layers=true`, files, sent);
  return answer ?? waitFor(job, signal);
}

/** Wait for a job, which a reload of the page finds again. */
async function waitFor(job, signal) {
  nameInAddress("job", job.job_id);
  part("bar").value = 0;
  const address = await follow(root, job, { onStage: showWork, signal });
  return getDocument(address, { signal });
}

async function explainFailure(scan, error) {
  complain("");
  showFailure(error.message);
  showSection("failure", "failure-title");
  if (!scan) return; // the page was loaded again, and its files are gone
  const picture = await postFiles(`${root}/preview`, scan.files).catch(() => null);
  showFailure(error.message, picture);
}

async function explain(scan, error) {
  if (error.code === "failed_preparation") await explainFailure(scan, error);
  else if (error.name === "AbortError") say("Cancelled.");
  else refuse(error);
}

/** Show the answer that `ask` gets; `scan` is null where the files are not here. */
async function showAnswer(scan, hasStages, ask) {
  working = new AbortController();
  complain("");
  setBusy(true, hasStages);
  try {
    const answer = await ask(working.signal);
    nameInAddress("analysis", answer.analysis_id);
    showResult(answer, scan);
    forget();
    showSection("result", "result-title");
  } catch (error) {
    if (!error.isPassing) clearAddress();
    await explain(scan, error);
  } finally {
    setBusy(false, hasStages);
  }
}

function submitChosen() {
  const isVolume = chosen.kind === "volume";
  const [scan, analyse] = [chosen, isVolume ? analyseVolume : analyseSlice];
  return showAnswer(scan, isVolume, (signal) => analyse(scan, signal));
}

const GONE = {
  job: "The service does not know the analysis any more that this page was waiting for. Send the scan again.",
  analysis: "There is no such analysis; it may have been deleted. Send the scan again.",
};

/** Show what the address names: how far a job is, or the answer of an analysis. */
function reopen({ kind, id }) {
  const isJob = kind === "job";
  forget();
  say(isJob ? "Asking how far the analysis is…" : "Opening the analysis…");
  return showAnswer(null, isJob, async (signal) => {
    try {
      return await (isJob
        ? waitFor({ job_id: id }, signal)
        : getDocument(`${root}/analyses/${id}`, { signal }));
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
  complain("Choose a scan first.");
  missing().focus();
}

function connectDrop() {
  const drop = part("drop");
  const mark = (isOver) => drop.classList.toggle("over", isOver);
  // A file that misses the field must not replace the page.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => event.preventDefault());
  }
  drop.addEventListener("dragover", () => mark(true));
  drop.addEventListener("dragleave", () => mark(false));
  drop.addEventListener("drop", async (event) => {
    mark(false);
    if (!part("file").disabled) choose(await droppedFiles(event.dataTransfer));
  });
}

/** Scans are chosen among those found, series by the service's numbers. */
function chooseAmong(value) {
  complain("");
  if (part("found").dataset.of === "series") series = value;
  else take(found.scans[value]);
}

connectDrop();
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
for (const button of document.querySelectorAll(".again")) {
  button.addEventListener("click", () => {
    clearAddress();
    showSection("choose", "file");
  });
}
