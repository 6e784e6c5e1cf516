/** Sending a scan, with progress, and reading the answer or the refusal. */

const UNREACHABLE =
  "The service did not answer. Check the connection and try again.";
const UNREADABLE = "The service gave an answer that this page can't read.";

/** A refusal that a person can read; `final` when this file can never pass. */
export class Refusal extends Error {
  constructor(message, status = 0) {
    super(message);
    this.final = status === 400 || status === 413;
  }
}

/** The proof that this page sends a request, where people sign in. */
export function formToken() {
  return document.cookie.match(/(?:^|; )alzer_csrf=([0-9a-f]+)/)?.[1] ?? "";
}

async function refusalOf(request) {
  try {
    const { detail } = JSON.parse(await request.response.text());
    return new Refusal(detail, request.status);
  } catch {
    return new Refusal(UNREADABLE, request.status);
  }
}

/**
 * Post a file as the form part `file`.
 *
 * The file travels under a neutral name: real ones often name the person.
 * `onProgress` gets the share that was sent, 0 to 1; `signal` breaks it off.
 */
export function postFile(address, file, { onProgress, signal } = {}) {
  const form = new FormData();
  form.append("file", file, "scan");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "blob";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => onProgress?.(1));
    request.addEventListener("load", async () => {
      if (request.status === 200) resolve(request.response);
      else reject(await refusalOf(request));
    });
    request.addEventListener("error", () => reject(new Refusal(UNREACHABLE)));
    request.addEventListener("abort", () => reject(signal.reason));
    signal?.addEventListener("abort", () => request.abort());
    request.open("POST", address);
    if (formToken()) request.setRequestHeader("X-CSRF-Token", formToken());
    request.send(form);
  });
}
