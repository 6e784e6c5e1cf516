/** How far the map of an answer can be trusted: where it lies, and whether it holds. */

import { Refusal, postForDocument } from "./requests.js";
import { number, said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

let asked = new AbortController(); // about the answer that is shown

/** Where the evidence lies; nothing where there is none, or nobody asked. */
function fillQuality(quality) {
  part("map-quality").hidden = !quality;
  part("map-verdict").textContent = said(quality?.verdict);
  part("map-verdict").dataset.verdict = quality?.verdict.split(/[ :]/)[0] ?? "";
  part("map-text").textContent = said(quality?.text);
  part("map-note").textContent = said(quality?.note);
}

function signed(value) {
  const rounded = number(Math.abs(value), 2);
  return value <= -0.005 ? `−${rounded}` : rounded;
}

/** The falls of the margin, in words and numbers. */
function facts(audit) {
  const both = ({ interpolated, average_brain: brain }) =>
    t("{one} and {other}", { one: signed(interpolated), other: signed(brain) });
  return [
    [t("Marked area, filled in two ways"), both(audit.marked)],
    [t("Area that is marked least, likewise"), both(audit.least_marked)],
    [t("Highest of the areas elsewhere"), signed(Math.max(...audit.elsewhere))],
    [t("Area that is marked on average"), signed(audit.average_area)],
    [t("Middle of the head"), signed(audit.central_area)],
    [t("Likeness of the map if the slice moves by two pixels"), signed(Math.min(...audit.stability))],
  ];
}

function fillFacts(rows) {
  const cells = rows.flatMap((row) =>
    row.map((text, place) => {
      const cell = document.createElement(place ? "dd" : "dt");
      cell.textContent = text;
      return cell;
    }),
  );
  part("map-falls").replaceChildren(...cells);
}

function showAudit(audit) {
  part("map-badge").textContent = audit.badge ? t("Confirmed.") : t("Not confirmed.");
  part("map-badge").dataset.badge = audit.badge;
  part("map-words").textContent = said(audit.text);
  fillFacts(facts(audit));
  part("map-result").hidden = false;
}

/** Forget what was asked about another answer. */
function reset() {
  asked.abort();
  asked = new AbortController();
  part("map-ask").disabled = false;
  part("map-status").textContent = "";
  part("map-result").hidden = true;
}

async function ask(address) {
  const { signal } = asked;
  part("map-ask").disabled = true;
  part("map-status").textContent = t("Asking the model…");
  try {
    showAudit(await postForDocument(address, { signal }));
    part("map-status").textContent = "";
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refusal)) throw error;
    part("map-status").textContent = said(error.message);
  }
  part("map-ask").disabled = false;
}

/** Connect the button; give the function that shows what is known of an answer's map. */
export function prepareMapCheck(root) {
  let address = "";
  part("map-ask").addEventListener("click", () => ask(address));
  return (answer) => {
    reset();
    address = `${root}/analyses/${answer.analysis_id}/audit`;
    part("map-check").hidden = !answer.heatmap_url;
    fillQuality(answer.map_quality);
  };
}
