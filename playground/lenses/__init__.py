"""The lenses of the Playground page, in the order of their tabs. A new one is a folder and a line here."""

from playground.lenses import architecture, attention, embeddings, experts, intervene, learning, positions, predictions
from playground.lenses.lens import Lens

LENSES: dict[str, Lens] = {
    each.LENS.name: each.LENS
    for each in (architecture, learning, attention, experts, positions, embeddings, predictions, intervene)
}
FIRST = "attention"
