"""What a repository of the Hub holds. Nothing is asked of the Hub but by these functions, `fetch` and `push`."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from playground.checkpoints import cache
from playground.checkpoints.contents import contents, plain
from playground.checkpoints.folder import local
from playground.checkpoints.listing import File, Listing
from playground.checkpoints.session import Unreachable, session, told

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

NAME = re.compile(r"[\w-][\w.-]{0,95}(/[\w-][\w.-]{0,95})?")
REVISION = re.compile(r"(?!.*\.\.)[\w][\w./-]{0,199}")
HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
PULLS = re.compile(r"refs/pr/\d+")
LOOKS = 8
"""Other revisions that are looked at for safetensors where the one asked for has none."""
NEWEST = 20
"""Pull requests that are listed."""


def find(name: str, revision: str | None = None, *, token: str | None = None) -> Listing:
    """What a repository holds at a revision (main if None), pinned to its commit: two requests, and config.json.

    token: the visitor's own; else that of the environment (HF_TOKEN, or a login of this machine). Raises ValueError
    with a sentence where it cannot be seen: no such repository or revision, gated, offline, no answer. What can be
    seen and not loaded is in `problems`. Where the Hub cannot be asked, what was fetched before is found.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no name of a repository. Write owner/name, as in EleutherAI/pythia-14m.")
    if revision is not None and not REVISION.fullmatch(revision):
        raise ValueError(f"{revision!r:.80} is no revision. Write a branch, a tag, a commit or refs/pr/1.")
    asked = revision or "main"
    try:
        return _asked(name, asked, token)
    except Unreachable:
        fetched = cache.snapshot(name, asked)
        if fetched is None:
            raise
        listing = local(fetched)
        said = "The Hub cannot be asked now: this is what was fetched before."
        return listing._replace(name=name, revision=asked, commit=fetched.name, notices=(*listing.notices, said))


def _asked(name: str, revision: str, token: str | None) -> Listing:
    info = _info(name, revision, token)
    commit = info.sha or ""
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ValueError(f"The Hub does not say which commit {revision} of {name} is.")
    revisions = _revisions(name, token)
    listing = contents(
        name,
        _files(info),
        lambda file: cache.bring(name, commit, file, lambda size: None, token),
        lambda: _with_safetensors(name, revision, revisions, token),
    )
    notices = list(listing.notices)
    if PULLS.fullmatch(revision):
        notices.append(f"{revision} is a pull request, which anybody may open: its weights are not its owner's.")
    return listing._replace(revision=revision, commit=commit, revisions=revisions, notices=tuple(notices))


def _info(name: str, revision: str, token: str | None) -> ModelInfo:
    from huggingface_hub import HfApi

    with told(name, revision):
        session()
        return HfApi().model_info(name, revision=revision, files_metadata=True, token=token)


def _files(info: ModelInfo) -> dict[str, File]:
    """Those of the top folder, with sizes and hashes."""
    found = {}
    for each in info.siblings or ():
        hash = (each.lfs.sha256 if each.lfs else each.blob_id) or ""
        if plain(each.rfilename) and type(each.size) is int and each.size >= 0 and HASH.fullmatch(hash):
            found[each.rfilename] = File(each.rfilename, each.size, hash)
    return found


def _revisions(name: str, token: str | None) -> tuple[str, ...]:
    """main, the other branches and the tags in natural order, the newest pull requests."""
    from huggingface_hub import HfApi

    with told(name):
        session()
        refs = HfApi().list_repo_refs(name, include_pull_requests=True, token=token)
    named = {ref.name for ref in (*refs.branches, *refs.tags) if REVISION.fullmatch(ref.name)}
    pulls = {ref.ref for ref in refs.pull_requests or () if PULLS.fullmatch(ref.ref)}
    first = ["main"] if "main" in named else []
    return (*first, *sorted(named - {"main"}, key=natural), *sorted(pulls, key=natural, reverse=True)[:NEWEST])


def natural(name: str) -> list[tuple[int, str]]:
    """A key by which step1000 follows step512."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _with_safetensors(name: str, asked: str, revisions: tuple[str, ...], token: str | None) -> str:
    """Other revisions that hold safetensors, for a sentence; of very many the newest pull requests are looked at."""
    looked = sorted((each for each in revisions if each != asked), key=lambda each: not PULLS.fullmatch(each))[:LOOKS]
    found = []
    for each in looked:
        with suppress(ValueError):
            if any(file.endswith(".safetensors") for file in _files(_info(name, each, token))):
                found.append(each)
    return " and ".join(found)
