/** The history: analyses that were made before, found again, compared, deleted. */

import { compareTwo, hideComparison } from "./compare.js";
import { forget, remembered } from "./remembered.js";
import { change, formToken, remove, search } from "./requests.js";
import { msg, said, t, tn } from "./texts.js";
import { dateOf, kindOf, percent } from "./words.js";

const part = (id) => document.getElementById(id);
const { remembers } = part("history").dataset;
const root = part("history").dataset.root;

const PAGE = 20;
const TYPING_MS = 300;

const EMPTY = {
  none: t("There are no analyses yet. What is analysed on the assessment page is listed here."),
  unmatched: t("No analysis is like that."),
};

const PAGES = {
  some: msg("Analyses {first} to {last}"),
  last: msg("Analyses {first} to {last}, the last ones"),
};

let cursors = [null]; // of the pages up to the one that is shown
const chosen = new Map(); // what names each chosen analysis to people, by its id
let asking = new AbortController();

const complain = (text) => {
  part("history-error").textContent = text;
};

/** The moment at which a day of the calendar here begins. */
function startOf(day, later = 0) {
  const [year, month, date] = day.split("-").map(Number);
  const moment = new Date(year, month - 1, date + later);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

function filters() {
  const answer = part("by-answer").value;
  const wish = {};
  if (part("by-reference").value.trim()) wish.reference = part("by-reference").value;
  if (["reliable", "unreliable"].includes(answer)) wish.reliable = answer === "reliable";
  else if (answer) wish.answer = answer;
  if (part("by-since").value) wish.since = startOf(part("by-since").value);
  if (part("by-until").value) wish.until = startOf(part("by-until").value, 1);
  return wish;
}

const isFiltered = () => Object.keys(filters()).length > 0;

function showChosen() {
  part("compare").disabled = chosen.size !== 2;
  part("delete").disabled = chosen.size === 0;
  part("delete").textContent = chosen.size > 1 ? t("Delete {count}", { count: chosen.size }) : t("Delete");
}

async function saveReference(event, analysis, field, button) {
  event.preventDefault();
  complain("");
  try {
    const kept = await change(`${root}/analyses/${analysis.analysis_id}`, { reference: field.value });
    analysis.reference = kept.reference ?? "";
    field.value = analysis.reference;
    button.hidden = true;
    part("history-status").textContent = t("The reference is saved.");
    field.focus();
  } catch (error) {
    complain(said(error.message));
  }
}

function connectReference(item, analysis) {
  const [form, field, button] = ["form", "form input", "form button"].map((name) => item.querySelector(name));
  field.value = analysis.reference ?? "";
  field.addEventListener("input", () => {
    button.hidden = field.value.trim() === (analysis.reference ?? "");
  });
  form.addEventListener("submit", (event) => saveReference(event, analysis, field, button));
}

function connectChoice(item, analysis, name) {
  const box = item.querySelector(".choice input");
  item.querySelector(".choice span").textContent = t("Choose {name}", { name });
  box.checked = chosen.has(analysis.analysis_id);
  box.addEventListener("change", () => {
    if (box.checked) chosen.set(analysis.analysis_id, name);
    else chosen.delete(analysis.analysis_id);
    showChosen();
  });
}

function fillPicture(link, analysis, address) {
  link.href = address;
  if (!analysis.thumbnail_url) return;
  const image = link.querySelector("img");
  image.addEventListener("load", () => {
    image.hidden = false;
  });
  image.src = `${root}/analyses/${analysis.analysis_id}/thumbnail`;
}

function rowOf(analysis) {
  const item = part("row").content.cloneNode(true).firstElementChild;
  const cell = (name) => item.querySelector(`[data-cell="${name}"]`);
  const address = `${root}/assessment/mri-upload?analysis=${analysis.analysis_id}`;
  item.classList.toggle("doubted", analysis.reliable === false);
  cell("headline").textContent = said(analysis.headline);
  cell("headline").href = address;
  cell("date").dateTime = analysis.created_at;
  cell("date").textContent = dateOf(analysis);
  cell("kind").textContent = kindOf(analysis);
  const { confidence } = analysis;
  cell("confidence").textContent = confidence === null ? "" : ` · ${t("confidence {share}", { share: percent(confidence) })}`;
  cell("reason").textContent = said(analysis.unreliable_reason);
  fillPicture(cell("picture"), analysis, address);
  connectReference(item, analysis);
  const called = analysis.reference ? `, ${analysis.reference}` : "";
  connectChoice(item, analysis, `${said(analysis.headline)}, ${dateOf(analysis)}${called}`);
  return item;
}

function show({ analyses, next_cursor: next }) {
  part("rows").replaceChildren(...analyses.map(rowOf));
  part("nothing").hidden = analyses.length > 0;
  part("nothing").textContent = isFiltered() ? EMPTY.unmatched : EMPTY.none;
  part("newer").hidden = cursors.length === 1;
  part("older").hidden = next === null;
  part("older").dataset.cursor = next ?? "";
  const first = PAGE * (cursors.length - 1) + 1;
  part("history-status").textContent = analyses.length
    ? t(next ? PAGES.some : PAGES.last, { first, last: first + analyses.length - 1 })
    : "";
}

async function ask(signal) {
  const wish = { ...filters(), limit: PAGE, cursor: cursors.at(-1) };
  if (remembers === "true") {
    wish.identities = remembered();
    if (wish.identities.length === 0) return { analyses: [], next_cursor: null };
  }
  return search(`${root}/analyses/search`, wish, { signal });
}

/** Show the page of the list that `cursors` leads to. */
async function list() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  complain("");
  showChosen();
  try {
    const found = await ask(signal);
    if (!signal.aborted) show(found);
  } catch (error) {
    if (error.name !== "AbortError") complain(said(error.message));
  }
}

function listAnew() {
  cursors = [null];
  chosen.clear();
  return list();
}

/** Delete what is chosen, one by one; what is gone already is as good as deleted. */
async function deleteChosen() {
  const ids = [...chosen.keys()];
  let count = 0;
  try {
    for (const id of ids) {
      await remove(`${root}/analyses/${id}`).catch((error) => {
        if (error.status !== 404) throw error;
      });
      forget([id]);
      chosen.delete(id);
      count += 1;
    }
    await list();
  } catch (error) {
    await list();
    complain(said(error.message));
  }
  const words = tn("1 analysis is deleted.", "{count} analyses are deleted.", count);
  part("history-status").textContent = words;
  part("list-title").focus({ preventScroll: true });
}

function askWhetherToDelete() {
  const count = chosen.size;
  part("really-title").textContent =
    tn("Delete this analysis?", "Delete these {count} analyses?", count);
  const items = [...chosen.values()].map((name) => {
    const item = document.createElement("li");
    item.textContent = name;
    return item;
  });
  part("really-list").replaceChildren(...items);
  part("really").returnValue = "keep";
  part("really").showModal();
}

/** What is compared stands in the address behind '#', so that 'Back' ends it. */
const compared = () => window.location.hash.match(/^#compare=([0-9a-f-]{36}),([0-9a-f-]{36})$/)?.slice(1);

async function follow() {
  const ids = compared();
  part("list").hidden = Boolean(ids);
  if (!ids) {
    hideComparison();
    return list();
  }
  try {
    await compareTwo(root, ids);
  } catch (error) {
    part("list").hidden = false;
    hideComparison();
    await list();
    complain(error.status === 404 ? t("One of the two analyses is not there any more.") : said(error.message));
  }
}

let typing = 0;
part("filters").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(listAnew, target.type === "search" ? TYPING_MS : 0);
});
part("filters").addEventListener("submit", (event) => event.preventDefault());
part("filters").addEventListener("reset", () => setTimeout(listAnew));
part("older").addEventListener("click", ({ target }) => {
  cursors.push(target.dataset.cursor);
  list();
});
part("newer").addEventListener("click", () => {
  cursors.pop();
  list();
});
part("compare").addEventListener("click", () => {
  window.location.hash = `compare=${[...chosen.keys()].join(",")}`;
});
part("uncompare").addEventListener("click", () => {
  window.location.hash = "";
});
part("delete").addEventListener("click", askWhetherToDelete);
part("really").addEventListener("close", () => {
  if (part("really").returnValue === "delete") deleteChosen();
});
window.addEventListener("hashchange", follow);
part("sign-out")?.addEventListener("submit", (event) => {
  event.target.elements.csrf.value = formToken();
});
follow();
