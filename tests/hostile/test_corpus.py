"""What has broken a reader once does not break one again.

Files in `corpus` are named for what became of them, `read` or `refused`, and for
what is odd about them. Some ended the process (GDCM, which decoded first) or went
past what catches errors (pylibjpeg's decoder of RLE); some took a decoder's answer
out of what is believed (numbers that are not finite); the others reach a reader's
less used branches, and begin the fuzzing in benchmarks/fuzz.py.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alzer.decoding.messages import STRANGE
from alzer.decoding.process import DecodingProcess
from alzer.errors import UnusableScan
from alzer.settings import DecodingLimits, Limits

CORPUS = Path(__file__).with_name("corpus")
NAMES = sorted(each.name for each in CORPUS.iterdir())
LIMITS = Limits(2**20, 10**6, 2**22, 2**24)


@pytest.fixture(scope="module")
def process() -> Iterator[DecodingProcess]:
    """Give a process that may be broken: pytest itself should not be."""
    process = DecodingProcess(DecodingLimits(seconds=100.0))
    process.wait_until_ready()
    yield process
    process.end()


def test_the_corpus_is_small() -> None:
    assert len(NAMES) > 30
    assert sum((CORPUS / each).stat().st_size for each in NAMES) < 200_000


@pytest.mark.parametrize("name", [each for each in NAMES if each.startswith("read-")])
def test_an_odd_file_is_read(process: DecodingProcess, name: str) -> None:
    scan = process.read((CORPUS / name).read_bytes(), LIMITS)

    assert np.isfinite(scan.pixels).all()
    assert np.isfinite(scan.display_range).all()
    assert np.ptp(scan.as_grey()) > 100
    assert process.is_ready


@pytest.mark.parametrize(
    "name", [each for each in NAMES if not each.startswith("read-")]
)
def test_a_broken_file_is_refused(process: DecodingProcess, name: str) -> None:
    assert name.startswith("refused-")
    with pytest.raises(UnusableScan) as refused:
        process.read((CORPUS / name).read_bytes(), LIMITS)

    assert refused.value.message != STRANGE
    assert process.is_ready
