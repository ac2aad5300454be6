"""Those who train beside the coordinator of a plan: processes of this machine, or the workers of a Dask cluster.

One mechanism for both, `concurrent.futures`: a crew hands out futures of runs, the coordinator stores what arrives.
Nobody else touches the store. A run is the same bit by bit whichever process trained it.
"""

from __future__ import annotations

import os

from core.crew.contract import Crew
from core.datasets.contract import Report as Tell
from core.device import cores, pick
from core.errors import UserError

__all__ = ["Crew", "crew_of"]


def crew_of(device: str, tell: Tell) -> tuple[Crew, str]:
    """Who trains for a plan on `device`, and what to say of it; `tell` hears of a connection.

    With `HOPSCOPE_CLUSTER` the cluster at that address; without, a helper for each further core, and none where the
    device is a GPU, which there is one of. Raises `UserError` if there is no such cluster, unless
    `HOPSCOPE_CLUSTER_FALLBACK` is "local".
    """
    from core.crew.local import Local

    address, fallback = (os.environ.get(name, "").strip() for name in ("HOPSCOPE_CLUSTER", "HOPSCOPE_CLUSTER_FALLBACK"))
    helpers = cores() - 1 if pick(device).type == "cpu" else 0
    if not address:
        return Local(helpers), ""
    if fallback not in ("", "local"):
        raise UserError(f"HOPSCOPE_CLUSTER_FALLBACK is '{fallback}'; it is 'local', or it is not set.")
    from core.crew.cluster import Cluster, Unreachable

    tell(f"connecting to {address}")
    try:
        return Cluster(address), ""
    except Unreachable:
        if not fallback:
            raise
        return Local(helpers), f"no cluster at {address}, training here"
