"""`make claims`: sentences of the page on fresh seeds, with the figures for docs/log.md. Ends with 1 where one fails.

python -m tests.claims [--seeds 5] [--first N] [name ...]
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import torch

from tests.claims.claims import CLAIMS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first", type=int, help="the first of them; else one that chance takes")
    parser.add_argument("names", nargs="*", help="of presets and ready comparisons; all by default")
    told = parser.parse_args()
    torch.set_num_threads(1)
    first = told.first if told.first is not None else random.SystemRandom().randrange(1000, 1_000_000)
    wrong = 0
    for claim in CLAIMS:
        if told.names and claim.name not in told.names:
            continue
        print(f"{claim.name}: “{claim.sentence}”", flush=True)
        for seed in range(first, first + told.seeds):
            began = time.thread_time()
            found = claim.measured(seed)
            held = claim.holds(found)
            wrong += not held
            figures = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
            print(
                f"  {'holds' if held else 'FAILS'}  {seed}: {figures} ({time.thread_time() - began:.0f} s)", flush=True
            )
    print(f"{wrong} failed" if wrong else "all hold")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
