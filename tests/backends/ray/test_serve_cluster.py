"""Who may join a cluster, and what is left of one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from alzer.backends.ray.serve_cluster import join_cluster
from alzer.errors import ClusterUnavailable
from alzer.settings import Settings
from replicas import shared

JOIN = """
import warnings; warnings.simplefilter("ignore")
import ray
try:
    ray.init({address!r}, log_to_driver=False)
except Exception as error:
    print("refused", type(error).__name__)
else:
    print("joined", ray.cluster_resources() != {{}})
"""


def join(**token: str) -> str:
    """Try to join the tests' cluster from another process."""
    shared()
    address = ray.get_runtime_context().gcs_address
    ours = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
    environment = {
        name: value for name, value in os.environ.items() if name not in ours
    }
    result = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", JOIN.format(address=address)],
        env={**environment, "RAY_AUTH_MODE": "token", **token},
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return result.stdout.decode()


def test_nobody_joins_without_the_token() -> None:
    assert "joined" not in join(RAY_AUTH_TOKEN="0" * 64)
    assert "joined True" in join(RAY_AUTH_TOKEN=os.environ["RAY_AUTH_TOKEN"])


@pytest.mark.parametrize("mode", ["disabled", "DISABLED"])
def test_a_cluster_without_tokens_is_not_joined(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    for address in (None, "127.0.0.1:1"):
        with pytest.raises(ClusterUnavailable, match="RAY_AUTH_MODE=token"):
            join_cluster(Settings(ray_address=address))


def test_a_cluster_is_not_joined_without_a_token_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(ClusterUnavailable, match="RAY_AUTH_TOKEN"):
        join_cluster(Settings(ray_address="127.0.0.1:1"))


def test_the_folder_of_a_cluster_is_private() -> None:
    folder = shared().folder

    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
