"""Add-ons are fetched and installed whole, or not at all."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from alzer.errors import AddonUnavailable, DamagedBundle, StorageUnavailable
from alzer.store.addons import download, install
from alzer.volumes.addon import Addon, read_addon, read_files
from tfjs_models import small_addon


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that is served at `address`."""
    folder = tmp_path / "served"
    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        small_addon(folder)
        (folder / "port").write_text(str(server.server_address[1]), "utf-8")
        yield folder
        server.shutdown()
        thread.join()


@pytest.fixture
def addon(served: Path) -> Addon:
    port = (served / "port").read_text("utf-8")
    return small_addon(served, f"http://127.0.0.1:{port}/")


def names_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_is_fetched_is_what_is_served(addon: Addon, served: Path) -> None:
    assert download(addon) == read_files(addon, served)


def test_another_content_is_refused(addon: Addon, served: Path) -> None:
    (served / "model.bin").write_bytes(b"<html>Sign in</html>")

    with pytest.raises(DamagedBundle, match=r"model\.bin ends after 20 of"):
        download(addon)


def test_what_cannot_be_fetched_is_said_with_what_else_would_do(
    addon: Addon, served: Path
) -> None:
    (served / "model.json").unlink()

    with pytest.raises(AddonUnavailable, match=r"127\.0\.0\.1 answered 404") as refusal:
        download(addon)
    assert "alzer models fetch structures --from" in refusal.value.message


def test_a_machine_without_network_is_told_so(tmp_path: Path) -> None:
    addon = small_addon(tmp_path, "http://127.0.0.1:9/")  # nobody listens there

    with pytest.raises(AddonUnavailable, match="can't be reached"):
        download(addon)


def test_an_installed_add_on_can_be_read(addon: Addon, tmp_path: Path) -> None:
    contents = download(addon)
    install(addon, contents, tmp_path / "data")

    assert read_addon(addon, tmp_path / "data") == contents
    assert names_below(tmp_path / "data" / "models") == [
        "structures",
        "structures/model.bin",
        "structures/model.json",
    ]


def test_a_damaged_add_on_is_replaced(addon: Addon, tmp_path: Path) -> None:
    contents = download(addon)
    folder = install(addon, contents, tmp_path)
    (folder / "model.bin").write_bytes(b"damaged")
    (folder / "left over").touch()
    install(addon, contents, tmp_path)

    assert read_addon(addon, tmp_path) == contents
    assert names_below(folder) == ["model.bin", "model.json"]


def test_a_failure_leaves_nothing_behind_and_what_was_there_as_it_was(
    addon: Addon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = download(addon)
    data = tmp_path / "data"
    install(addon, contents, data)
    written = names_below(data)
    rename = Path.rename

    def fail_for_new(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(StorageUnavailable, match="No space left"):
        install(addon, contents, data)

    assert read_addon(addon, data) == contents
    assert names_below(data) == written


def test_a_data_folder_that_is_a_file_is_refused_in_words(
    addon: Addon, tmp_path: Path
) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(StorageUnavailable, match="could not be written"):
        install(addon, download(addon), tmp_path / "data")
