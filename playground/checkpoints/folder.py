"""A checkpoint in a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from models.pretrained import files, gguf_files
from playground.checkpoints.contents import NO_TOKENIZER, TOKENIZER, built, claims, contents, plain
from playground.checkpoints.listing import File, Listing


def local(folder: str | Path) -> Listing:
    """What a folder holds: config, headers of its weights and tokenizer, no weights. Raises ValueError with a sentence
    where there is no such folder. Ask `rules.forbidden` first: whether a visitor may name folders.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r:.200}.")
    there = {
        path.name: File(path.name, path.stat().st_size)
        for path in place.iterdir()
        if plain(path.name) and path.is_file()
    }
    alone = [] if files.CONFIG in there else [file for name, file in there.items() if name.endswith(".gguf")]
    if len(alone) == 1:
        return _gguf(str(folder), place, alone[0], there)
    listing = contents(str(folder), there, lambda file: place / file.name)
    try:
        for file in listing.files:
            if file.name.endswith(".safetensors"):
                claims(place / file.name)
    except ValueError as error:
        listing = listing._replace(problems=(*listing.problems, str(error)))
    return listing._replace(folder=place.resolve())


def _gguf(name: str, place: Path, file: File, there: dict[str, File]) -> Listing:
    """A GGUF file, which has its settings in its header."""
    needed = (file, *(there[each] for each in TOKENIZER if each in there))
    has = TOKENIZER[0] in there
    notices = () if has else (NO_TOKENIZER,)
    listing = Listing(name, folder=place.resolve(), format="GGUF", files=needed, tokenizer=has, notices=notices)
    try:
        settings, _ = gguf_files.contents(place / file.name)
        return built(listing._replace(settings=settings, kind=settings["model_type"]))
    except ValueError as error:
        return listing._replace(problems=(str(error),))
