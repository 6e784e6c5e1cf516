"""Take the picture of the page that the README shows: the answer for the example.

    .venv-test/bin/python tools/show_page.py docs/images/page.png

It serves the model that ships on a free port, with a data folder of its own, chooses
the drawn example as a person would, and takes what is in sight of a window of 1440 x
900 pixels. Chromium is the tests' one (`ALZER_TEST_CHROMIUM`).
"""

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from alzer.settings import Settings
from alzer.web.app import create_app, server_config
from alzer.wiring import build_service

CHROMIUM = os.environ.get("ALZER_TEST_CHROMIUM", "/usr/bin/chromium")
WINDOW = (1440, 900)
TIMEOUT_MS = 120_000  # a busy machine is slow


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the model that ships for as long as the context lasts.

    Args:
        folder: Where analyses are kept.

    Yields:
        The address.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings.model_validate({"data_dir": folder, "port": port})
    server = uvicorn.Server(
        server_config(create_app(build_service(settings)), settings)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.1)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def take_picture(address: str) -> bytes:
    """Return the page with the answer for the example, as PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox"]
        )
        width, height = WINDOW
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(address)
        page.get_by_role("button", name="Try an example").click()
        page.locator("#preview-image").wait_for()
        page.get_by_role("button", name="Submit for Analysis").click()
        page.locator("#result").wait_for()
        page.locator("#map-tools").wait_for()  # the last to come
        page.mouse.move(0, 0)
        return page.screenshot(animations="disabled")


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        picture = take_picture(address)
    Path(sys.argv[1]).write_bytes(picture)


if __name__ == "__main__":
    main()
