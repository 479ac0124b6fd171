"""What a place with a checkpoint holds, before anything large is fetched or read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from models.architecture import TransformerConfig


class File(NamedTuple):
    """One file that is needed."""

    name: str
    """A plain name, in the top folder."""
    size: int
    """In bytes."""
    hash: str = ""
    """As the Hub states it: SHA-256 of a large file, git's SHA-1 of a small one. "" in a folder."""


class Listing(NamedTuple):
    """A repository of the Hub at one commit, or a folder."""

    name: str
    """"owner/name", or the path of the folder."""
    revision: str = ""
    """The branch, tag, pull request (refs/pr/N) or commit that was asked for; "" for a folder."""
    commit: str = ""
    """The commit it means, 40 hex digits: what is fetched. "" for a folder."""
    folder: Path | None = None
    """Where the files lie, of a folder."""
    format: Literal["safetensors", "GGUF", ""] = ""
    """How the weights are stored; "" where there are none that are read."""
    files: tuple[File, ...] = ()
    """What `fetch` brings: config, weights and tokenizer; nothing else."""
    settings: Mapping[str, Any] = {}
    """The content of config.json; empty where there is none."""
    kind: str = ""
    """Its model_type."""
    config: TransformerConfig | None = None
    """The same in this core, where the family is known and the core can express it."""
    parameters: int | None = None
    """Of the model in this core; None without `config`."""
    memory: int | None = None
    """Bytes that loading holds at most, in single precision; None without `config`."""
    tokenizer: bool = False
    """Whether there is a tokenizer.json."""
    revisions: tuple[str, ...] = ()
    """Branches and tags of the repository in natural order (step1000 after step512), main first; then the newest pull
    requests, refs/pr/N."""
    problems: tuple[str, ...] = ()
    """Why it cannot be loaded, each a sentence that says what would work; empty if it can."""
    notices: tuple[str, ...] = ()
    """What is worth knowing: no tokenizer, a pull request that anybody may have opened."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)
