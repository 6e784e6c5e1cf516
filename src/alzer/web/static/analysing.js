/** Sending a chosen scan, and waiting for its answer. */

import { nameJob } from "./address.js";
import { resetBar, showSent, showWork } from "./progress.js";
import { remember } from "./remembered.js";
import { getDocument, postFiles, postScan } from "./requests.js";
import { follow } from "./work.js";

const part = (id) => document.getElementById(id);
const { root, remembers } = part("assessment").dataset;

/** What is sent besides the files. */
export function fieldsOf() {
  const reference = part("reference").value.trim();
  return reference ? { reference } : {};
}

/** Where nobody signs in, the list of analyses is this browser's. */
export function rememberMade({ analysis_id: id }) {
  if (remembers === "true") remember(id);
}

export async function analyseSlice({ files }, signal) {
  const address = `${root}/predict?layers=true`;
  const fields = fieldsOf();
  const answer = await postFiles(address, files, { onProgress: showSent, signal, fields });
  return { ...fields, ...JSON.parse(await answer.text()) };
}

/** Analyse a whole head; `series` is which one of an archive, if the service has asked. */
export async function analyseVolume({ files }, series, signal) {
  resetBar();
  const onProgress = (share) => showWork(share < 1 ? "upload" : "read", share % 1);
  const fields = series === null ? fieldsOf() : { ...fieldsOf(), series };
  const sent = { onProgress, signal, fields };
  const { job, answer } = await postScan(`${root}/predict?layers=true`, files, sent);
  return answer ?? waitFor(job, signal);
}

/** Wait for a job, which a reload of the page finds again. */
export async function waitFor(job, signal) {
  nameJob(job.job_id);
  resetBar();
  const address = await follow(root, job, { onStage: showWork, signal });
  return getDocument(address, { signal });
}
