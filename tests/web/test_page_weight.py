"""What the page weighs on the wire, without pictures and the 3-D viewer."""

from playwright.sync_api import Browser

# It weighed 165 kB when this was written: scripts 94, the document 56, styles 15. The
# aim is 150; nothing may be added before something has gone.
MOST_KB = 170.0


def test_the_page_stays_light(browser: Browser, address: str) -> None:
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
    page.goto(f"{address}/assessment/mri-upload", wait_until="networkidle")
    page.close()

    seen = {kinds[name] for name in sizes}
    assert {"Document", "Script", "Stylesheet"} <= seen
    weight = sum(size for name, size in sizes.items() if kinds[name] != "Image")
    assert weight / 1000.0 <= MOST_KB
