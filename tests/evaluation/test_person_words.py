"""One answer per person, in words."""

from alzer.evaluation.cross_fitting import cross_fit
from alzer.evaluation.layout import as_markdown
from alzer.evaluation.person_figures import person_figures
from alzer.evaluation.person_words import describe_person
from evaluation.studies import draw_study, draw_subjects


def test_the_section_quotes_its_figures() -> None:
    figures = person_figures(cross_fit(draw_study(draw_subjects())))

    text = as_markdown("", [describe_person(figures)])

    assert (
        f"| mean of logits | all | counted | {figures['poolings'][1]['log_loss']:.4f}"
        in text
    )
    assert "there is no OOD rule" in text


def test_what_was_not_measured_is_said_to_be_so() -> None:
    assert describe_person(None).text == ["Not measured."]
    assert describe_person({}).text == ["Not measured."]
