"""Which checkpoints a visitor may ask for: folders on their own machine alone, on a hosted page those listed."""

from __future__ import annotations

import pytest

from playground.checkpoints.listing import File, Listing
from playground.checkpoints.rules import OFFERED, forbidden, is_folder, offered, too_large

OWN = {"PLAYGROUND_HOSTED": "0"}
HOSTED = {"PLAYGROUND_HOSTED": "1"}
FOLDERS = ("/etc", "~/models", "./here", "../there", "C:\\models", "c:models", "\\\\host\\share")


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_opened_on_a_machine_of_ones_own_alone(name):
    assert is_folder(name)
    assert forbidden(name, OWN) == ""
    assert forbidden(name, OWN | {"GRADIO_SERVER_NAME": "::1"}) == ""
    for environment in (
        HOSTED,
        {"SPACE_ID": "me/space"},
        OWN | {"SPACE_ID": "me/space"},
        OWN | {"GRADIO_SERVER_NAME": "0.0.0.0"},
        OWN | {"GRADIO_SERVER_NAME": "my-machine"},
        OWN | {"PLAYGROUND_PROXIES": "127.0.0.1"},
        OWN | {"PLAYGROUND_HOSTS": "play.example.org"},
    ):
        assert forbidden(name, environment).startswith("Folders are opened only"), environment


def test_a_repository_is_no_folder():
    assert not any(is_folder(name) for name in OFFERED)


def test_a_hosted_page_has_a_list():
    assert forbidden("someone/large", OWN) == ""
    assert "This page opens EleutherAI/pythia-14m" in forbidden("someone/large", HOSTED)
    assert all(forbidden(name, HOSTED) == "" for name in OFFERED)
    listed = HOSTED | {"PLAYGROUND_CHECKPOINTS": "me/one, me/two"}
    assert offered(listed) == ("me/one", "me/two")
    assert forbidden("me/two", listed) == ""
    assert forbidden(OFFERED[0], listed).startswith("This page opens me/one, me/two.")
    assert forbidden("someone/large", HOSTED | {"PLAYGROUND_CHECKPOINTS": "*"}) == ""


def test_what_is_too_large_is_told_by_what_it_takes():
    files = Listing("me/one", files=(File("model.safetensors", 3 * 2**30),), memory=2**30)
    loaded = Listing("me/one", memory=6 * 2**30)
    assert too_large(files, HOSTED) == "me/one would take 3.0 GiB, and the page allows 1. Take a smaller one."
    assert "would take 6.0 GiB" in too_large(loaded, HOSTED)
    assert too_large(loaded, HOSTED | {"PLAYGROUND_MAX_CHECKPOINT_GB": "6"}) == ""
    assert too_large(loaded, HOSTED | {"PLAYGROUND_MAX_CHECKPOINT_GB": "none"}) == ""
    own = OWN | {"PLAYGROUND_MEMORY_GB": "4"}
    assert too_large(files, own | {"PLAYGROUND_MEMORY_GB": "3"}) == ""
    assert too_large(loaded, own).endswith("this machine's memory has room for 4. Take a smaller one.")
