"""Which checkpoints a visitor may ask for. The operator decides; on a machine of one's own only memory does."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address

from playground.checkpoints.listing import Listing
from playground.settings import limits

VARIABLE = "PLAYGROUND_CHECKPOINTS"
OFFERED = (
    "EleutherAI/pythia-14m",
    "EleutherAI/pythia-70m",
    "HuggingFaceTB/SmolLM2-135M",
    "google-bert/bert-base-uncased",
    "google-t5/t5-small",
    "openai-community/gpt2",
)
"""Small, known to this core, openly licensed: what a hosted page has unless its operator says otherwise."""


def is_folder(name: str) -> bool:
    """Whether a visitor means a folder of this machine: it begins with / ~ . or a drive, or has a backslash."""
    return name.startswith(("/", "~", ".")) or "\\" in name or re.match(r"[A-Za-z]:", name) is not None


def offered(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The repositories that a page offers: all that a hosted one has, unless that is "*"."""
    return tuple(environment.get(VARIABLE, "").replace(",", " ").split()) or OFFERED


def forbidden(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Why a visitor may not ask for this repository or folder, or "": asked before `find` or `local`.

    A folder (`is_folder`): only where the app is bound to loopback, alone with its visitor, and no Space. A hosted page
    has a list of repositories, PLAYGROUND_CHECKPOINTS.
    """
    hosted = limits.told(environment).hosted
    if is_folder(name):
        if hosted or not _alone(environment):
            return "Folders are opened only where the app runs on the visitor's own machine. Name a repository instead."
        return ""
    listed = offered(environment)
    if hosted and "*" not in listed and name not in listed:
        return f"This page opens {', '.join(listed)}. On your own machine the app opens any."
    return ""


def _alone(environment: Mapping[str, str]) -> bool:
    """Whether only this machine reaches the app."""
    if any(environment.get(name) for name in ("SPACE_ID", "PLAYGROUND_HOSTS", "PLAYGROUND_PROXIES")):
        return False
    bound = environment.get("GRADIO_SERVER_NAME", "").strip().strip("[]") or "127.0.0.1"
    try:
        return bound == "localhost" or ip_address(bound).is_loopback
    except ValueError:  # a name
        return False


def too_large(listing: Listing, environment: Mapping[str, str] = os.environ) -> str:
    """Why it may not be fetched or loaded here, or "": asked before `fetch`. The bound is the operator's, or memory."""
    told = limits.told(environment)
    size = max(listing.memory or 0, listing.size)
    if size <= told.checkpoint_bytes:
        return ""
    who = "the page allows" if told.hosted else "this machine's memory has room for"
    return (
        f"{listing.name} would take {size / 2**30:,.1f} GiB, and {who} {told.checkpoint_bytes / 2**30:,.3g}. "
        "Take a smaller one."
    )
