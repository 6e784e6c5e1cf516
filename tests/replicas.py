"""Replicas on a Ray cluster of the tests' own, started when a test first needs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from alzer.model.bundle import load_bundle
from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.web.app import create_app
from alzer.wiring import ServiceParts, replica_parts
from bundles import WRITTEN

if TYPE_CHECKING:  # Ray takes seconds to load, and most tests do without
    from alzer.backends.ray.serve_cluster import Cluster
    from alzer.backends.ray.serving import RayBackend

# What takes long to load and is not needed: see there.
_QUICK: Final = Path(__file__).with_name("ray_imports")

# One replica of each kind, and room for one more for slices.
_SIZES: Final = {
    "backend": "ray",
    "engine": "openvino",
    "precision": "fp32",
    "ray_slices_max": 2,
}


@contextmanager
def quick_imports() -> Iterator[None]:
    """Let processes that are started now load what they need, and no more."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{_QUICK}{os.pathsep}{before or ''}"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class Shared:
    """A cluster for all tests of a run.

    Attributes:
        settings: By which its replicas run.
    """

    def __init__(self) -> None:
        from alzer.backends.ray import serve_cluster, serving  # noqa: PLC0415 - slow

        self._folder = TemporaryDirectory(prefix="alzer-test-")
        self.settings = Settings.model_validate(
            {**_SIZES, "data_dir": Path(self._folder.name)}
        )
        with quick_imports():
            self._cluster: Cluster = serve_cluster.join_cluster(self.settings)
            serving.deploy(self.settings, replica_parts)

    @property
    def folder(self) -> Path:
        """Where Ray keeps its sockets and logs."""
        assert self._cluster.folder is not None
        return self._cluster.folder

    def backend(self, settings: Settings) -> "RayBackend":
        """Put a backend over the replicas; the cluster stays when it stops."""
        from alzer.backends.ray import serve_cluster, serving  # noqa: PLC0415 - slow

        backend = serving.backend_over(serve_cluster.Cluster(None), settings)
        return replace(backend, leave=lambda: None)

    def end(self) -> None:
        """End the cluster."""
        self._cluster.leave()
        self._folder.cleanup()


@cache
def shared() -> Shared:
    """Return the cluster, which starts now if it has not yet."""
    return Shared()


def end_shared() -> None:
    """End it, if it was started."""
    if shared.cache_info().currsize:
        shared().end()
        shared.cache_clear()


def contract_on_ray(model: Model, settings: Settings) -> FastAPI | None:
    """Put the service together over replicas with the same model, for slices alone.

    Returns:
        The service; None if the model is not as a bundle has it.
    """
    bundle = bundle_of(model)
    if bundle is None:
        return None
    settings = settings.model_copy(update={**_SIZES, "model": bundle})
    backend = shared().backend(settings)
    slices = backend.handles.slices
    # As the tests' steps have it: whole heads are refused.
    handles = replace(backend.handles, volumes=slices.options(stream=True))
    return app_over(replace(backend, handles=handles), settings)


def app_on_ray(bundle: Path, folder: Path, **changes: object) -> FastAPI:
    """Put the service together over replicas with a bundle, for heads as well."""
    hosts = ("testserver", "127.0.0.1")
    given = {"allowed_hosts": hosts, "data_dir": folder, "model": bundle, **_SIZES}
    settings = Settings.model_validate({**given, **changes})
    return app_over(shared().backend(settings), settings)


def app_over(backend: "RayBackend", settings: Settings) -> FastAPI:
    """Put the service together over a backend."""
    return create_app(ServiceParts(settings, backend, open_store(settings)))


def bundle_of(model: Model) -> Path | None:
    """Find the bundle that a model was loaded from, among those of the tests."""
    for folder in WRITTEN:
        found = load_bundle(folder)
        same = (found.sha256, found.decision, found.person, found.answer_facts)
        told = model.decision, model.person, model.answer_facts
        if same == (model.identity.sha256, *told):
            return folder
    return None


def replica_pids(kind: str) -> list[int]:
    """Return the processes of a deployment: slices or volumes."""
    name = b"ray::ServeReplica:alzer-" + kind.encode()
    return [
        pid for pid, command in _processes()
        if command.startswith(name) and _parent(_parent(pid)) == os.getpid()
    ]  # fmt: skip


def helper_pids() -> list[int]:
    """Return the processes that prepare whole heads for replicas."""
    replicas = set(replica_pids("volumes"))
    return [
        pid for pid, command in _processes()
        if b"alzer.backends.helper" in command and _parent(pid) in replicas
    ]  # fmt: skip


def _processes() -> Iterator[tuple[int, bytes]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended since
            yield int(folder.name), (folder / "cmdline").read_bytes()


def _parent(pid: int) -> int:
    """Return the process that has started another; 0 if there is none."""
    # Source: proc_pid_stat(5): the name in brackets, the state, then the parent.
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
        return int(stat.rpartition(")")[2].split()[1])
    return 0
