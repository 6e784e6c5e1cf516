"""A backend whose answers replicas on a Ray cluster compute.

The service keeps what it has in process: places, fair turns between those who ask, and
what is made of an analysis (records, files, pictures). Reading files and running the
network is the replicas'.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from ray import serve
from ray.serve.api import RunTarget
from ray.serve.schema import ApplicationStatus

from alzer.analysis import Analysis
from alzer.backends.backend import (
    Capacity,
    Heat,
    Layer,
    MapQuestion,
    ModelFacts,
    OcclusionQuestion,
    Order,
    PreparedInputs,
    Question,
    Result,
    Ticket,
)
from alzer.backends.local import LocalBackend, Steps
from alzer.backends.ray.deployments import (
    SLICES,
    VOLUMES,
    Make,
    bundle_id,
    ongoing,
    slices_application,
    volumes_application,
)
from alzer.backends.ray.handles import Handles, find_handles
from alzer.backends.ray.serve_calls import Method, call_for
from alzer.backends.ray.serve_cluster import Cluster, join_cluster
from alzer.backends.workers import Lane, Workers
from alzer.cancellation import Cancellation
from alzer.decoding.safe_inline import is_safe_inline
from alzer.errors import ClusterUnavailable, NotOneSlice
from alzer.explain.faithfulness import Faithfulness
from alzer.explain.occlusion import Occlusion
from alzer.model.evidence import Evidence
from alzer.scans.archive import is_archive
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits, Settings

_NOT_DEPLOYED: Final = (
    "The replicas could not be started on the Ray cluster. Its log says why (ray "
    "logs); often it has too few cores for ALZER_RAY_SLICES_MIN and "
    "ALZER_RAY_VOLUMES_MIN."
)


@dataclass(frozen=True)
class RayBackend:
    """Asks replicas, and does in threads of this process what needs no network.

    Attributes:
        handles: Of the replicas.
        workers: Turns and threads, and who may have them.
        limits: How large files may be.
        facts: What is told of the model.
        leave: Called when the service has ended.
    """

    handles: Handles
    workers: Workers
    limits: Limits
    facts: ModelFacts = field(default_factory=ModelFacts)
    leave: Callable[[], None] = lambda: None

    @property
    def capacity(self) -> Capacity:
        """Who may ask."""
        return self.workers

    async def analyse(
        self, order: Order, finish: Callable[[Analysis], Result]
    ) -> Result:
        """Analyse a scan, in its turn; as `Backend` has it."""
        return await self._with_scan("analyse", order, finish)

    async def read(
        self, order: Order, finish: Callable[[Slice | Volume], Result]
    ) -> Result:
        """Read a scan without analysing it; as `Backend` has it."""
        return await self._with_scan("read", order, finish)

    async def explain(
        self, question: Question, finish: Callable[[Heat | None], Result]
    ) -> Result:
        """Explain a class of an analysis, in this process; as `Backend` has it."""
        return await self._here.explain(question, finish)

    async def draw_map(
        self, question: MapQuestion, finish: Callable[[Layer | None], Result]
    ) -> Result:
        """Draw a map of an analysis, in this process; as `Backend` has it."""
        return await self._here.draw_map(question, finish)

    async def check(
        self, question: Question, finish: Callable[[Faithfulness], Result]
    ) -> Result:
        """Ask the model whether a map holds; as `Backend` has it."""
        return await self._ask("check", question, finish)

    async def ask_without(
        self, question: OcclusionQuestion, finish: Callable[[Occlusion], Result]
    ) -> Result:
        """Ask about a slice again, without a part of it; as `Backend` has it."""
        return await self._ask("ask_without", question, finish)

    async def infer(
        self, inputs: PreparedInputs, finish: Callable[[Evidence], Result]
    ) -> Result:
        """Run the network on prepared inputs; as `Backend` has it."""
        return await self._ask("infer", inputs, finish)

    def start(self) -> None:
        """Begin to work; replicas already do."""

    def stop(self) -> None:
        """Leave the cluster; one that was started by this process ends."""
        self.leave()

    @property
    def _here(self) -> LocalBackend:
        """What draws from kept evidence, in the same places and turns."""
        return LocalBackend(_NO_STEPS, self.workers, self.facts)

    async def _ask(
        self, method: Method, ticket: Ticket, finish: Callable[[Any], Result]
    ) -> Result:
        async def compute() -> Result:
            call = call_for(method, ticket, self.limits)
            found = await self.handles.ask(call, Cancellation())
            return await self.workers.finish(partial(finish, found))

        with self.workers.place(ticket.owner):
            return await self.workers.run_elsewhere(ticket, compute)

    async def _with_scan(
        self, method: Method, order: Order, finish: Callable[[Any], Result]
    ) -> Result:
        lane = _lane_of(order)
        with self.workers.place(order.owner, isolated=lane is not None):
            in_lane = partial(self._in_lane, method, order, finish)
            if lane is None or lane is Lane.VOLUME:
                return await in_lane(lane)
            try:
                return await in_lane(lane)
            except NotOneSlice:  # replicas for slices read no volumes
                return await in_lane(Lane.VOLUME)

    async def _in_lane(
        self,
        method: Method,
        order: Order,
        finish: Callable[[Any], Result],
        lane: Lane | None,
    ) -> Result:
        async def compute() -> Result:
            order.cancellation.check()
            call = call_for(method, order, self.limits)
            if lane is Lane.VOLUME:
                found = await self.handles.follow(call, order)
            else:
                order.on_stage(*(("analyse", 0.5) if lane is None else ("read", 0.0)))
                found = await self.handles.ask(call, order.cancellation)
            return await self.workers.finish(partial(finish, found))

        return await self.workers.run_elsewhere(order, compute, lane)


def _lane_of(order: Order) -> Lane | None:
    """Return in which lane a scan waits, as in process; None: with plain pictures."""
    data = order.files[0].content
    if len(order.files) > 1 or is_archive(data):
        return Lane.VOLUME
    return Lane.SMALL if data and not is_safe_inline(data) else None


def _never(_: object) -> Any:  # noqa: ANN401 - it gives nothing
    raise NotImplementedError


_NO_STEPS: Final = Steps(analyse=_never, read=_never)


def ray_backend(settings: Settings, make: Make) -> RayBackend:
    """Join the cluster, have replicas run there, and put a backend over them.

    Replicas that another service has started, or the cluster's own configuration, are
    used as they are.

    Args:
        settings: Address, sizes, bundle and limits.
        make: Makes what computes with a bundle; called in replicas.

    Returns:
        The backend.

    Raises:
        ClusterUnavailable: The cluster can't be joined, or starts no replicas.
        UnusableModel: The bundle can't be loaded there.
    """
    cluster = join_cluster(settings)
    try:
        deploy(settings, make)
        return backend_over(cluster, settings)
    except BaseException:
        cluster.leave()
        raise


def deploy(settings: Settings, make: Make) -> None:
    """Have replicas run on the cluster, unless they do.

    Args:
        settings: As for `ray_backend`.
        make: Likewise.

    Raises:
        ClusterUnavailable: They don't start.
    """
    running = {
        name
        for name, state in serve.status().applications.items()
        if state.status in {ApplicationStatus.RUNNING, ApplicationStatus.DEPLOYING}
    }
    wanted = {
        SLICES: slices_application(make, settings),
        VOLUMES: volumes_application(make, settings),
    }
    targets = [
        RunTarget(application, name=name, route_prefix=None)
        for name, application in wanted.items()
        if name not in running
    ]
    if not targets:
        return
    try:
        serve.run_many(targets)
    except RuntimeError as error:
        raise ClusterUnavailable(_NOT_DEPLOYED) from error


def backend_over(cluster: Cluster, settings: Settings) -> RayBackend:
    """Put a backend over replicas that run.

    Args:
        cluster: Is left when the service has ended.
        settings: Bundle and limits.

    Returns:
        The backend.
    """
    handles = find_handles(bundle_id(settings))
    turns = settings.ray_slices_max * ongoing(settings)
    workers = Workers(turns, settings.max_waiting, settings.ray_volumes_max)
    return RayBackend(handles, workers, settings.limits, handles.facts(), cluster.leave)
