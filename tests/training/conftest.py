"""What tests of training share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from alzer.model.runtimes import usable_cores
from cohorts import draw_cohort


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(autouse=True, scope="session")
def few_threads() -> Iterator[None]:
    """Small images train slower on many threads than on two.

    Two on one core are worse: each waits for the other by spinning.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(min(2, usable_cores()))
    yield
    torch.set_num_threads(before)
