/** The choice of a language: what the page shows stays as it is. */

import { sayAll } from "./texts.js";

sayAll();

for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => {
    const query = new URLSearchParams(window.location.search);
    query.set("lang", link.lang);
    link.href = `?${query}${window.location.hash}`;
  });
}
