"""The store: one folder a run, readable without us, shared by the app and the command line. Free of torch.

    runs/<key>/spec.json        the description of the run
               run.json         scores, seconds, device, code versions, and the sum of each other file
               history.csv      a row an epoch
               arrays.safetensors, weights.safetensors, probes.safetensors
    labels/<key>.json           what a user said of a run: its name, whether it is pinned
    trash/<key>/                deleted runs, until `prune`
    derived/<work>/<key>[.<question>].json, .npz   what was worked out from a run or from a graph; it can be made anew, and `prune` removes
                                it but for what belongs to stored runs
    tmp/                        runs being written

Nothing under `runs` is ever half-written: a run is filled in `tmp` and renamed. Writers hold `.lock`,
readers need none.
"""

from core.store.derived import Derived, question
from core.store.entry import Damage, Entry, damaged
from core.store.store import Store

__all__ = ["Damage", "Derived", "Entry", "Store", "damaged", "question"]
