"""What a Ray cluster's own configuration names: replicas that run before any service.

Ray Serve's configuration files give `import_path: alzer.ray_applications:slices`, and
settings by the environment of the nodes.
"""

from collections.abc import Mapping

from ray.serve import Application

from alzer.backends.ray.deployments import slices_application, volumes_application
from alzer.settings import Settings
from alzer.wiring import replica_parts


def slices(_: Mapping[str, str]) -> Application:
    """Describe the deployment for slices, as `ALZER_*` settings have it.

    Args:
        _: Arguments of the configuration file; there are none.

    Returns:
        What Serve runs.
    """
    return slices_application(replica_parts, Settings())


def volumes(_: Mapping[str, str]) -> Application:
    """Describe the deployment for whole heads; likewise."""
    return volumes_application(replica_parts, Settings())
