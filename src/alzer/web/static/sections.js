/** The page is one of several sections at a time. */

const part = (id) => document.getElementById(id);

const SECTIONS = {
  choose: "file",
  result: "result-title",
  failure: "failure-title",
  batch: "batch-title",
};

/** Return whether a section is what the page shows. */
export const isShown = (id) => !part(id).hidden;

/** Show a section, and let those who hear or type go on at its beginning. */
export function showSection(id, focus = SECTIONS[id]) {
  for (const section of Object.keys(SECTIONS)) part(section).hidden = section !== id;
  window.scrollTo(0, 0);
  part(focus).focus({ preventScroll: true });
}
