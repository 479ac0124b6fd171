"""Every request to the Hub passes here: to the Hub and where it keeps its files, nowhere else, and the token to the Hub
alone. Nothing is imported, and nothing asked, before somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

SECONDS = 10.0
"""How long the Hub may be silent."""
STORES = (".hf.co", ".huggingface.co")
"""Where the Hub sends for large files: hosts whose names end so, over https."""


def session() -> httpx2.Client:
    """The client of huggingface_hub, guarded."""
    from huggingface_hub import get_session

    client = get_session()
    if guard not in client.event_hooks["request"]:
        client.event_hooks["request"].append(guard)
        client.timeout = SECONDS
    return client


def guard(request: httpx2.Request) -> None:
    """Refuse a request, or what it was redirected to, that leaves the Hub. Raises ValueError."""
    import httpx2
    from huggingface_hub import constants

    url, home = request.url, httpx2.URL(constants.ENDPOINT)
    if url.origin == home.origin:
        return
    if url.scheme != "https" or not f".{url.host}".endswith(STORES):
        raise ValueError(f"The Hub sends this request elsewhere, to {url.host:.80}. It was not followed.")
    request.headers.pop("authorization", None)


@contextmanager
def told(name: str, revision: str = "") -> Iterator[None]:
    """Errors of the Hub and of the way to it, as sentences: raises ValueError."""
    import httpx2
    from huggingface_hub import constants, errors

    home = constants.ENDPOINT
    try:
        yield
    except errors.GatedRepoError:
        raise ValueError(
            f"{name} is gated: its owner lets in who accepts the terms at {home}/{name}. Do that, log in here or set "
            "HF_TOKEN, and try again."
        ) from None
    except errors.RevisionNotFoundError:
        raise ValueError(f"{name} has no revision {revision or 'main'}.") from None
    except errors.RepositoryNotFoundError:
        raise ValueError(
            f"There is no repository {name} on the Hub, or it is private. Look at its name; log in to see your own."
        ) from None
    except errors.OfflineModeIsEnabled:
        raise Unreachable(
            "This app is told to stay offline (HF_HUB_OFFLINE), and this is not among what was fetched before."
        ) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            said = "does not let you do this. Log in, or look at what your token may do."
        elif status == 404:
            said = "does not have it."
        else:
            said = "has a fault or too much to do. Try again in a minute."
        raise ValueError(f"{name}: the Hub answers {status}: it {said}") from None
    except httpx2.TransportError:
        raise Unreachable(f"The Hub ({home}) does not answer. Is this machine connected?") from None


class Unreachable(ValueError):
    """Nothing is wrong with what was asked for; the Hub cannot be asked."""
