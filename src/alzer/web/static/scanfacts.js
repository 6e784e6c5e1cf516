/** What is told of the scan: its name, which stays in this browser, and what was read. */

import { locale, number, said, t, tn } from "./texts.js";

const part = (id) => document.getElementById(id);

const keyOf = (id) => `alzer.name.${id}`;

function nameOf({ files }) {
  return files.length === 1 ? files[0].name : tn("1 file", "{count} files", files.length);
}

/** Keep a name for as long as this tab is open; it never reaches the service. */
function remember(id, scan) {
  if (scan) window.sessionStorage.setItem(keyOf(id), nameOf(scan));
  return window.sessionStorage.getItem(keyOf(id));
}

function fillAbout(answer, scan) {
  let name = scan ? nameOf(scan) : null;
  try {
    name = remember(answer.analysis_id, scan);
  } catch {
    // The browser keeps nothing: then a reload has no name.
  }
  part("scan-name").textContent = name ? `${name},` : "";
  const made = answer.created_at ? new Date(answer.created_at) : new Date();
  part("analysed-at").dateTime = made.toISOString();
  part("analysed-at").textContent =
    t("analysed {date}", {
      date: made.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }),
    });
  const isExample = answer.warnings.includes(part("answer").dataset.example);
  part("example-tag").hidden = !isExample;
}

const shortly = (value) => number(value, String(value).split(".")[1]?.length ?? 0);

const times = (numbers) => numbers.map((each) => shortly(Number(each.toFixed(2)))).join(" × ");

/** Names and values of what was read of the scan. */
function factsOf({ kind = "slice", input }) {
  if (!input) return [[t("Format, size and spacing"), t("not kept of this analysis")]];
  const { format, shape, spacing_mm: spacing } = input;
  const isHead = kind === "volume";
  return [
    [t("Format"), format],
    [isHead ? t("Voxels") : t("Rows × columns"), times(shape)],
    [t("Spacing"), spacing ? `${times(spacing)} mm` : t("the file does not say")],
  ];
}

function cells(name, text) {
  const cell = document.createElement(name);
  cell.textContent = text;
  return cell;
}

function fillInput(answer) {
  const pairs = factsOf(answer).flatMap(([name, value]) => [cells("dt", name), cells("dd", value)]);
  part("input-facts").replaceChildren(...pairs);
  const notes = answer.input?.notes ?? [];
  part("input-notes").replaceChildren(...notes.map((note) => cells("li", said(note))));
}

/** Connect the pane for clinicians; give the function that fills it, and the heading. */
export function prepareScanFacts(root) {
  let address = ""; // of the picture that the network saw; asked for when it is looked at
  const showSeen = () => {
    if (part("details").open && address) part("seen-image").src = address;
  };
  part("details").addEventListener("toggle", showSeen);
  part("seen-image").addEventListener("error", () => {
    part("seen-missing").hidden = false;
    part("seen-image").hidden = true;
  });
  return (answer, scan) => {
    fillAbout(answer, scan);
    fillInput(answer);
    const index = answer.leading_slice ?? 0;
    part("seen-slice").textContent =
      answer.kind === "volume"
        ? `: ${t("slice {place} of {count}", { place: index + 1, count: answer.slices.length })}`
        : "";
    part("seen-missing").hidden = true;
    part("seen-image").hidden = false;
    part("seen-image").removeAttribute("src");
    address = `${root}/analyses/${answer.analysis_id}/seen?slice=${index}`;
    showSeen();
  };
}
