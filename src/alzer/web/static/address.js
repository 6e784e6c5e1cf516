/** What this page shows is named by its address: a reload and 'Back' find it again. */

const KINDS = ["job", "analysis"];
const IDENTITY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const address = () => window.location.pathname + window.location.search;

let shown = address();

function go(way, to) {
  window.history[way](null, "", to);
  shown = address();
}

/** Return the job or the analysis that the address names, or null. */
export function namedByAddress() {
  const query = new URLSearchParams(window.location.search);
  const kind = KINDS.find((name) => IDENTITY.test(query.get(name) ?? ""));
  return kind ? { kind, id: query.get(kind) } : null;
}

/** Name a job in the address, in place of what stands there. */
export function nameJob(id) {
  go("replaceState", `?job=${id}`);
}

/** Name the analysis whose result is shown; 'Back' leads to what was shown before. */
export function nameResult(id) {
  const named = namedByAddress();
  if (named?.kind === "analysis" && named.id === id) return;
  if (named?.kind === "job") clearAddress(); // 'Back' leads to the form, not to it
  go("pushState", `?analysis=${id}`);
}

/** Name nothing any more, in place of what stands there. */
export function clearAddress() {
  go("replaceState", window.location.pathname);
}

/** Go on from a result to what has no name; 'Back' leads to the result. */
export function leaveResult() {
  if (namedByAddress()) go("pushState", window.location.pathname);
}

/** Tell `onMove` what the address names after 'Back' and 'Forward'. */
export function connectMoves(onMove) {
  window.addEventListener("popstate", () => {
    if (address() === shown) return; // to a part of what is shown
    shown = address();
    onMove(namedByAddress());
  });
}
