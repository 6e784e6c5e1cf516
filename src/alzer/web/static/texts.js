/**
 * What the page says, in its language.
 *
 * Scripts write their texts in English and ask for them by these: `t`, and `tn` where a
 * number decides. What the service says is English too, so that programs can rely on it;
 * `said` puts it into the language of the page where it is shown, and only there.
 */

export const language = document.documentElement.lang || "en";

/** By which dates and numbers are written. */
export const locale = language === "en" ? "en-GB" : language;

const SOURCE = "en";

const NOTHING = { texts: {}, sentences: {} };

async function load() {
  if (language === SOURCE) return NOTHING;
  try {
    const response = await fetch(new URL(`./texts.${language}.json`, import.meta.url));
    return response.ok ? await response.json() : NOTHING;
  } catch {
    return NOTHING; // English is better than nothing
  }
}

// Of scripts, and what may be found in what the service says.
const { texts, sentences } = await load();

const PLURALS = ["zero", "one", "two", "few", "many", "other"];
const rules = new Intl.PluralRules(language);
const forms = PLURALS.filter((each) => rules.resolvedOptions().pluralCategories.includes(each));

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Say a text; `{name}` in it stands for one of the `values`. */
export const t = (text, values = {}) => fill(texts[text] ?? text, values);

/** Say a text that depends on a number, which is its `{count}`. */
export function tn(one, several, count, values = {}) {
  const found = texts[one] ?? [one, several];
  const place = texts[one] ? forms.indexOf(rules.select(count)) : Number(count !== 1);
  return fill(found[place] ?? found.at(-1), { count, ...values });
}

/** Name a text that is said later, by `t`. */
export const msg = (text) => text;

msg("or");
msg("and");

const formats = new Map();

/** Write a number with so many decimals. */
export function number(value, decimals = 0) {
  if (!formats.has(decimals)) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    formats.set(decimals, new Intl.NumberFormat(locale, { ...digits, useGrouping: false }));
  }
  return formats.get(decimals).format(value).replace("-", "−");
}

const comma = number(0.5, 1)[1];

/** Numbers as the service writes them, as people of this language do. */
const localised = (text) =>
  text
    .replace(/(?<![\d.])(\d+)\.(\d+)(?![\d.])/g, `$1${comma}$2`)
    .replace(/(\d)%/g, "$1 %")
    .replace(/(?<=\d) x (?=\d)/g, " × ");

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A text with places to fill in, as it recognises what was filled in. */
function patternOf(text) {
  const pieces = text.split(/\{(\w+)\}/);
  const names = pieces.filter((_, place) => place % 2 === 1);
  const fixed = pieces.filter((_, place) => place % 2 === 0);
  return {
    text,
    names,
    length: fixed.join("").length,
    matches: new RegExp(`^${fixed.map(escaped).join("(.+?)")}$`, "s"),
  };
}

// The most telling first: what has more words of its own.
const patterns = Object.keys(sentences)
  .filter((text) => /\{\w+\}/.test(text))
  .map(patternOf)
  .sort((one, other) => other.length - one.length);

// A text with fewer fixed characters is recognised only if what stands at its places is
// known as well: else it would be found in what others have written. So is any text at
// whose places sentences stand: half of it would be in another language.
const TELLING = 11;

/** A text that the catalogue has, as it is or filled in; null for others. */
function known(text) {
  if (Object.hasOwn(sentences, text)) return sentences[text];
  for (const { text: pattern, names, length, matches } of patterns) {
    const found = text.match(matches);
    if (!found) continue;
    const parts = found.slice(1).map(told);
    const unknown = found.slice(1).filter((_, place) => parts[place] === null);
    if (unknown.length && length < TELLING) continue;
    if (unknown.some((text) => /[.!?](?:\)| |$)/.test(text))) continue;
    const values = names.map((name, place) => [name, parts[place] ?? found[place + 1]]);
    return fill(sentences[pattern], Object.fromEntries(values));
  }
  return null;
}

/** Words, a number, or words with one behind or before them. */
function item(text) {
  const found = known(text);
  if (found !== null) return found;
  // Names of formats and the like are the same in all languages.
  if (/^(?=(?:[a-z]*[A-Z]){2})[A-Za-z]+$/.test(text)) return text;
  if (/^(?:[^A-Za-z]|\b(?:x|mm|ml|MiB)\b)*$/.test(text)) return localised(text);
  const quoted = text.match(/^'(.+)'$/);
  if (quoted) return known(quoted[1]) && t("'{name}'", { name: known(quoted[1]) });
  const counted = text.match(/^(.+?) ([\d.]+ ?%?)$/);
  const words = counted && known(counted[1]);
  if (words) return `${words} ${localised(counted[2])}`;
  const several = text.match(/^([\d.]+) (.+)$/);
  const things = several && known(several[2]);
  return things ? `${localised(several[1])} ${things}` : null;
}

/** What stands between the items of a list. */
const connect = (piece) => (/\w/.test(piece) ? ` ${t(piece.trim())} ` : piece);

/** A list of what is known; null if any of it is not. */
function list(text) {
  const pieces = text.split(/(, | or | and |; )/);
  if (pieces.length === 1) return item(text);
  const items = pieces.map((piece, place) =>
    place % 2 === 1 ? connect(piece) : item(piece),
  );
  return items.includes(null) ? null : items.join("");
}

/** Sentences one after the other, each of them known; null if one is not. */
function oneByOne(text) {
  const pieces = text.split(/(?<=[.!?:)]) (?=[A-Z'])/);
  if (pieces.length === 1) return null;
  const told = [];
  for (let first = 0; first < pieces.length; ) {
    let behind = pieces.length;
    let found = null;
    for (; behind > first && found === null; behind -= 1) {
      found = known(pieces.slice(first, behind).join(" "));
    }
    if (found === null) return null;
    told.push(found);
    first = behind + 1;
  }
  return told.join(" ");
}

/** A value, or what is known; null for anything else. */
const told = (text) => known(text) ?? list(text) ?? oneByOne(text);

/** Say what the service said in English; as it is where nobody has translated it. */
export function said(text) {
  if (language === SOURCE || !text) return text ?? "";
  return told(text) ?? text;
}

/** What stands in the page as the service said it, in English for scripts that compare. */
export function sayAll() {
  for (const element of document.querySelectorAll("[data-said]")) {
    element.dataset.said = element.textContent.trim();
    element.textContent = said(element.dataset.said);
  }
}
