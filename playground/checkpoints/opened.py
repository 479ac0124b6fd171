"""A checkpoint as the lenses read it: a run at no step, of a model that nobody trains."""

from __future__ import annotations

import copy

from models.pretrained import Checkpoint
from playground.checkpoints.listing import Listing
from playground.checkpoints.passage import Passage
from playground.checkpoints.tokenizer import Tokenizer
from playground.compute.device import choose
from playground.compute.precision import choose as choose_precision
from playground.runs import checkpoint
from playground.runs.checkpoint import Checkpoints
from playground.runs.config import RunConfig
from playground.runs.history import PUBLISHED, History, Metrics
from playground.runs.probe import probe
from playground.runs.run import Run
from playground.runs.training import Training

FIRST = {
    "decoder-only": "The capital of France is Paris. The capital of Italy is Rome. The capital of France is",
    "encoder-only": "The capital of France is ▢. Rome is the ▢ of Italy.",
    "encoder-decoder": "translate English to German: The house is small.",
}
"""The text that is looked at first."""


class Held:
    """What is read of a checkpoint's files, once for all who have it open: nothing may write to it.

    start: the token that an encoder-decoder's decoder begins with.
    """

    def __init__(self, loaded: Checkpoint, tokenizer: Tokenizer, start: int = 0):
        loaded.model.requires_grad_(False)
        self.loaded, self.tokenizer, self.task = loaded, tokenizer, Passage(tokenizer, loaded.config, start)


class Opened(Run):
    """Its model is the shared one. Whoever looks makes one of these, which holds no more than a text."""

    patience = 900.0

    def __init__(self, listing: Listing, held: Held):
        self.listing, self.held, self.task, loaded = listing, held, held.task, held.loaded
        self.config = self.now = RunConfig.model_construct(
            model=loaded.config, task=self.task.config, training=Training(), seed=0, device="cpu"
        )
        self.place, self.topology, self.model = choose("cpu"), loaded.config.topology, loaded.model
        self.precision = choose_precision("fp32", loaded.config, 1, self.place.device)
        self.text = FIRST[self.topology] if self.task.mask or self.topology != "encoder-only" else "Read me."
        self.held_out = self.task.probe(self.topology)
        self.probe = probe(self.task.probe(self.topology, self.text))
        self.history, self.step, self.diverged = History(), PUBLISHED, None
        self.checkpoints, self.parent, self.preset, self.sentence = Checkpoints(), None, "", ""
        self._settled, self._measuring, self.turns = {}, (), {}
        self.encoders, self.routed, self.tokens = loaded.config.depths().get("encoder", 0), None, 0

    def advance(self) -> Metrics:
        raise ValueError("A published checkpoint is read, not trained. Make a toy of it, and train that.")

    def state(self) -> checkpoint.Checkpoint:
        raise ValueError("A published checkpoint has no optimizer to be kept.")

    def frozen(self) -> Run:
        return copy.copy(self)
