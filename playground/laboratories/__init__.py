"""The pages beside the Playground, in the order of the header. A new one is a folder and a line here."""

from playground.laboratories import checkpoints, compare, embeddings, positions
from playground.lenses.page import Page

LABORATORIES: dict[str, Page] = {each.PAGE.name: each.PAGE for each in (compare, positions, embeddings, checkpoints)}
