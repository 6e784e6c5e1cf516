"""The four classes."""

import re

from alzer.classes import CLASS_NAMES, CLASSES


def test_the_classes_are_those_of_the_contract_in_order_of_severity() -> None:
    assert CLASS_NAMES == (
        "No Impairment",
        "Very Mild Impairment",
        "Mild Impairment",
        "Moderate Impairment",
    )
    assert [each.cdr for each in CLASSES] == sorted(each.cdr for each in CLASSES)


def test_every_class_is_explained_by_how_people_are_rated_and_live() -> None:
    for each in CLASSES:
        assert each.rated.endswith("impaired")
        assert each.everyday.endswith(".")
        # Plain words alone: no scale, no name of a class, no disease.
        assert not re.search(r"CDR|Impairment|dementia|Alzheimer", each.everyday)
