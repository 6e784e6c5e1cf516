/** Waiting for the analysis of a whole head, stage by stage. */

import { Refusal, getDocument, remove } from "./requests.js";
import { t } from "./texts.js";

const ASK_EVERY_MS = 700;

// One answer that is lost on the way does not end the waiting.
const FAILURES_BORNE = 5;

/** What people are told of the stages that the service names, in their order. */
export const STAGES = [
  { name: "upload", text: t("Sending the files") },
  { name: "read", text: t("Reading the scan") },
  { name: "brain", text: t("Finding the brain") },
  { name: "register", text: t("Aligning it with the average brain") },
  { name: "slices", text: t("Cutting the 32 standard slices") },
  { name: "structures", text: t("Measuring structures"), isOptional: true },
  { name: "predict", text: t("Asking the model, slice by slice") },
  { name: "evidence", text: t("Writing the evidence"), isOptional: true },
];

const pause = (signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ASK_EVERY_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

function failureOf({ state, problem }) {
  if (state === "cancelled") return new DOMException("cancelled", "AbortError");
  const { detail, ...facts } = problem ?? { detail: t("The analysis has failed.") };
  return Object.assign(new Refusal(detail, facts), { isPassing: false });
}

const isOver = ({ state }) => Boolean(state) && state !== "queued" && state !== "running";

/**
 * Wait for a job, and give the address of its analysis below `root`.
 *
 * Of `job` the `job_id` is enough; the rest of it is what is known already.
 * `onStage` gets the name of the stage and the share that is done; `signal` stops the
 * waiting, and gives up the job.
 */
export async function follow(root, job, { onStage, signal }) {
  const address = `${root}/jobs/${job.job_id}`;
  const giveUp = () => remove(address).catch(() => {}); // it ends by itself then
  signal.addEventListener("abort", giveUp);
  let [now, failures] = [job, 0];
  try {
    while (!isOver(now)) {
      if (now.state) onStage(now.stage ?? "queued", now.progress);
      await pause(signal);
      try {
        now = await getDocument(address, { signal });
        failures = 0;
      } catch (error) {
        failures += 1;
        if (!error.isPassing || failures > FAILURES_BORNE) throw error;
      }
    }
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  if (now.state !== "done") throw failureOf(now);
  return `${root}/analyses/${now.analysis_id}`;
}

/** Connect the list of stages; give the function that shows how far it is. */
export function prepareStages(list, bar) {
  const items = new Map(
    STAGES.map((stage) => {
      const item = document.createElement("li");
      item.textContent = stage.text;
      item.hidden = Boolean(stage.isOptional);
      return [stage.name, item];
    }),
  );
  list.replaceChildren(...items.values());
  return (name, share) => {
    if (!items.has(name)) return bar.removeAttribute("value");
    const names = [...items.keys()];
    const current = names.indexOf(name);
    names.forEach((stage, place) => mark(items.get(stage), place - current));
    items.get(name).hidden = false;
    // Stages count their own shares; what was shown is not taken back.
    if (share > 0) bar.value = Math.max(share, bar.value);
    else bar.removeAttribute("value");
  };
}

function mark(item, place) {
  item.classList.toggle("done", place < 0);
  if (place === 0) item.setAttribute("aria-current", "step");
  else item.removeAttribute("aria-current");
}
