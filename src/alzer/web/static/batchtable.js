/** The table of a batch: filled as answers come, sorted, saved as CSV. */

import { Batch, STATES } from "./batch.js";
import * as csv from "./csv.js";
import { locale, msg, number, said, t, tn } from "./texts.js";

const part = (id) => document.getElementById(id);

const KINDS = { slice: msg("Slice"), volume: msg("Whole head") };

const isDoubted = ({ answer }) => answer?.reliable === false;
const confidenceOf = (row) => (row.answer && !isDoubted(row) ? row.answer.confidence : null);
const noteOf = (row) => row.answer?.unreliable_reason ?? row.note;

/** By what the table can be sorted. */
const KEYS = {
  number: (row) => row.number,
  name: (row) => row.name,
  state: (row) => Object.keys(STATES).indexOf(row.state),
  answer: (row) => row.answer?.headline ?? "",
  confidence: (row) => confidenceOf(row) ?? -1,
};

const collator = new Intl.Collator(locale, { numeric: true });

function compare(one, other) {
  return typeof one === "number" ? one - other : collator.compare(one, other);
}

function percent(share) {
  return share === null ? "–" : `${number(100 * share)} %`;
}

/** One row of the table, made once and filled again and again. */
class Line {
  constructor(row, root, open) {
    this.row = row;
    this.root = root;
    this.element = part("batch-row").content.cloneNode(true).firstElementChild;
    this.cell("file").textContent = row.name;
    this.cell("kind").textContent = t(KINDS[row.lane]);
    this.cell("link").addEventListener("click", (event) => {
      const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!isPlain) return; // a tab or window of its own
      event.preventDefault();
      open(this.row.answer.analysis_id);
    });
  }

  cell(name) {
    return this.element.querySelector(`[data-cell="${name}"]`);
  }

  fill() {
    const { row } = this;
    this.element.dataset.state = row.state;
    const share = row.share > 0 ? ` ${Math.round(100 * row.share)} %` : "";
    this.cell("state").textContent = t(STATES[row.state]) + share;
    this.cell("confidence").textContent = percent(confidenceOf(row));
    this.cell("note").textContent = said(noteOf(row));
    this.element.classList.toggle("doubted", isDoubted(row));
    const isAnswered = Boolean(row.answer);
    this.cell("link").hidden = !isAnswered;
    this.cell("none").hidden = isAnswered;
    if (!isAnswered || this.shown === row.answer) return;
    this.shown = row.answer;
    this.cell("link").textContent = said(row.answer.headline);
    this.cell("link").href = `?analysis=${row.answer.analysis_id}`;
    const image = this.cell("thumbnail");
    image.addEventListener("error", () => {
      image.hidden = true;
    });
    image.src = `${this.root}/analyses/${row.answer.analysis_id}/thumbnail`;
    image.hidden = false;
  }
}

const COLUMNS = [
  "file", "kind", "state", "answer", "reliable", "confidence", "calibrated",
];

function csvRow(row, classes) {
  const { answer } = row;
  const isShown = answer && !isDoubted(row);
  const shares = classes.map((name) => {
    const text = isShown ? answer.class_probabilities[name] : null;
    return text ? Number((Number.parseFloat(text) / 100).toFixed(4)) : null;
  });
  return [
    row.name,
    KINDS[row.lane],
    STATES[row.state],
    answer?.headline,
    answer?.reliable,
    confidenceOf(row),
    isShown ? answer.calibrated : null,
    ...shares,
    noteOf(row),
    (answer?.warnings ?? []).join(" "),
    answer?.analysis_id,
    answer ? `${answer.model.name} ${answer.model.version}` : null,
  ];
}

/** Return a batch as CSV; where an answer is not reliable it has no numbers. */
export function asCsv(rows, classes) {
  const names = classes.map((name) => `probability of ${name}`);
  const head = [...COLUMNS, ...names, "note", "warnings", "analysis_id", "model"];
  return csv.table([head, ...rows.map((row) => csvRow(row, classes))]);
}

/**
 * Connect the section of batches.
 *
 * `open` shows the result of an analysis by its id, `remember` keeps the id. Gives
 * `start`, which begins with some scans; `isThere`, whether there is one; `isRunning`.
 */
export function prepareBatch({ root, maxBytes, open, remember }) {
  const classes = part("batch").dataset.classes.split("|");
  let batch = null;
  let lines = new Map();
  let sorting = { key: "number", isDown: false };
  let isDue = false;

  function sorted() {
    const value = KEYS[sorting.key];
    const order = (one, other) =>
      compare(value(one), value(other)) || one.number - other.number;
    const rows = [...batch.rows].sort(order);
    return sorting.isDown ? rows.reverse() : rows;
  }

  function showOrder() {
    const body = part("batch-rows");
    sorted().forEach((row, place) => {
      const { element } = lines.get(row);
      if (body.children[place] !== element) body.insertBefore(element, body.children[place] ?? null);
    });
    for (const button of part("batch-table").querySelectorAll("[data-sort]")) {
      const isChosen = button.dataset.sort === sorting.key;
      const way = sorting.isDown ? "descending" : "ascending";
      button.closest("th").setAttribute("aria-sort", isChosen ? way : "none");
    }
  }

  function showTotal() {
    const [total, done] = [batch.rows.length, batch.count("done")];
    const [failed, cancelled] = [batch.count("failed"), batch.count("cancelled")];
    const told = [t("{done} of {total} done", { done, total })];
    if (failed) told.push(t("{count} failed", { count: failed }));
    if (cancelled) told.push(t("{count} cancelled", { count: cancelled }));
    const text = told.join(", ");
    if (part("batch-status").textContent !== text) part("batch-status").textContent = text;
    part("batch-bar").value = (done + failed + cancelled) / total;
    part("batch-cancel").hidden = !batch.isRunning;
    part("batch-retry").hidden = batch.isRunning || failed + cancelled === 0;
    part("batch-retry").textContent = t("Try {count} again", { count: failed + cancelled });
    part("batch-csv").disabled = done + failed === 0;
    part("batch-again").disabled = batch.isRunning;
  }

  function show() {
    isDue = false;
    if (!batch) return;
    for (const line of lines.values()) line.fill();
    showOrder();
    showTotal();
  }

  /** At most once a picture: many rows change at the same time. */
  function showSoon() {
    if (isDue) return;
    isDue = true;
    setTimeout(show, 50); // also while the page is in the background
  }

  function start(scans, fields, leftOut) {
    const onAnswer = ({ analysis_id: id }) => remember(id);
    batch = new Batch(scans, { root, fields, maxBytes, onChange: showSoon, onAnswer });
    lines = new Map(batch.rows.map((row) => [row, new Line(row, root, open)]));
    sorting = { key: "number", isDown: false };
    part("batch-rows").replaceChildren();
    part("batch-left-out").textContent = leftOut
      ? tn("1 other file is no scan, and left out.", "{count} other files are no scan, and left out.", leftOut)
      : "";
    show();
    batch.run();
  }

  for (const button of part("batch-table").querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const key = button.dataset.sort;
      sorting = { key, isDown: sorting.key === key && !sorting.isDown };
      showOrder();
    });
  }
  part("batch-cancel").addEventListener("click", () => {
    batch.cancel();
    part("batch-title").focus({ preventScroll: true });
  });
  part("batch-retry").addEventListener("click", () => {
    batch.retry();
    part("batch-title").focus({ preventScroll: true });
  });
  part("batch-csv").addEventListener("click", () => {
    csv.save("alzer.csv", asCsv(sorted(), classes));
  });
  window.addEventListener("beforeunload", (event) => {
    if (batch?.isRunning) event.preventDefault();
  });

  return {
    start,
    end() {
      batch = null;
    },
    get isThere() {
      return batch !== null;
    },
    get isRunning() {
      return Boolean(batch?.isRunning);
    },
  };
}
