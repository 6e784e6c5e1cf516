"""What a deployment may change of a service whose answers a Ray cluster computes."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

BackendName = Literal["local", "ray"]


class RaySettings(BaseSettings):
    """Where answers are computed, and how much of a cluster that may take."""

    backend: BackendName = Field(
        default="local",
        description="Where answers are computed: local, in the service's own process; "
        "ray, by Ray Serve on a cluster, which needs the extra 'ray'.",
    )
    ray_address: str | None = Field(
        default=None,
        description="The Ray cluster that this machine is a node of, such as auto or "
        "head:6379; when unset, one is started on this machine for as long as the "
        "service runs.",
    )
    ray_dashboard: bool = Field(
        default=False,
        description="Whether a Ray cluster that the service starts has a dashboard, on "
        "127.0.0.1 alone.",
    )
    ray_slices_min: int = Field(
        default=1,
        ge=1,
        description="Replicas for slices that are always there; each holds the model.",
    )
    ray_slices_max: int = Field(
        default=2, ge=1, description="Replicas for slices that there may be under load."
    )
    ray_volumes_min: int = Field(
        default=1,
        ge=0,
        description="Replicas for whole heads that are always there. With 0 the first "
        "head waits until one has started.",
    )
    ray_volumes_max: int = Field(
        default=1,
        ge=1,
        description="Replicas for whole heads that there may be under load; each works "
        "on one head at a time.",
    )
    ray_cores: int = Field(
        default=1,
        ge=1,
        description="Cores of each replica: what Ray counts for it, and its threads "
        "for inference unless ALZER_THREADS says otherwise.",
    )
    ray_max_queued: int = Field(
        default=64,
        ge=1,
        description="Requests that may wait for a replica behind the service's own "
        "queue (ALZER_MAX_WAITING), per service; more get 503.",
    )
    ray_batch: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Slices that a replica gives to the network at once. More than 1 "
        "delays answers and gains nothing on a CPU.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ray_slices_min > self.ray_slices_max:
            message = "ALZER_RAY_SLICES_MIN is above ALZER_RAY_SLICES_MAX"
            raise ValueError(message)
        if self.ray_volumes_min > self.ray_volumes_max:
            message = "ALZER_RAY_VOLUMES_MIN is above ALZER_RAY_VOLUMES_MAX"
            raise ValueError(message)
        return self
