"""What tests of training share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cohorts import draw_cohort


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(autouse=True, scope="session")
def few_threads() -> Iterator[None]:
    """Small images train slower on many threads than on two."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)
