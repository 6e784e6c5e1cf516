"""Names tell nothing, and are always the same."""

from pathlib import Path

from alzer.node.pseudonyms import open_pseudonyms


def test_a_spool_names_the_same_things_alike_for_ever(tmp_path: Path) -> None:
    first = open_pseudonyms(tmp_path).of("1.2.3", "4.5")

    assert open_pseudonyms(tmp_path).of("1.2.3", "4.5") == first
    assert open_pseudonyms(tmp_path).of("1.2.34", ".5") != first


def test_nobody_can_check_a_guess_without_the_key(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    here, there = open_pseudonyms(tmp_path), open_pseudonyms(tmp_path / "other")

    assert here.of("1.2.3") != there.of("1.2.3")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert here.key.hex() not in repr(here.of("1.2.3"))
