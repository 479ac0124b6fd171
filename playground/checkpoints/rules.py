"""Which checkpoints a visitor may ask for. The operator decides; on a machine of one's own only memory does."""

from __future__ import annotations

import os
from collections.abc import Mapping

from playground.checkpoints.listing import Listing


def forbidden(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Why a visitor may not ask for this repository or folder, or "": asked before `find` or `local`.

    A name that begins with / ~ . or a drive letter is a folder: only where the app is bound to loopback and no Space.
    A hosted page has a list of repositories, PLAYGROUND_CHECKPOINTS.
    """
    raise NotImplementedError


def too_large(listing: Listing, environment: Mapping[str, str] = os.environ) -> str:
    """Why it may not be fetched or loaded here, or "": asked before `fetch`. PLAYGROUND_MAX_CHECKPOINT_GB, and memory."""
    raise NotImplementedError
