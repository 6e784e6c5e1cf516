/** Many scans, analysed one by one: what waits, what is sent, what came of each. */

import { Refusal, getDocument, postFiles, postScan } from "./requests.js";
import { pathOf } from "./dropped.js";
import { msg, number, t, tn } from "./texts.js";
import { follow } from "./work.js";

// Of slices some at a time, so that the service always has one and others have their
// turn; a whole head takes all that the service has.
const LANES = { slice: 3, volume: 1 };

// A service that says so often that it is busy will not have a place soon.
const MOST_ATTEMPTS = 30;

const LONGEST_PAUSE_S = 60;

export const STATES = {
  waiting: msg("Waiting"),
  sending: msg("Sending"),
  working: msg("Analysing"),
  done: msg("Done"),
  failed: msg("Failed"),
  cancelled: msg("Cancelled"),
};

/** Where the files of a scan lie; of several, the folder that holds them. */
function nameOf({ files }) {
  const path = pathOf(files[0]);
  if (files.length === 1) return path;
  const folder = path.split("/").slice(0, -1).join("/");
  const more = files.length - 1;
  return folder
    ? tn("{folder} (1 file)", "{folder} ({count} files)", files.length, { folder })
    : tn("{path} and 1 more", "{path} and {count} more", more, { path });
}

/** One scan of the batch. */
export class Row {
  constructor(scan) {
    this.scan = scan;
    this.name = nameOf(scan);
    this.lane = scan.kind === "volume" ? "volume" : "slice";
    this.wait();
  }

  wait() {
    Object.assign(this, { state: "waiting", note: "", share: 0, answer: null });
  }

  get isOver() {
    return ["done", "failed", "cancelled"].includes(this.state);
  }

  get isToRetry() {
    return ["failed", "cancelled"].includes(this.state);
  }
}

const pause = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });

/** A batch of scans. */
export class Batch {
  /**
   * `root` is the service's, `fields` are sent with each scan, a scan over `maxBytes` is
   * not sent; `onChange` is told of each change, `onAnswer` of each answer.
   */
  constructor(scans, { root, fields, maxBytes, onChange, onAnswer }) {
    const byName = new Intl.Collator(undefined, { numeric: true });
    this.rows = scans
      .map((scan) => new Row(scan))
      .sort((one, other) => byName.compare(one.name, other.name));
    this.rows.forEach((row, place) => Object.assign(row, { number: place + 1 }));
    Object.assign(this, { root, fields, maxBytes, onChange, onAnswer });
    this.working = null;
    this.pausedUntil = 0;
  }

  get isRunning() {
    return this.working !== null;
  }

  count(...states) {
    return this.rows.filter(({ state }) => states.includes(state)).length;
  }

  /** Analyse what waits; ends when nothing is left to do. */
  async run() {
    const working = new AbortController();
    this.working = working;
    this.onChange();
    const lanes = Object.entries(LANES).flatMap(([lane, count]) => {
      const waiting = this.rows.filter((row) => row.lane === lane && row.state === "waiting").values();
      return Array.from({ length: count }, () => this.work(waiting, working.signal));
    });
    await Promise.all(lanes);
    this.working = null;
    this.onChange();
  }

  /** Try again what failed or was cancelled. */
  retry() {
    for (const row of this.rows) if (row.isToRetry) row.wait();
    return this.run();
  }

  /** Give up what waits and what is under way; what is done stays. */
  cancel() {
    this.working?.abort();
  }

  async work(waiting, signal) {
    for (const row of waiting) {
      if (signal.aborted) this.set(row, "cancelled");
      else await this.analyse(row, signal);
    }
  }

  set(row, state, note = "", share = 0) {
    Object.assign(row, { state, note, share });
    this.onChange();
  }

  /** Get the answer for one scan; whatever goes wrong is this scan's own affair. */
  async analyse(row, all) {
    const signal = AbortSignal.any([all]); // what listens to it goes with this scan
    try {
      row.answer = await this.insist(row, signal);
      this.set(row, "done");
      this.onAnswer(row.answer);
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") this.set(row, "cancelled");
      else this.set(row, "failed", error.message);
    }
  }

  /** Ask again when a service that is busy wants to be asked again. */
  async insist(row, signal) {
    for (let attempt = 1; ; attempt += 1) {
      await pause(Math.max(0, this.pausedUntil - Date.now()), signal);
      try {
        return await this.ask(row, signal);
      } catch (error) {
        const isBusy = [429, 503].includes(error.status) && error.retryAfterS !== null;
        if (!isBusy || attempt === MOST_ATTEMPTS) throw error;
        const seconds = Math.min(LONGEST_PAUSE_S, Math.max(1, error.retryAfterS));
        this.pausedUntil = Math.max(this.pausedUntil, Date.now() + 1000 * seconds);
        this.set(row, "waiting", t("The service is busy; it is asked again soon."));
      }
    }
  }

  async ask(row, signal) {
    const { root, fields, maxBytes } = this;
    const { files, bytes, kind } = row.scan;
    if (bytes > maxBytes) {
      const limit = number(maxBytes / 2 ** 20);
      throw new Refusal(t("It is larger than the limit of {limit} MiB.", { limit }));
    }
    const onProgress = (share) => this.set(row, share < 1 ? "sending" : "working", "", share % 1);
    this.set(row, "sending");
    const sent = { signal, fields, onProgress };
    if (kind !== "volume") {
      return JSON.parse(await (await postFiles(`${root}/predict`, files, sent)).text());
    }
    const { job, answer } = await postScan(`${root}/predict`, files, sent);
    if (answer) return answer;
    const onStage = (stage, share) => this.set(row, "working", "", share);
    return getDocument(await follow(root, job, { onStage, signal }), { signal });
  }
}
