"""The clusters that a call may name."""

from pathlib import Path

import pytest

from alzer.backends.ray.cluster import address_of, connected
from alzer.errors import ClusterUnavailable, InvalidRequest


@pytest.mark.parametrize(
    ("backend", "address"),
    [
        ("ray", "local"),
        ("ray://auto", "auto"),
        ("ray://10.0.0.1:6379", "10.0.0.1:6379"),
    ],
)
def test_a_backend_names_a_cluster(backend: str, address: str) -> None:
    assert address_of(backend) == address


@pytest.mark.parametrize("backend", ["", "dask", "ray:", "ray://", "ray://head", "RAY"])
def test_anything_else_is_a_wrong_call(backend: str) -> None:
    with pytest.raises(InvalidRequest, match="no backend"):
        address_of(backend)


def test_a_cluster_that_is_not_there_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))

    with pytest.raises(ClusterUnavailable, match="can't be started or reached"):
        connected("auto").__enter__()
