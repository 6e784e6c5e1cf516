/** Sending a scan, with progress, and reading the answer or the refusal. */

const UNREACHABLE =
  "The service did not answer. Check the connection and try again.";
const UNREADABLE = "The service gave an answer that this page can't read.";

/**
 * A refusal that a person can read; `final` when this file can never pass, `isPassing`
 * when the same may succeed later, `series` lists what it holds if one of several has to
 * be chosen.
 */
export class Refusal extends Error {
  constructor(message, { status = 0, code = "", series = [] } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.series = series ?? [];
    this.isPassing = status === 0 || status === 429 || status >= 500;
    this.final = (status === 400 || status === 413) && this.series.length === 0;
  }
}

/** The proof that this page sends a request, where people sign in. */
export function formToken() {
  return document.cookie.match(/(?:^|; )alzer_csrf=([0-9a-f]+)/)?.[1] ?? "";
}

async function refusalOf(status, body) {
  try {
    const { detail, code, series } = JSON.parse(await body.text());
    return new Refusal(detail, { status, code, series });
  } catch {
    return new Refusal(UNREADABLE, { status });
  }
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
      else reject(await refusalOf(request.status, request.response));
    });
    request.addEventListener("error", () => reject(new Refusal(UNREACHABLE)));
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
  if (!response.ok) throw await refusalOf(response.status, response);
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

/** Post without a body; give the JSON document that comes back. */
export function postForDocument(address, options = {}) {
  const headers = formToken() ? { "X-CSRF-Token": formToken() } : {};
  return getDocument(address, { method: "POST", headers, ...options });
}

/** Delete what is at an address. */
export async function remove(address) {
  const headers = formToken() ? { "X-CSRF-Token": formToken() } : {};
  await ask(address, { method: "DELETE", headers });
}
