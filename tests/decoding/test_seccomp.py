"""The numbers of system calls are Linux's."""

import re
from pathlib import Path

import pytest

from alzer.decoding.seccomp import DENIED, OWN

# Of Linux's headers, where a C compiler is installed.
HEADERS = (
    Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    Path("/usr/include/asm-generic/unistd.h"),
)
NUMBER = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)")


@pytest.mark.parametrize("column", [0, 1], ids=["x86_64", "aarch64"])
def test_numbers_are_those_of_linux(column: int) -> None:
    if not HEADERS[column].exists():
        pytest.skip(f"no {HEADERS[column]}")
    defined = dict(NUMBER.findall(HEADERS[column].read_text("ascii")))
    ours = {name: each[column] for name, each in {**DENIED, **OWN}.items()}
    known = {name: int(defined[name]) for name in ours if name in defined}

    assert len(known) > 70
    assert known == {name: ours[name] for name in known}


@pytest.mark.parametrize("column", [0, 1], ids=["x86_64", "aarch64"])
def test_each_number_stands_for_one_call(column: int) -> None:
    numbers = [each[column] for each in {**DENIED, **OWN}.values() if each[column] >= 0]

    assert len(numbers) == len(set(numbers))
    assert not set(DENIED) & set(OWN)
