/** Sending a scan, with progress, and reading the answer or the refusal. */

import { t } from "./texts.js";

const UNREACHABLE =
  t("The service did not answer. Check the connection and try again.");
const UNREADABLE = t("The service gave an answer that this page can't read.");
const CHANGED =
  t("A file was changed, moved or removed on the disk after it was chosen. Choose it again.");

/**
 * A refusal that a person can read; `final` when this file can never pass, `isPassing`
 * when the same may succeed later, `series` lists what it holds if one of several has to
 * be chosen. `retryAfterS` says when the service wants to be asked again, if it does.
 */
export class Refusal extends Error {
  constructor(message, { status = 0, code = "", series = [], retryAfterS = null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.series = series ?? [];
    this.retryAfterS = retryAfterS;
    const isChanged = code === "file_changed";
    this.isPassing = !isChanged && (status === 0 || status === 429 || status >= 500);
    const isUnusable = isChanged || status === 400 || status === 413;
    this.final = isUnusable && this.series.length === 0;
  }
}

/** The proof that this page sends a request, where people sign in. */
export function formToken() {
  return document.cookie.match(/(?:^|; )alzer_csrf=([0-9a-f]+)/)?.[1] ?? "";
}

/** Source: RFC 9110, section 10.2.3 (Retry-After: seconds, or a date). */
function secondsUntil(header) {
  if (!header) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

async function refusalOf(status, body, retryAfter) {
  const retryAfterS = secondsUntil(retryAfter);
  try {
    const { detail, code, series } = JSON.parse(await body.text());
    return new Refusal(detail, { status, code, series, retryAfterS });
  } catch {
    return new Refusal(UNREADABLE, { status, retryAfterS });
  }
}

/** Why a form did not arrive: a file can't be read any more, or nobody answers. */
async function failureOf(files) {
  try {
    // The first byte is enough: browsers refuse a file that has changed.
    for (const file of files) await file.slice(0, 1).arrayBuffer();
  } catch {
    return new Refusal(CHANGED, { code: "file_changed" });
  }
  return new Refusal(UNREACHABLE);
}

/**
 * The name under which a file travels: a neutral one, as real ones often name the
 * person. The two files of a pair find each other by their suffixes.
 */
function neutralName({ name }, count) {
  const half = count > 1 && name.match(/\.(?:hdr|img)(?:\.gz)?$/i);
  return half ? `scan${half[0].toLowerCase()}` : "scan";
}

function formOf(files, fields) {
  const form = new FormData();
  const part = files.length > 1 ? "files" : "file";
  for (const file of files) form.append(part, file, neutralName(file, files.length));
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/**
 * Post the files of one scan as parts of a form; give the request, answered.
 *
 * `onProgress` gets the share that was sent, 0 to 1; `signal` breaks it off; `headers`
 * and `fields` are sent besides.
 */
function post(address, files, { onProgress, signal, headers = {}, fields = {} }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "blob";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => onProgress?.(1));
    request.addEventListener("load", async () => {
      if (request.status < 300) resolve(request);
      else reject(await refusalOf(request.status, request.response, request.getResponseHeader("Retry-After")));
    });
    request.addEventListener("error", async () => reject(await failureOf(files)));
    request.addEventListener("abort", () => reject(signal.reason));
    signal?.addEventListener("abort", () => request.abort());
    request.open("POST", address);
    if (formToken()) request.setRequestHeader("X-CSRF-Token", formToken());
    for (const [name, value] of Object.entries(headers)) {
      request.setRequestHeader(name, value);
    }
    request.send(formOf(files, fields));
  });
}

/** Post the files of one scan; give what comes back, a Blob. */
export async function postFiles(address, files, options = {}) {
  return (await post(address, files, options)).response;
}

/**
 * Post the files of one scan without waiting for the answer.
 *
 * Gives the job that has begun, or the answer itself where the service has waited.
 */
export async function postScan(address, files, options = {}) {
  const headers = { Prefer: "respond-async" };
  const request = await post(address, files, { ...options, headers });
  const body = JSON.parse(await request.response.text());
  return request.status === 202 ? { job: body } : { answer: body };
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { cache: "no-store", ...options });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refusal(UNREACHABLE);
  }
  if (!response.ok) throw await refusalOf(response.status, response, response.headers.get("Retry-After"));
  return response;
}

/** Get a JSON document. */
export async function getDocument(address, options = {}) {
  const response = await ask(address, options);
  try {
    return await response.json();
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refusal(UNREADABLE);
  }
}

/** Get a picture, a Blob. */
export async function getPicture(address, options = {}) {
  return (await ask(address, options)).blob();
}

/** Get a file's bytes, an ArrayBuffer; ask again where the service is too busy. */
export async function getBytes(address, attempts = 3) {
  try {
    return await (await ask(address)).arrayBuffer();
  } catch (error) {
    if (error.status !== 503 || attempts === 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return getBytes(address, attempts - 1);
  }
}

const proof = () => (formToken() ? { "X-CSRF-Token": formToken() } : {});

/** Post without a body; give the JSON document that comes back. */
export function postForDocument(address, options = {}) {
  return getDocument(address, { method: "POST", headers: proof(), ...options });
}

function sendDocument(method, address, document, options) {
  const headers = { "Content-Type": "application/json", ...proof() };
  return getDocument(address, { method, headers, body: JSON.stringify(document), ...options });
}

/** Ask with a JSON document; give the one that comes back. */
export const search = (address, document, options = {}) =>
  sendDocument("POST", address, document, options);

/** Change what is at an address; give it as it is then. */
export const change = (address, document, options = {}) =>
  sendDocument("PATCH", address, document, options);

/** Delete what is at an address. */
export async function remove(address) {
  await ask(address, { method: "DELETE", headers: proof() });
}
