"""How long a person waits on the page: from the choice of a slice to the answer.

Medians over rounds in Chromium on loopback, with the model that ships and a warm
service: from the choice of the file to its preview, from 'Submit for Analysis' to the
answer on the page, and both. Aim: 150 ms at most from submitting to the answer.
Also what the page weighs on the wire, without pictures and the 3-D viewer.
"""

import argparse
import base64
import os

import numpy as np
from loopback import ALZER, running
from playwright.sync_api import Browser, Page, sync_playwright
from reporting import report
from subjects import drawn_slice

CHROMIUM = os.environ.get("ALZER_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip

# Choose a file as a person does, submit it once its preview is there, and note when
# each is painted. Times in ms.
ROUND = """async (content) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "slice.jpg", { type: "image/jpeg" }));
  const seen = (id) => document.getElementById(id).checkVisibility();
  const until = async (isThere) => {
    while (!isThere()) await new Promise(requestAnimationFrame);
    return performance.now();
  };
  const input = document.getElementById("file");
  const chosen = performance.now();
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  const previewed = await until(() => seen("preview-image"));
  document.getElementById("submit").click();
  const answered = await until(() => seen("result"));
  return [previewed - chosen, answered - previewed, answered - chosen];
}"""


def weigh(browser: Browser, address: str) -> float:
    """Return how many kB come over the wire for the page, without pictures."""
    page = browser.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on(
        "Network.responseReceived",
        lambda event: kinds.update({event["requestId"]: event["type"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(address, wait_until="networkidle")
    page.close()
    return sum(size for name, size in sizes.items() if kinds[name] != "Image") / 1000.0


def measure(page: Page, address: str, rounds: int) -> np.ndarray:
    """Return the times of each round in ms, shape (round, 3); two more come first."""
    content = base64.b64encode(drawn_slice()).decode()
    found = []
    for _ in range(rounds + 2):
        page.goto(address, wait_until="networkidle")
        found.append(page.evaluate(ROUND, content))
    return np.array(found[2:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with running(ALZER) as service, sync_playwright() as playwright:
        address = f"http://127.0.0.1:{service.port}/assessment/mri-upload"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        weight = weigh(browser, address)
        times = measure(browser.new_page(), address, chosen.rounds)
        browser.close()
    preview, answer, both = np.median(times, axis=0)
    figures = {
        "choice to preview ms": float(preview),
        "submit to answer ms (aim <= 150)": float(answer),
        "choice to answer ms": float(both),
        "submit to answer, best ms": float(times[:, 1].min()),
        "page kB on the wire (aim <= 150)": weight,
    }
    report("first_result", figures, as_json=chosen.json)


if __name__ == "__main__":
    main()
