/** The assessment page: choose, preview, submit, result. */

import { Refusal, formToken, postFile } from "./requests.js";
import { prepareResult } from "./result.js";
import { keepFitted } from "./viewer.js";

const part = (id) => document.getElementById(id);
const { root, maxBytes } = part("assessment").dataset;
const showResult = prepareResult(root);

let chosen = null;
let previewing = new AbortController();

function say(text) {
  part("status").textContent = text;
}

function complain(text) {
  part("error").textContent = text;
}

function size(bytes) {
  if (bytes < 2 ** 20) return `${Math.max(1, Math.round(bytes / 1024))} KiB`;
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function forget() {
  previewing.abort();
  chosen = null;
  part("form").reset();
  part("preview").hidden = true;
  part("drop").classList.remove("filled");
  say("");
}

function refuse(error) {
  if (error.name === "AbortError") return;
  if (!(error instanceof Refusal)) throw error;
  if (error.final) forget();
  else say("");
  complain(error.message);
}

async function showPreview(file) {
  previewing = new AbortController();
  const { signal } = previewing;
  const picture = await postFile(`${root}/preview`, file, { signal });
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

async function choose(files) {
  forget();
  complain("");
  if (files.length === 0) return;
  const [file] = files;
  if (files.length > 1) return complain("Drop one file at a time: one slice of one scan.");
  if (file.size > Number(maxBytes)) {
    return complain(`The file is larger than the limit of ${size(Number(maxBytes))}.`);
  }
  chosen = file;
  say("Reading the scan…");
  try {
    await showPreview(file);
  } catch (error) {
    refuse(error);
  }
}

function showProgress(share) {
  const isSent = share >= 1;
  part("progress").hidden = false;
  if (isSent) part("bar").removeAttribute("value");
  else part("bar").value = share;
  say(isSent ? "Analysing…" : `Uploading… ${Math.round(100 * share)} %`);
}

function setBusy(isBusy) {
  part("submit").disabled = isBusy;
  part("file").disabled = isBusy;
  part("form").setAttribute("aria-busy", String(isBusy));
  if (!isBusy) part("progress").hidden = true;
}

function showSection(id, focus) {
  part("choose").hidden = id !== "choose";
  part("result").hidden = id !== "result";
  window.scrollTo(0, 0);
  part(focus).focus({ preventScroll: true });
}

async function submit(event) {
  event.preventDefault();
  if (!chosen) {
    complain("Choose a scan first.");
    part("file").focus();
    return;
  }
  complain("");
  setBusy(true);
  showProgress(0);
  try {
    const answer = await postFile(`${root}/predict?layers=true`, chosen, {
      onProgress: showProgress,
    });
    showResult(JSON.parse(await answer.text()));
    forget();
    showSection("result", "result-title");
  } catch (error) {
    refuse(error);
  } finally {
    setBusy(false);
  }
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
  drop.addEventListener("drop", (event) => {
    mark(false);
    if (!part("file").disabled) choose([...event.dataTransfer.files]);
  });
}

connectDrop();
keepFitted([part("preview-image")]);
part("file").addEventListener("change", () => choose([...part("file").files]));
part("form").addEventListener("submit", submit);
// Chosen while this was loading, or kept by the browser over a reload.
if (part("file").files.length > 0) choose([...part("file").files]);
part("sign-out")?.addEventListener("submit", (event) => {
  event.target.elements.csrf.value = formToken();
});
for (const button of document.querySelectorAll(".again")) {
  button.addEventListener("click", () => showSection("choose", "file"));
}
