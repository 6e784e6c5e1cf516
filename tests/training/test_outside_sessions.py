"""Tables of slices from outside, as people write them."""

from pathlib import Path

import pytest

from alzer.errors import InvalidCohort
from alzer.training.outside_sessions import read_sessions


def write(folder: Path, text: str) -> Path:
    table = folder / "sessions.csv"
    table.write_text(text, encoding="utf-8")
    return table


def test_all_that_a_table_may_say_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    table = write(
        tmp_path,
        "session,person,subject,fold,visit,age,nwbv,cdr,file\n"
        "s1,P,ann,3,1,70.5,0.7,0.5,a.png\n"
        "s2,Q,,,,,,3,b.png\n",
    )

    first, second = read_sessions(table)

    assert (first.name, first.person, first.subject) == ("s1", "P", "ann")
    assert (first.fold, first.visit, first.label) == (3, "1", 1)
    assert first.measures == {"age": 70.5, "nwbv": 0.7}
    assert first.path == tmp_path / "a.png"
    assert (second.subject, second.fold, second.label) == (None, None, 3)
    assert second.measures == {}


def test_the_table_of_oasis_2_is_read_as_it_is(data_dir: Path) -> None:
    sessions = read_sessions(data_dir / "oasis2-planes" / "sessions.csv")

    named = [session for session in sessions if session.path]
    assert (len(sessions), len(named)) == (238, 235)
    assert all(session.path and session.path.is_file() for session in named)
    assert len({session.person for session in sessions}) == 96
    assert all(session.subject and session.fold is not None for session in sessions)


def test_a_class_will_do_and_whoever_has_no_name_is_one_person_each(
    tmp_path: Path,
) -> None:
    table = write(tmp_path, "file,class\na.png,Mild Impairment\nb.png,NonDemented\n")

    sessions = read_sessions(table)

    assert [session.label for session in sessions] == [2, 0]
    assert len({session.person for session in sessions}) == 2


def test_visits_of_a_subject_belong_together(tmp_path: Path) -> None:
    table = write(tmp_path, "file,cdr,subject\na.png,0,ann\nb.png,0,ann\n")

    assert {session.person for session in read_sessions(table)} == {"ann"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cdr,person\n0,a\n", "no file"),
        ("file,person\na.png,a\n", "no cdr or class"),
        ("file,cdr\na.png,0.7\n", "'0.7' as CDR"),
        ("file,cdr\na.png,\n", "'' as CDR"),
        ("file,cdr,age\na.png,0,old\n", "age is 'old'"),
        ("file,cdr,fold\na.png,0,one\n", "whole numbers"),
        ("file,cdr,session\na.png,0,s\nb.png,0,s\n", "two rows of session 's'"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InvalidCohort, match=reason):
        read_sessions(write(tmp_path, text))
