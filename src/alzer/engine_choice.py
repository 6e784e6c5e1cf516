"""Which engine runs the model: as set, as measured before, or as measured now."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, FiniteFloat, ValidationError

from alzer.errors import EngineUnavailable, StorageUnavailable
from alzer.model.bundle import read_card, shipped_bundle
from alzer.model.measurement import describe_machine, measure_apart
from alzer.model.runtimes import DEFAULT_RUNTIME, Runtime, candidates
from alzer.settings import EngineName, Precision, Settings
from alzer.store.permissions import make_folder
from alzer.store.writing import write_whole

# In the data folder.
CHOICE_FILE: Final = "engine-choice.json"

# A runtime is taken before a faster one if it takes at most this much longer:
# otherwise chance would decide between two that are alike.
_ALIKE: Final = 1.05

_FASTEST: Final = "the fastest on this machine, as measured"


@dataclass(frozen=True)
class EngineChoice:
    """What runs the model, and why.

    Attributes:
        runtime: Engine and precision.
        reason: Why this one, in some words.
        timings_ms: Milliseconds per slice by runtime, if that was measured.
    """

    runtime: Runtime
    reason: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)


class _Kept(BaseModel):
    """A measurement as it lies in the data folder."""

    machine: dict[str, str]
    engine: EngineName
    precision: Precision
    timings_ms: dict[str, FiniteFloat]


def choose_engine(settings: Settings, *, measure: bool = False) -> EngineChoice:
    """Choose what runs the model.

    Where the settings leave a choice, the fastest is taken: as measured when the
    service first started on this machine with this model, and kept in the data
    folder.

    Args:
        settings: Engine, precision, threads, model and data folder.
        measure: Whether to measure, some 3 seconds, if nothing is kept that holds
            for this machine; else the default is taken.

    Returns:
        The choice. A file that is damaged or can't be written changes no more than
        that it is measured again.

    Raises:
        DamagedBundle: If there is no model.
    """
    open_to = candidates(settings.engine, settings.precision)
    if len(open_to) == 1:
        return EngineChoice(open_to[0], "set by ALZER_ENGINE and ALZER_PRECISION")
    bundle = settings.model or shipped_bundle()
    digest = str(read_card(bundle).get("model_sha256"))
    machine = describe_machine(digest, settings.threads, open_to)
    path = settings.data_dir / CHOICE_FILE
    kept = _read(path, machine)
    if kept is None and measure:
        kept = _measure(bundle, settings.threads, open_to)
        if kept is not None:
            _write(path, machine, kept)
    return kept or _unmeasured(open_to)


def _unmeasured(open_to: tuple[Runtime, ...]) -> EngineChoice:
    usual = DEFAULT_RUNTIME if DEFAULT_RUNTIME in open_to else open_to[0]
    reason = "the default; alzer serve measures at its first start what is fastest"
    return EngineChoice(usual, reason)


def _measure(
    bundle: Path, threads: int, open_to: tuple[Runtime, ...]
) -> EngineChoice | None:
    try:
        timings = measure_apart(bundle, threads, open_to)
    except EngineUnavailable:
        return None
    return _fastest(open_to, timings)


def _fastest(
    open_to: tuple[Runtime, ...], timings_ms: Mapping[str, float]
) -> EngineChoice | None:
    """Return the first runtime that is about as fast as the fastest."""
    if not timings_ms:
        return None
    bound = _ALIKE * min(timings_ms.values())
    for runtime in open_to:
        if timings_ms.get(str(runtime), bound + 1.0) <= bound:
            return EngineChoice(runtime, _FASTEST, timings_ms)
    return None


def _read(path: Path, machine: Mapping[str, str]) -> EngineChoice | None:
    """Read what was measured, if it holds for this machine."""
    try:
        kept = _Kept.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    if kept.machine != machine:
        return None
    runtime = Runtime(kept.engine, kept.precision)
    return EngineChoice(runtime, _FASTEST, kept.timings_ms)


def _write(path: Path, machine: Mapping[str, str], choice: EngineChoice) -> None:
    kept = _Kept(
        machine=dict(machine),
        engine=choice.runtime.engine,
        precision=choice.runtime.precision,
        timings_ms=dict(choice.timings_ms),
    )
    with suppress(OSError, StorageUnavailable):  # then it is measured again
        make_folder(path.parent)
        path.unlink(missing_ok=True)
        write_whole(path, kept.model_dump_json(indent=2).encode())
