"""Sentences in another language: recognised, filled in, or left as they are."""

import pytest

from alzer.languages.sentences import Translator, translator_to

GERMAN = translator_to("de")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("No Impairment", "Keine Beeinträchtigung"),
        ("'No Impairment'", "„Keine Beeinträchtigung“"),
        (
            "No Impairment or Very Mild Impairment",
            "Keine Beeinträchtigung oder Sehr leichte Beeinträchtigung",
        ),
        (
            "2 No Impairment, 0.5 Mild Impairment",
            "2 Keine Beeinträchtigung, 0,5 Leichte Beeinträchtigung",
        ),
        ("0.9 x 1.1 mm", "0,9 \N{MULTIPLICATION SIGN} 1,1 mm"),
        ("208 x 176 pixels", "208 \N{MULTIPLICATION SIGN} 176 Pixel"),
        (
            "There is no such analysis. There is no such analysis.",
            "Diese Analyse gibt es nicht. Diese Analyse gibt es nicht.",
        ),
    ],
)
def test_what_is_known_is_said_in_german(text: str, told: str) -> None:
    assert GERMAN.say(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The moon is 0.5 km away.",
        "It is not validated for children.",
        "Use only 3 pixels",
        "No Impairment or a broken leg",
        "There is no such analysis. There is no such moon.",
        "constructor",
        "The file is a poem. It rhymes. Nobody knows why.",
        "\u0660.\u0665 x \u0661",
    ],
)
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert GERMAN.say(text) == text


def test_english_is_said_as_it_is() -> None:
    assert translator_to("en").say("No Impairment, 0.5 mm") == "No Impairment, 0.5 mm"


def test_the_most_telling_sentence_is_recognised() -> None:
    sentences = {
        "{many} files": "{many} Dateien",
        "{many} of {all} files": "{many} von {all} Dateien",
    }

    assert Translator("de", sentences).say("3 of 5 files") == "3 von 5 Dateien"


def test_names_are_filled_in_where_the_rest_is_telling() -> None:
    sentences = {"The file {name} could not be read.": "Datei {name} ist unlesbar."}

    assert (
        Translator("de", sentences).say("The file v1.5 {x} could not be read.")
        == "Datei v1.5 {x} ist unlesbar."
    )
