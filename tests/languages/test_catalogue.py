"""The languages that there are, and how they write numbers."""

import pytest

from alzer.languages.catalogue import (
    LANGUAGES,
    texts_in,
    write_decimals,
    write_number,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_texts(language: str) -> None:
    text = "The heatmap shows what influenced the model, not where disease is."

    assert (texts_in(language).gettext(text) == text) == (language == "en")


@pytest.mark.parametrize(
    ("value", "decimals", "english", "german"),
    [(0.715, 2, "0.71", "0,71"), (0.5, None, "0.5", "0,5"), (3.0, None, "3", "3")],
)
def test_a_number_has_the_sign_of_its_language(
    value: float, decimals: int | None, english: str, german: str
) -> None:
    assert write_number(value, decimals, language="en") == english
    assert write_number(value, decimals, language="de") == german


def test_versions_are_no_numbers() -> None:
    assert write_decimals("1.2.3, 0.5 and 7.", language="de") == "1.2.3, 0,5 and 7."
