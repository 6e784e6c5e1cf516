/**
 * Which analyses were made in this browser.
 *
 * Where nobody signs in, the list of analyses is this browser's: it remembers the ids,
 * and nothing else of them. Where people sign in, nothing is remembered.
 */

const KEY = "alzer.analyses";

// As many as the service takes in one search.
const MOST = 500;

function read() {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEY));
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return []; // never written, not allowed, or written by something else
  }
}

function write(ids) {
  try {
    window.localStorage.setItem(KEY, JSON.stringify(ids));
  } catch {
    // A browser may forbid it: then it remembers nothing.
  }
}

/** Return the ids, the latest first. */
export const remembered = read;

/** Remember an analysis; the oldest of too many is forgotten. */
export function remember(id) {
  write([id, ...read().filter((other) => other !== id)].slice(0, MOST));
}

/** Forget some analyses. */
export function forget(ids) {
  write(read().filter((id) => !ids.includes(id)));
}
