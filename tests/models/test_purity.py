"""A model is a value of its config and seed: it builds alike in every thread, draws from no global."""

import threading

import pytest
import torch

from models import Transformer, TransformerConfig
from models.generate import Sampling, generate
from tests.models.variants import PRODUCT, VARIANTS, inputs


def test_the_same_seed_gives_the_same_parameters_in_two_threads_at_once():
    config, states = PRODUCT["GQA learned encoder-decoder pre"], {}

    def build(who: int) -> None:
        states[who] = [Transformer(config, seed=seed).state_dict() for seed in (0, 1, 2)]

    threads = [threading.Thread(target=build, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for who in range(1, 4):
        for mine, first in zip(states[who], states[0], strict=True):
            assert all(torch.equal(mine[name], first[name]) for name in first)
    assert not torch.equal(states[0][0]["embedding.tokens"], states[0][1]["embedding.tokens"])


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_nothing_draws_from_the_global_generator(config: TransformerConfig):
    before, config = torch.get_rng_state(), config.but(dropout=0.5)
    generator = torch.Generator().manual_seed(0)
    model, given = Transformer(config, seed=3), inputs(config)
    model(**given, generator=generator)
    if config.topology != "encoder-only":
        given = {k: v for k, v in given.items() if k in ("ids_BT", "source_BS")}
        list(
            generate(
                model,
                given.pop("ids_BT"),
                2,
                source_BS=given.get("source_BS"),
                sampling=Sampling(1.0),
                generator=generator,
            )
        )
    assert torch.equal(before, torch.get_rng_state())
