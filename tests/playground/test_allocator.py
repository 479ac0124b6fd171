"""Freed memory is kept: touching it again costs no page faults, on any thread. In a process started as a worker is."""

import json
import os
import platform
import subprocess
import sys

import pytest

from playground.workers.budget import worker_environment

FAULTS = """
import json, resource, threading
import torch

counted = []

def work():
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        blocks = [torch.zeros(2**18) for _ in range(40)]  # a MiB each
        del blocks
        counted.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
print(json.dumps(counted))
"""
PAGES = 40 * 2**20 // 4096


def faults(told: str | None) -> list[int]:
    environment = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    environment |= {} if told is None else {"GLIBC_TUNABLES": told}
    command, environment = [sys.executable, "-c", FAULTS], worker_environment(environment)
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_that_was_freed_is_there_for_the_next_update():
    assert max(faults(None)[3:]) < PAGES / 100
    # The null check: who has told glibc something is left alone, and the pages are fetched anew.
    assert max(faults("glibc.malloc.perturb=0")[3:]) > PAGES / 2
