/** What this page shows is named by its address, so that a reload finds it again. */

const KINDS = ["job", "analysis"];
const IDENTITY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Return the job or the analysis that the address names, or null. */
export function namedByAddress() {
  const query = new URLSearchParams(window.location.search);
  const kind = KINDS.find((name) => IDENTITY.test(query.get(name) ?? ""));
  return kind ? { kind, id: query.get(kind) } : null;
}

/** Name a job or an analysis in the address; no page is loaded by that. */
export function nameInAddress(kind, id) {
  window.history.replaceState(null, "", `?${kind}=${id}`);
}

/** Name nothing any more. */
export function clearAddress() {
  window.history.replaceState(null, "", window.location.pathname);
}
