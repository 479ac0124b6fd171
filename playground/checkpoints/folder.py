"""A checkpoint in a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from playground.checkpoints.contents import claims, contents, plain
from playground.checkpoints.listing import File, Listing


def local(folder: str | Path) -> Listing:
    """What a folder holds: config, headers of its weights and tokenizer, no weights. Raises ValueError with a sentence
    where there is no such folder. Ask `rules.forbidden` first: whether a visitor may name folders.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r:.200}.")
    there = {path.name: File(path.name, path.stat().st_size) for path in place.iterdir() if plain(path.name)}
    listing = contents(str(folder), there, lambda file: place / file.name)
    try:
        for file in listing.files:
            if file.name.endswith(".safetensors"):
                claims(place / file.name)
    except ValueError as error:
        listing = listing._replace(problems=(*listing.problems, str(error)))
    return listing._replace(folder=place.resolve())
