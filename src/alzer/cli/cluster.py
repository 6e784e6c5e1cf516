"""`alzer predict --backend ray`: the same work on a cluster, in one call or several."""

from alzer.cli import bids
from alzer.cli.cluster_call import ClusterCall
from alzer.cli.cluster_run import ClusterRun
from alzer.cli.exits import complain
from alzer.cli.extras import load_extra
from alzer.cli.places import is_remote
from alzer.cli.records import Format
from alzer.errors import InvalidRequest
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.settings import Settings


def predict_on_cluster(call: ClusterCall, settings: Settings) -> bool:
    """Analyse everything, and say how it ended.

    Args:
        call: What is asked for.
        settings: Of the analysis.

    Returns:
        Whether all went well.

    Raises:
        InvalidRequest: The call can't be done, or the folder's records are of another
            model or other settings.
        AlzerError: Nothing further can be analysed or written.
    """
    call.check()
    cluster = load_extra("backends.ray.cluster", "A cluster", "ray")
    pools = load_extra("backends.ray.pools", "A cluster", "ray")
    address = cluster.address_of(call.backend)
    if not call.is_bids and any(map(bids.is_data_set, call.names)):
        complain(bids.HINT)
    bundle = load_bundle(settings.model or shipped_bundle())
    run = ClusterRun(call, call.order(settings, bundle), bundle, pools)
    run.open()
    with cluster.connected(address) as cores:
        return run.through(cores)


def output_of(output: str | None) -> str:
    """Return where the results of a cluster go.

    Args:
        output: What the call names.

    Returns:
        The same.

    Raises:
        InvalidRequest: It names nothing.
    """
    if output is None:
        message = "A cluster writes to the folder or address of --output; name it."
        raise InvalidRequest(message)
    return output


def refuse_far_results(output: str | None, chosen: Format | None) -> None:
    """Refuse what only a cluster writes.

    Args:
        output: Where the results of a call without a cluster are to go.
        chosen: How its records are to be written.

    Raises:
        InvalidRequest: The call asks for that.
    """
    if chosen is Format.parquet or is_remote(output or ""):
        message = "Parquet, and results behind an address, need --backend ray."
        raise InvalidRequest(message)
