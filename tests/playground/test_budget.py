"""How much memory there is for sessions, who sleeps when it is short, and what a worker does not get to see."""

from __future__ import annotations

import random
import subprocess
import sys

import psutil
import pytest

from playground.compute.memory import machine
from playground.workers.budget import (
    ACTIVE,
    MOST,
    NEEDED,
    Budget,
    Seen,
    resident,
    sleepers,
    worker_environment,
)

MB = 2**20
HOLDS = f"import sys; held = bytearray({64 * MB}); print('up', flush=True); sys.stdin.read()"


# ---- how much there is ----
def group(root, version: int, path: str, limits: dict[str, str]):
    """A root whose control groups say this."""
    (root / "proc/self").mkdir(parents=True)
    controller, name = ("", "memory.max") if version == 2 else ("memory", "memory.limit_in_bytes")
    (root / "proc/self/cgroup").write_text(f"5:cpu:/elsewhere\n0:{controller}:{path}\n")
    for folder, said in limits.items():
        at = root / "sys/fs/cgroup" / controller / folder
        at.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(said + "\n")
    return root


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("path", "limits", "found"),
    [
        ("/", {"": str(100 * MB)}, 100 * MB),
        ("/docker/abc", {"docker/abc": str(100 * MB)}, 100 * MB),
        ("/docker/abc", {"docker/abc": str(300 * MB), "docker": str(200 * MB)}, 200 * MB),
        ("/not/there", {"": str(100 * MB)}, 100 * MB),  # a container sees its own group alone
        ("/a", {"a": "max", "b": str(10 * MB)}, None),
        ("/a", {"a": str(2**63 - 4096)}, None),
        ("/a", {}, None),
    ],
)
def test_a_container_has_what_its_groups_allow(tmp_path, version, path, limits, found):
    root = group(tmp_path, version, path, limits)
    assert machine(root, {}) == (found or psutil.virtual_memory().total)


def test_where_there_are_no_groups_it_is_the_machines(tmp_path):
    assert machine(tmp_path, {}) == psutil.virtual_memory().total


def test_the_operator_may_say_less(tmp_path):
    assert machine(tmp_path, {"PLAYGROUND_MEMORY_GB": ".25"}) == 256 * MB
    assert machine(tmp_path, {"PLAYGROUND_MEMORY_GB": "1e6"}) == psutil.virtual_memory().total
    for said in ("some", "0", "-1", "nan", "inf"):
        with pytest.raises(ValueError, match="PLAYGROUND_MEMORY_GB is"):
            machine(tmp_path, {"PLAYGROUND_MEMORY_GB": said})


# ---- how much is left ----
def budget(held: dict[int, int], total: int = 1000 * MB, **more) -> Budget:
    return Budget(total, measure=lambda pid: held.get(pid, 0), left=lambda: 10**12, **more)


def test_room_is_what_the_workers_leave():
    small = budget({1: 100 * MB, 2: 200 * MB})
    assert small.limit == 600 * MB
    assert small.room([1, 2]) == 300 * MB
    assert small.room([2]) == 400 * MB
    assert small.room([]) == 600 * MB
    assert budget({1: 700 * MB}).room([1]) == -100 * MB


def test_what_others_hold_on_the_machine_counts():
    crowded = Budget(1000 * MB, measure=lambda pid: 100 * MB, left=lambda: 150 * MB)
    assert crowded.room([1]) == 100 * MB


def test_why_nobody_more_comes_in():
    held = {1: 0}
    small = budget(held, most=3)
    assert small.full([1], 2) == ""
    assert "3 visitors" in small.full([1], 3)
    held[1] = small.limit - NEEDED + 1
    assert "memory is full" in small.full([1], 2)
    assert small.full([1], 2, need=NEEDED - 1) == ""


def test_a_process_is_measured():
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        assert 60 * MB < resident(process.pid) < 160 * MB
        assert Budget().room([process.pid]) < Budget().room([]) + 30 * MB
        process.communicate()
    assert resident(process.pid) == 0


# ---- who sleeps ----
def seen(name: str, *, size: int = 10, idle: float = 1000.0, **more) -> Seen:
    return Seen(name, size, **{"training": False, "watched": False, "connected": False, **more}, idle=idle)


def test_the_longest_idle_sleep_first_and_no_more_than_needed():
    some = [seen("b", idle=200), seen("a", idle=300), seen("c", idle=100)]
    assert sleepers(some, 1) == ["a"]
    assert sleepers(some, 10) == ["a"]
    assert sleepers(some, 11) == ["a", "b"]
    assert sleepers(some, 999) == ["a", "b", "c"]
    assert sleepers(some, 0) == sleepers(some, -5) == []


def test_who_is_at_it_does_not_sleep():
    some = [
        seen("trains", training=True),
        seen("is watched", watched=True),
        seen("trains and left", training=True, idle=9999),
        seen("has just pressed", connected=True, idle=ACTIVE - 1),
    ]
    assert sleepers(some, 10**9, most=0) == []
    assert sleepers([*some, seen("rests", connected=True, idle=ACTIVE)], 10**9, most=0) == ["rests"]
    assert sleepers([*some, seen("left", idle=0)], 10**9, most=0) == ["left"]


def test_only_so_many_are_awake():
    some = [seen(str(i), idle=i) for i in range(MOST + 3)]
    assert sleepers(some, 0) == [str(MOST + 2), str(MOST + 1), str(MOST)]
    assert sleepers(some[:MOST], 0) == []
    assert len(sleepers(some[:MOST], 0, most=MOST - 1)) == 1


def test_nothing_is_won_by_those_who_hold_nothing():
    some = [seen("empty", size=0, idle=900), seen("full", idle=100)]
    assert sleepers(some, 5) == ["full"]
    assert sleepers(some, 0, most=1) == ["empty"]


def test_any_crowd():
    r = random.Random(1)
    for _ in range(500):
        crowd = [
            Seen(str(i), r.randrange(100), *(r.random() < 0.4 for _ in range(3)), r.uniform(0, 200))
            for i in range(r.randrange(30))
        ]
        need, most = r.randrange(-10, 800), r.randrange(31)
        chosen = sleepers(crowd, need, most)
        by = {one.name: one for one in crowd}
        assert len(set(chosen)) == len(chosen)
        busy = [n for n in chosen if by[n].training or by[n].watched or (by[n].connected and by[n].idle < ACTIVE)]
        assert busy == []
        short = sum(by[n].bytes for n in chosen) < need or len(crowd) - len(chosen) > most
        could = [
            one
            for one in crowd
            if not (one.training or one.watched or (one.connected and one.idle < ACTIVE)) and one.name not in chosen
        ]
        assert not short or all(one.bytes == 0 for one in could), "if it is not enough, there is nobody left"


# ---- what a worker is started with ----
SECRETS = {
    "HF_TOKEN": "x",
    "HUGGING_FACE_HUB_TOKEN": "x",
    "GITHUB_PAT": "x",
    "OPENAI_API_KEY": "x",
    "SOME_SECRET": "x",
    "secret_sauce": "x",
    "DB_PASSWORD": "x",
    "PGPASSWORD": "x",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_REGION": "x",
    "GOOGLE_APPLICATION_CREDENTIALS": "x",
    "DATABASE_URL": "postgres://me:word@host/db",
    "https_proxy": "http://me:word@proxy:8080",
}
PLAIN = {
    "PATH": "/bin",
    "PWD": "/here",
    "HOME": "/root",
    "CUDA_VISIBLE_DEVICES": "0",
    "PLAYGROUND_DATA": "/data",
    "TOKENIZERS_PARALLELISM": "false",
    "KEYBOARD": "de",
    "HTTP_PROXY": "http://proxy:8080",
}


def test_a_worker_sees_no_secrets():
    found = worker_environment(SECRETS | PLAIN)
    assert not SECRETS.keys() & found.keys()
    assert PLAIN.items() <= found.items()


def test_a_worker_has_one_thread():
    assert worker_environment({"OMP_NUM_THREADS": "8"})["OMP_NUM_THREADS"] == "1"


def test_neither_the_doors_nor_the_budget_need_torch():
    code = (
        "import sys, playground.doors.middleware, playground.workers.budget, playground.workers.edge; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
