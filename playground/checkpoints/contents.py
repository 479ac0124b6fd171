"""Names and sizes of files -> a listing: which of them are needed, what model they are, why it cannot be loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from models.cost import cost
from models.pretrained import files, understood
from playground.checkpoints.listing import File, Listing

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
NO_TOKENIZER = f"There is no {TOKENIZER[0]}: texts are read as bytes."
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack", ".ot")
"""Formats that are not opened: a pickle runs code, and the others are for other tools."""
CONVERT = "https://huggingface.co/spaces/safetensors/convert"
BYTES = 4
"""Of a parameter here: single precision."""


def contents(
    name: str, there: Mapping[str, File], read: Callable[[File], Path], elsewhere: Callable[[], str] = str
) -> Listing:
    """The listing of a place. `there`: every file of its top folder, by name. `read` brings a small one; only JSON of
    bounded length is read. `elsewhere`: which revisions have safetensors, asked where this one has pickles alone.
    """
    listing = Listing(name)
    problems: list[str] = []
    weights = _weights(there, read, elsewhere, problems)
    if files.CONFIG in there:
        try:
            settings = files.document(read(_short(there[files.CONFIG])))
            listing = listing._replace(settings=settings, kind=f"{settings.get('model_type', '')!s:.40}")
            listing = built(listing)
        except ValueError as error:
            problems.append(str(error))
    elif weights:
        problems.append(f"There is no {files.CONFIG}, which says what model it is. Take the repository that has one.")
    has = files.CONFIG in there and bool(weights)
    needed = [files.CONFIG, *weights, *(extra for extra in TOKENIZER if extra in there)] if has else []
    notices = [] if TOKENIZER[0] in there else [NO_TOKENIZER]
    if "auto_map" in listing.settings:
        notices.append("It brings Python code of its own, which is not run here.")
    return listing._replace(
        format="safetensors" if weights else "GGUF" if any(each.endswith(".gguf") for each in there) else "",
        files=tuple(there[each] for each in dict.fromkeys(needed)),
        tokenizer=TOKENIZER[0] in there,
        problems=tuple(problems),
        notices=tuple(notices),
    )


def _weights(
    there: Mapping[str, File], read: Callable[[File], Path], elsewhere: Callable[[], str], problems: list[str]
) -> list[str]:
    """The files of the tensors, an index before what it names."""
    if files.WHOLE in there:
        return [files.WHOLE]
    if files.INDEX in there:
        try:
            names = files.named(read(_short(there[files.INDEX])))
        except ValueError as error:
            problems.append(str(error))
            return []
        problems += [f"{files.INDEX} names {name:.80}, which is missing." for name in names if name not in there][:1]
        return [files.INDEX, *(name for name in names if name in there)]
    pickle = next((each for each in sorted(there) if each.endswith(PICKLES)), "")
    if pickle:
        held = elsewhere()
        works = f"its revision {held} has them" if held else f"{CONVERT} makes them of a repository"
        problems.append(
            f"Its weights are in {pickle:.80} alone, and such a file is not opened: a pickle runs code when it is. "
            f"What works is safetensors: {works}."
        )
    elif any(name.endswith(".gguf") for name in there):
        problems.append(
            "It holds GGUF files alone. Take the repository they came from, or one of the files in a folder of this "
            "machine."
        )
    else:
        problems.append(f"There are no weights: neither {files.WHOLE} nor {files.INDEX}.")
    return []


def _short(file: File) -> File:
    if file.size > files.JSON_BYTES:
        raise ValueError(f"{file.name} is longer than {files.JSON_BYTES:,} bytes.")
    return file


def built(listing: Listing) -> Listing:
    """With what its settings are in this core. Raises ValueError where they cannot be expressed."""
    config = understood(listing.settings)[-1]
    count = cost(config).parameters
    largest = config.vocab * config.width  # the table, held twice while it is copied
    return listing._replace(config=config, parameters=count, memory=BYTES * (count + 2 * largest))


def claims(path: Path) -> None:
    """Raise ValueError where the header of a safetensors file claims more numbers than the file has bytes."""
    size = path.stat().st_size
    for tensor in files.header(path):
        numbers = math.prod(tensor.shape)
        if numbers > size or min(tensor.shape, default=0) < 0:
            raise ValueError(
                f"{path.name} is damaged: it claims {numbers:,} numbers for {tensor.name:.80} and has {size:,} bytes."
            )


def plain(name: str) -> bool:
    """Whether a file lies in the top folder under a name that stays there."""
    return re.fullmatch(r"[\w-][\w.-]*", name) is not None
