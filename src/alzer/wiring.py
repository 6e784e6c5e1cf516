"""From settings to a service: the one place that knows which parts there are.

`alzer serve`, tests and benchmarks come through here; what answers HTTP is given the
parts, and makes none of them.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from alzer.analysis import analyse
from alzer.backends.backend import Backend, facts_of
from alzer.backends.heads import Heads
from alzer.backends.local import Steps, local_backend
from alzer.backends.replica import ReplicaParts
from alzer.cancellation import current
from alzer.decoding.pool import DecodingPool
from alzer.engine_choice import EngineChoice, choose_engine
from alzer.errors import ClusterUnavailable
from alzer.map_check import MapChecker
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.model.engine import Model, load_model
from alzer.model.runtimes import usable_cores
from alzer.scans.archive import is_archive
from alzer.settings import Limits, Settings
from alzer.store.store import Store, open_store

_NO_RAY: Final = (
    "ALZER_BACKEND=ray needs packages that are not installed. Install them in alzer's "
    "folder: pip install -c constraints.txt -e '.[ray]'"
)


@dataclass(frozen=True)
class ServiceParts:
    """What a service consists of, before anybody speaks for it.

    Attributes:
        settings: What the deployment chose.
        backend: What computes answers; not started.
        store: What outlives a request.
    """

    settings: Settings
    backend: Backend
    store: Store


def build_service(settings: Settings, store: Store | None = None) -> ServiceParts:
    """Make all parts of a service: the model is loaded, and tried once.

    Args:
        settings: What the deployment chose.
        store: What outlives a request; opened by the settings if None.

    Returns:
        The parts.

    Raises:
        UnusableModel: The model can't be loaded.
        InvalidRequest: A setting names a storage that there is not.
    """
    backend = build_backend(settings)
    return ServiceParts(settings, backend, store or open_store(settings))


def build_backend(settings: Settings) -> Backend:
    """Make what computes answers, as the settings choose it.

    Args:
        settings: Model, engine, and limits of decoding.

    Returns:
        The backend, not started.

    Raises:
        UnusableModel: The model can't be loaded.
        ClusterUnavailable: A cluster was asked for, and there is none.
    """
    if settings.backend == "ray":
        return _ray_backend(settings)
    choice = choose_engine(settings, measure=True)
    model = start_model(settings, choice)
    facts = facts_of(model, choice.timings_ms)
    return local_backend(local_steps(model, settings), settings.max_waiting, facts)


def _ray_backend(settings: Settings) -> Backend:
    try:
        serving = importlib.import_module("alzer.backends.ray.serving")
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ClusterUnavailable(_NO_RAY) from error
    backend: Backend = serving.ray_backend(settings, replica_parts)
    return backend


def local_steps(model: Model, settings: Settings) -> Steps:
    """Describe how this process analyses a file.

    Args:
        model: What answers.
        settings: Limits of files and of decoding them.

    Returns:
        The steps; `start` starts the decoding processes.
    """
    return steps_by_limits(model, settings)(settings.limits)


def steps_by_limits(model: Model, settings: Settings) -> Callable[[Limits], Steps]:
    """Describe the same for files of any limits, over the same processes.

    Args:
        model: What answers.
        settings: Limits of decoding, and where add-ons are.

    Returns:
        What gives the steps for limits of files.
    """
    # One more than are busy: somebody is ready while a broken one is replaced.
    pool = DecodingPool(settings.decoding, usable_cores() + 1)
    heads = Heads(model, settings.data_dir)

    checker = MapChecker(model)

    def stop() -> None:
        pool.close()
        heads.helper.stop()

    def steps(limits: Limits) -> Steps:
        return Steps(
            analyse=partial(analyse, model=model, limits=limits, read=pool.read),
            read=lambda data: pool.read_small(data, limits, current().check),
            read_large=lambda data: pool.read_large(data, limits, current().check),
            needs_isolation=pool.needs_isolation,
            is_archive=is_archive,
            read_scan=lambda files, series: pool.read_scan(
                files, limits, series, current().check
            ),
            analyse_volume=heads.analyse,
            check=checker.check,
            run=model.run_exactly,
            start=pool.open,
            stop=stop,
        )

    return steps


def replica_parts(settings: Settings) -> ReplicaParts:
    """Make what computes with a bundle in a replica.

    Nothing is measured there: all replicas have to compute alike.

    Args:
        settings: Bundle, engine, precision, threads, and limits of decoding.

    Returns:
        The parts.

    Raises:
        UnusableModel: The model can't be loaded.
    """
    model = start_model(settings)
    return ReplicaParts(model, steps_by_limits(model, settings), facts_of(model))


def start_model(settings: Settings, choice: EngineChoice | None = None) -> Model:
    """Load the model that the settings name, and try it once.

    Args:
        settings: Bundle, engine, precision and threads.
        choice: Engine and precision; None: those that the settings leave or that
            an earlier measurement found.

    Returns:
        The model, warm: the first answer is as quick as the others.

    Raises:
        UnusableModel: The model can't be loaded.
    """
    bundle = load_bundle(settings.model or shipped_bundle())
    runtime = (choice or choose_engine(settings)).runtime
    model = load_model(bundle, runtime.engine, runtime.precision, settings.threads)
    shape = (1, 1, model.spec.height, model.spec.width)
    model.run(np.zeros(shape, np.float32))
    return model
