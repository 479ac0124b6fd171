"""Freed memory is kept: touching it again costs no page faults, on any thread. In a process of its own."""

import json
import platform
import subprocess
import sys

import pytest

FAULTS = """
import ctypes, json, resource, sys, threading
from playground.allocator import keep_freed
if sys.argv[1] == "kept":
    keep_freed()
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


def faults(how: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_that_was_freed_is_there_for_the_next_update():
    left_alone, kept = faults("alone"), faults("kept")
    assert min(left_alone[1:]) > PAGES / 2  # the null check: without it every page is fetched anew
    assert max(kept[3:]) < PAGES / 100
