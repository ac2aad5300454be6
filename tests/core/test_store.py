import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.store import Store
from core.store import folder as store_folder

ROOT = Path(__file__).parents[2]


def made(seed=0, note="", nodes=5):
    """A run of awkward numbers: NaN, thirds, a scalar and an integer among the weights."""
    random = np.random.default_rng(seed)
    history = {name: random.random(4) / 3 for name in COLUMNS}
    history["validation_loss"] = np.full(4, np.nan)
    return Run(
        spec=RunSpec(DatasetSpec("karate"), ModelSpec("gcn", (("depth", 2), ("dropout", 0.5))), seed=seed),
        metric="accuracy",
        history=history,
        logits=random.random((nodes, 3), dtype=np.float32),
        best_epoch=2,
        scores={name: float(history[name][1]) for name in COLUMNS},
        seconds=1 / 3,
        device="cpu",
        code={"model": "a", "dataset": "b", "training": "c"},
        weights={"w": random.random((2, 3), dtype=np.float32), "count": np.array(7), "mirror": random.random((3, 2), dtype=np.float32).T},
        probes={"embedding.epochs": np.arange(3), "embedding.states": random.random((3, 2)).astype(np.float16)},
        note=note,
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def folder(store, run):
    return store.root / "runs" / run.key


def same(one, other):
    for name in ("spec", "metric", "best_epoch", "seconds", "device", "note"):
        assert getattr(one, name) == getattr(other, name)
    assert dict(one.code) == dict(other.code)
    np.testing.assert_equal(dict(one.scores), dict(other.scores))
    for name in ("history", "weights", "probes"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert set(mine) == set(theirs)
        for key, array in mine.items():
            np.testing.assert_array_equal(array, theirs[key])
            assert array.dtype == theirs[key].dtype
            assert array.shape == theirs[key].shape
    np.testing.assert_array_equal(one.logits, other.logits)


def test_a_run_comes_back_bit_by_bit(store):
    run = made(note="diverged – in “epoch” 3")
    store.put(run)
    same(store.get(run.key, weights=True, probes=True), run)
    light = store.get(run.key)
    assert (dict(light.weights), dict(light.probes)) == ({}, {})


def test_entry_says_what_lists_show(store):
    run = made()
    store.put(run)
    entry = store.entry(run.key)
    assert (entry.key, entry.spec, entry.probes, entry.epochs) == (run.key, run.spec, ("embedding",), 4)
    assert entry.bytes == sum(path.stat().st_size for path in folder(store, run).iterdir())
    assert np.isnan(entry.scores["validation_loss"])
    assert entry.made.endswith("+00:00")


def test_files_can_be_read_without_us(store):
    run = made()
    store.put(run)
    facts = json.loads((folder(store, run) / "run.json").read_text())
    assert facts["scores"]["validation_loss"] is None, "standard JSON has no NaN"
    lines = (folder(store, run) / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch," + ",".join(COLUMNS)
    assert len(lines) == 5
    assert set(facts["sha256"]) == {path.name for path in folder(store, run).iterdir()} - {"run.json"}


def test_an_empty_store(store):
    assert store.get("0" * 16) is None
    assert store.entry("0" * 16) is None
    assert store.entries() == store.verify() == []
    assert store.prune() == 0
    store.delete("0" * 16)
    store.restore("0" * 16)
    store.label("0" * 16, name="nobody")
    assert not (store.root / "labels").exists()


def test_newest_first_and_replaced_by_the_same_spec(store):
    for seed in (2, 0, 1):
        store.put(made(seed))
        time.sleep(0.002)
    assert [entry.spec.seed for entry in store.entries()] == [1, 0, 2]
    store.put(replace(made(0), seconds=9.0))
    assert len(store.entries()) == 3
    assert store.get(made(0).key).seconds == 9.0


@pytest.mark.parametrize("key", ["../../etc/passwd", "..", "", "a/b", "nul", "ABCDEF0123456789", "0" * 17, "é" * 16, "0" * 15 + "\n"])
def test_keys_that_are_none_are_refused(store, key):
    for action in (store.get, store.entry, store.delete, store.restore, store.label):
        with pytest.raises(UserError, match="is not the key of a run"):
            action(key)


DAMAGES = {
    "half of the arrays": lambda path: (path / "arrays.safetensors").write_bytes((path / "arrays.safetensors").read_bytes()[:20]),
    "half of the weights": lambda path: (path / "weights.safetensors").write_bytes((path / "weights.safetensors").read_bytes()[:-3]),
    "a bit of the weights": lambda path: _flip(path / "weights.safetensors"),
    "a bit of the probes": lambda path: _flip(path / "probes.safetensors"),
    "no arrays": lambda path: (path / "arrays.safetensors").unlink(),
    "no history": lambda path: (path / "history.csv").unlink(),
    "an epoch less": lambda path: (path / "history.csv").write_text("\n".join((path / "history.csv").read_text().splitlines()[:-1])),
    "a lost column": lambda path: (path / "history.csv").write_text("epoch,train_loss\n1,2\n1,2\n1,2\n1,2\n"),
    "broken facts": lambda path: (path / "run.json").write_text("{"),
    "facts of another kind": lambda path: (path / "run.json").write_text("[]"),
    "facts that lack something": lambda path: (path / "run.json").write_text("{}"),
    "no facts": lambda path: (path / "run.json").unlink(),
    "no spec": lambda path: (path / "spec.json").unlink(),
    "another spec": lambda path: (path / "spec.json").write_text(json.dumps(made(5).spec.as_dict())),
    "no spec at all": lambda path: (path / "spec.json").write_text('{"dataset": 3}'),
    "nothing": lambda path: [file.unlink() for file in path.iterdir()],
}
UNSEEN_IN_LISTS = {name for name in DAMAGES if any(word in name for word in ("arrays", "weights", "probes", "history", "epoch", "column"))}


def _flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_told_and_passed_over(store, name):
    run, whole = made(), made(1)
    store.put(run)
    store.put(whole)
    DAMAGES[name](folder(store, run))
    (damage,) = store.verify()
    assert damage.key == run.key
    assert damage.reason.startswith(f"The stored run {run.key} is damaged (")
    listed = {entry.key for entry in store.entries()}
    assert listed == ({run.key, whole.key} if name in UNSEEN_IN_LISTS else {whole.key})
    if not name.startswith("a bit"):
        with pytest.raises(UserError, match="is damaged"):
            store.get(run.key, weights=True, probes=True)
    store.put(run)
    assert store.verify() == []


def test_folders_that_are_not_ours_are_named_not_touched(store):
    store.put(made())
    (store.root / "runs" / "my notes").mkdir()
    (store.root / "runs" / "file.txt").write_text("hello")
    assert len(store.entries()) == 1
    assert [damage.key for damage in store.verify()] == ["my notes"]


def test_delete_restore_prune(store):
    run, other = made(), made(1)
    store.put(run)
    store.put(other)
    store.label(run.key, name="  first try  ", pinned=True)
    store.delete(run.key)
    assert store.get(run.key) is None
    store.restore(run.key)
    entry = store.entry(run.key)
    assert (entry.name, entry.pinned) == ("first try", True)
    store.label(run.key, name="x" * 200)
    assert len(store.entry(run.key).name) == 80
    assert store.entry(run.key).pinned, "naming does not unpin"
    size = entry.bytes
    assert store.trash() == (0, 0)
    store.delete(run.key)
    assert store.trash() == (1, size)
    assert store.prune() == size
    assert store.trash() == (0, 0)
    store.restore(run.key)
    assert store.get(run.key) is None
    assert not (store.root / "labels" / f"{run.key}.json").exists()
    same(store.get(other.key, weights=True, probes=True), other)


def test_the_trash_says_what_can_come_back(store):
    assert store.trashed() == []
    runs = [made(seed) for seed in range(3)]
    for run in runs:
        store.put(run)
        store.delete(run.key)
    assert store.trashed() == sorted(run.key for run in runs)
    store.put(runs[0])
    assert store.trashed() == sorted(run.key for run in runs[1:]), "that one was trained again"
    assert [store.restore(run.key) for run in runs[:2]] == [True, True]
    store.prune()
    assert (store.restore(runs[2].key), store.trashed()) == (False, [])


def test_deleting_twice_and_restoring_over_a_newer_run(store):
    run = made()
    store.put(replace(run, seconds=1.0))
    store.delete(run.key)
    store.put(replace(run, seconds=2.0))
    store.restore(run.key)
    assert store.get(run.key).seconds == 2.0
    store.delete(run.key)
    store.restore(run.key)
    assert store.get(run.key).seconds == 2.0


def test_a_damaged_label_is_no_label(store):
    run = made()
    store.put(run)
    store.label(run.key, name="mine")
    for text in ("{", "[]", "3"):
        (store.root / "labels" / f"{run.key}.json").write_text(text)
        assert store.entry(run.key).name == ""


@pytest.mark.parametrize("method", ["write_bytes", "mkdir", "replace"])
def test_a_full_disk_is_a_sentence_and_the_old_run_stays(store, monkeypatch, method):
    run = made()
    store.put(run)
    real = getattr(Path, method)

    def full(self, *arguments, **options):
        if self.parent.name == "tmp" or self.parent.parent.name == "tmp" or "runs" in map(str, arguments):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, full)
        with pytest.raises(UserError, match=r"No space left on device\. Free some space, or set HOPSCOPE_HOME"):
            store.put(replace(run, seconds=7.0))
    same(store.get(run.key, weights=True, probes=True), run)
    assert list((store.root / "tmp").iterdir()) == []


def test_a_failed_swap_puts_the_old_run_back(store, monkeypatch):
    run = made()
    store.put(run)
    real, calls = Path.replace, []

    def second_fails(self, target):
        if Path(target) == folder(store, run):
            calls.append(self)
            if len(calls) == 1:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", second_fails)
        with pytest.raises(UserError):
            store.put(replace(run, seconds=7.0))
    same(store.get(run.key, weights=True, probes=True), run)


def test_a_home_that_is_a_file_is_a_sentence(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(UserError, match="Nothing could be written to"):
        Store(tmp_path / "home").put(made())


def test_a_writer_that_holds_on_is_a_sentence(store, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr("core.store.store.WAIT", 0.1)
    store.put(made())
    with FileLock(store.root / ".lock"), pytest.raises(UserError, match="Another program has been writing"):
        store.put(made(1))
    assert store.get(made().key) is not None, "readers need no lock"


WRITE_FOR_EVER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
import importlib.util
spec = importlib.util.spec_from_file_location("made_here", {test!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
store, first, count = module.Store(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
i = 0
while count < 0 or i < count:
    store.put(module.made(first + i % 3, nodes=20000))
    i += 1
"""


def writer(store, first, count):
    code = WRITE_FOR_EVER.format(root=str(ROOT), test=__file__)
    return subprocess.Popen([sys.executable, "-c", code, str(store.root), str(first), str(count)], stdout=subprocess.PIPE, text=True)


def test_kill_9_in_the_middle_of_writing_leaves_the_store_readable(store):
    store.put(made(100))
    for pause in (0.05, 0.123, 0.2):
        process = writer(store, 0, -1)
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert store.verify() == []
    assert made(100).key in {entry.key for entry in store.entries()}
    store.put(made(101))
    store.prune()
    assert not (store.root / "tmp").exists()
    assert store.verify() == []


def test_two_processes_write_the_same_runs_at_once_while_a_third_reads_and_prunes(store):
    processes = [writer(store, 0, 25) for _ in range(2)]
    for process in processes:
        process.stdout.readline()
    while any(process.poll() is None for process in processes):
        assert store.verify() == []
        store.prune()
    assert [process.wait() for process in processes] == [0, 0]
    for process in processes:
        process.stdout.close()
    for seed in range(3):
        same(store.get(made(seed).key, weights=True, probes=True), made(seed, nodes=20000))


def test_reading_a_run_that_is_deleted_meanwhile(store, monkeypatch):
    run = made()
    store.put(run)
    monkeypatch.setattr("core.store.folder.load_file", lambda path: shutil.rmtree(path.parent) or {}["logits"])
    assert store.get(run.key) is None


def test_verifying_a_run_that_is_replaced_meanwhile(store, monkeypatch):
    """The sums of the files are compared while another program puts the same run anew: no damage."""
    run = made()
    store.put(run)
    sums, replaced = store_folder.sha256, []

    def replacing(path):
        if path.parent.parent.name == "runs" and not replaced:
            replaced.append(path)
            other = path.parent.with_name("other")
            path.parent.replace(other)
            shutil.copytree(other, path.parent)
            shutil.rmtree(other)
            raise FileNotFoundError(2, "not there between the two renames", str(path))
        return sums(path)

    monkeypatch.setattr(store_folder, "sha256", replacing)
    assert store.verify() == []
    assert replaced


def test_the_default_store_is_in_the_users_home(own_home):
    assert Store.default().root == own_home
    assert os.environ["HOPSCOPE_HOME"] == str(own_home)


def test_keys_are_those_of_all_runs_and_the_latest_are_read_only_as_far_as_asked(store, monkeypatch):
    assert (store.keys(), store.latest(5)) == (set(), [])
    runs = [made(seed) for seed in range(4)]
    for run in runs:
        store.put(run)
    (folder(store, runs[3]) / "run.json").write_text("{")
    assert store.keys() == {run.key for run in runs}
    read, entry = [], store.entry
    monkeypatch.setattr(store, "entry", lambda key: read.append(key) or entry(key))
    os.utime(folder(store, runs[3]), ns=(0, 2**62))
    assert [found.key for found in store.latest(3)] == [runs[2].key, runs[1].key], "a damaged one is passed over"
    assert len(read) == 3
