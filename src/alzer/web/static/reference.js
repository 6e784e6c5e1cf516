/** The reference of the analysis whose result is shown, which people may change. */

import { change } from "./requests.js";
import { said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

let address = "";

const say = (text) => {
  part("reference-status").textContent = text;
};

async function save(event) {
  event.preventDefault();
  const [asked, field] = [address, part("result-reference")];
  say(t("Saving…"));
  try {
    const { reference } = await change(asked, { reference: field.value });
    if (asked !== address) return;
    field.value = reference ?? "";
    say(reference ? t("Saved.") : t("Saved: there is no reference any more."));
  } catch (error) {
    if (asked === address) say(said(error.message));
  }
}

/** Connect the field; give the function that shows an answer's reference. */
export function prepareReference(root) {
  part("reference-form").addEventListener("submit", save);
  return ({ analysis_id: id, reference }) => {
    address = `${root}/analyses/${id}`;
    part("result-reference").value = reference ?? "";
    say("");
  };
}
