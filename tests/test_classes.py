"""The four classes."""

from alzer.classes import CLASS_NAMES, CLASSES


def test_the_classes_are_those_of_the_contract_in_order_of_severity() -> None:
    assert CLASS_NAMES == (
        "No Impairment",
        "Very Mild Impairment",
        "Mild Impairment",
        "Moderate Impairment",
    )
    assert [each.cdr for each in CLASSES] == sorted(each.cdr for each in CLASSES)


def test_every_class_says_that_it_is_about_likeness() -> None:
    assert all(each.meaning.startswith("Looks like scans of") for each in CLASSES)
