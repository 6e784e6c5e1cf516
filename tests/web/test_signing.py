"""Signatures that nobody else can make."""

from pathlib import Path

import pytest

from alzer.errors import StorageUnavailable
from alzer.settings import Settings
from alzer.web.signing import Signer, open_signer

SIGNER = Signer(b"a key")


def test_a_signature_is_good_for_what_was_signed_only() -> None:
    signature = SIGNER.sign("heatmap", "name", "1")

    assert SIGNER.matches(signature, "heatmap", "name", "1")
    assert not SIGNER.matches(signature, "csrf", "name", "1")
    assert not SIGNER.matches(signature, "heatmap", "name1", "")
    assert not SIGNER.matches(signature, "heatmap", "other", "1")
    assert not Signer(b"another").matches(signature, "heatmap", "name", "1")
    assert not SIGNER.matches("é", "heatmap", "name", "1")


def test_replicas_with_the_same_key_know_each_others_signatures(
    tmp_path: Path,
) -> None:
    one, two = (
        open_signer(Settings.model_validate(
            {"data_dir": tmp_path / name, "secret_key": "shared by all of them"}
        ))
        for name in ("one", "two")
    )  # fmt: skip

    assert one.matches(two.sign("x", "y"), "x", "y")


def test_a_key_that_was_made_lasts(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "auth": "required"})

    assert open_signer(settings) == open_signer(settings)
    assert len(open_signer(settings).key) == 32


def test_without_a_place_for_the_key_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings.model_validate(
        {"data_dir": tmp_path / "file", "auth": "required"}
    )

    with pytest.raises(StorageUnavailable, match="ALZER_SECRET_KEY"):
        open_signer(settings)


@pytest.mark.parametrize("expires", ["", "x", "-1", "9" * 99, "²", "1e9"])
def test_an_odd_term_opens_nothing(expires: str) -> None:
    signature = SIGNER.sign("heatmap", "name", expires)

    assert not SIGNER.opens_heatmap("name", expires, signature)
