"""The experiments of the Positions page: each is a config, a generator of what is known so far, and what to say of it.

| package | config and generator | what is seen |
| --- | --- | --- |
| `extrapolation` | `Extrapolation`, `extrapolation(config)` | models read texts longer than those they learned from |
| `convergence` | `Convergence`, `convergence(config)` | how fast the same model learns with each scheme |
| `cost` | `AttentionCost`, `attention_cost(config)` | time and memory of softmax and linear attention by length |

Each has `figures(progress)`, `frame(progress)`, `finding(progress)` and `python(config)` beside them. To stop is to
close the generator: it then holds nothing any more.
"""
