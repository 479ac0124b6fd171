"""Checkpoints from the Hub: what is there is told before it is fetched, and what is fetched is what was told."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants, hf_hub_download

from models.pretrained import load
from playground.checkpoints import cache, session
from playground.checkpoints.fetch import Cancelled, fetch
from playground.checkpoints.folder import local
from playground.checkpoints.hub import find
from playground.checkpoints.listing import Listing
from tests.hub import hub as hub  # a fixture
from tests.hub import serving
from tests.models.checkpoints import INDEX, PUBLISHED, WHOLE, tensors, write, write_header, write_shards

NAME = "someone/tiny"
LLAMA = PUBLISHED["llama"] | {"vocab_size": 200}  # large enough for several pieces of its file


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A small checkpoint."""
    (tmp_path / "made").mkdir()
    return write(tmp_path / "made", LLAMA)


def bring(listing: Listing, **more: Any) -> Path:
    return fetch(listing, lambda done, total, speed: None, lambda: False, **more)


def refused(said: str, *arguments: Any, call: Any = find, **more: Any) -> None:
    with pytest.raises(ValueError, match=r"[.?]$") as caught:
        call(*arguments, **more)
    assert said in str(caught.value)


def weights(hub: Any) -> list[str]:
    """The ranges in which the weights were asked for."""
    return [asked.range for asked in hub.asked if asked.path.endswith(WHOLE)]


def test_what_is_there_is_told_before_the_weights_are_fetched(hub, made):
    (made / "pytorch_model.bin").write_bytes(b"\x80")
    hub.put(NAME, made)
    found = find(NAME)
    assert found.commit == hub.commit(NAME, "main")
    assert [file.name for file in found.files] == ["config.json", WHOLE]
    assert found.size == sum((made / file.name).stat().st_size for file in found.files)
    assert (found.format, found.kind, found.problems) == ("safetensors", "llama", ())
    assert found.parameters == sum(p.numel() for p in load(made).model.parameters())
    assert found.memory > 4 * found.parameters
    assert found.notices == ("There is no tokenizer.json: texts are read as bytes.",)
    assert weights(hub) == []


def test_what_is_fetched_is_loaded_and_asked_for_once(hub, made):
    hub.put(NAME, made)
    told = []
    folder = fetch(find(NAME), lambda *said: told.append(said), lambda: False)
    expected = load(made).model.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in load(folder).model.state_dict().items())
    assert told[-1][:2] == (find(NAME).size,) * 2
    before = len(hub.asked)
    bring(find(NAME))
    assert [asked.path.split("/")[1] for asked in hub.asked[before:]] == ["api"] * 2


def test_other_tools_find_what_was_fetched(hub, made):
    hub.put(NAME, made)
    folder = bring(find(NAME))
    before = len(hub.asked)
    assert hf_hub_download(NAME, WHOLE, local_files_only=True) == str(folder / WHOLE)
    assert len(hub.asked) == before


def test_a_broken_connection_is_taken_up_where_it_broke(hub, made):
    hub.put(NAME, made)
    listing = find(NAME)
    hub.breaks = [3000, 2000]
    assert (bring(listing) / WHOLE).read_bytes() == (made / WHOLE).read_bytes()
    assert weights(hub) == ["bytes=0-", "bytes=3000-", "bytes=5000-"]


def test_a_later_download_goes_on_where_an_earlier_one_gave_up(hub, made):
    hub.put(NAME, made)
    listing = find(NAME)
    hub.breaks = [3000, *[0] * (cache.TRIES - 1)]
    refused("goes on where it stopped when you try again.", listing, call=bring)
    assert (bring(listing) / WHOLE).read_bytes() == (made / WHOLE).read_bytes()
    assert weights(hub)[-1] == "bytes=3000-"


def test_a_server_without_ranges_begins_again(hub, made):
    hub.put(NAME, made)
    listing = find(NAME)
    hub.ranges, hub.breaks, told = False, [3000], []
    folder = fetch(listing, lambda *said: told.append(said), lambda: False)
    assert (folder / WHOLE).read_bytes() == (made / WHOLE).read_bytes()
    assert told[-1][:2] == (listing.size,) * 2


def test_a_file_with_another_hash_is_not_kept(hub, made):
    hub.put(NAME, made)
    listing = find(NAME)
    hub.changed = {WHOLE}
    refused("came damaged: its hash is not the one that the Hub states.", listing, call=bring)
    hub.changed = set()
    assert (bring(listing) / WHOLE).read_bytes() == (made / WHOLE).read_bytes()
    assert weights(hub) == ["bytes=0-"] * 2


def test_a_small_file_with_another_hash_is_not_read(hub, made):
    hub.put(NAME, made)
    hub.changed = {"config.json"}
    found = find(NAME)
    assert "config.json of someone/tiny came damaged" in found.problems[0]
    assert found.config is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_repository_says_what_to_do(hub, made, status):
    hub.put(NAME, made)
    hub.answers = {f"/api/models/{NAME}": (status, {"X-Error-Code": "GatedRepo"})}
    refused("someone/tiny is gated: its owner lets in who accepts the terms at", NAME)


def test_what_is_not_there_is_told(hub, made):
    hub.put(NAME, made)
    refused("There is no repository someone/none on the Hub, or it is private.", "someone/none")
    refused("someone/tiny has no revision step7.", NAME, "step7")
    refused("is no name of a repository. Write owner/name", "../../etc")
    refused("is no revision.", NAME, "../main")
    hub.answers = {"/api/": (500, {})}
    refused("the Hub answers 500: it has a fault or too much to do.", NAME)


def test_without_a_connection_what_was_fetched_is_found(hub, made, monkeypatch):
    hub.put(NAME, made)
    commit = find(NAME).commit
    bring(find(NAME))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = len(hub.asked)
    found = find(NAME)
    assert (found.name, found.commit, found.problems) == (NAME, commit, ())
    assert found.notices[-1] == "The Hub cannot be asked now: this is what was fetched before."
    assert load(bring(found)).family == "llama"
    refused("This app is told to stay offline (HF_HUB_OFFLINE)", "someone/other")
    assert len(hub.asked) == before


def test_a_hub_that_does_not_answer_is_told(hub, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    refused("does not answer. Is this machine connected?", NAME)


def test_a_redirect_elsewhere_is_refused_and_sees_no_token(hub, made):
    hub.put(NAME, made)
    listing = find(NAME, token="hf_secret")
    with serving() as other:
        other.put(NAME, made)
        target = f"{other.url}/{NAME}/resolve/{listing.commit}/{WHOLE}"
        hub.answers = {f"/{WHOLE}": (302, {"Location": target})}
        refused("The Hub sends this request elsewhere, to 127.0.0.1.", listing, call=bring, token="hf_secret")
        assert other.asked == []


def test_a_redirect_within_the_hub_is_followed(hub, made):
    hub.put(NAME, made)
    listing = find(NAME)
    hub.put("someone/moved", made)
    moved = hub.commit("someone/moved", "main")
    hub.answers = {
        f"{NAME}/resolve/{listing.commit}/{WHOLE}": (307, {"Location": f"/someone/moved/resolve/{moved}/{WHOLE}"})
    }
    assert (bring(listing) / WHOLE).read_bytes() == (made / WHOLE).read_bytes()


@pytest.mark.parametrize(
    ("url", "goes", "token"),
    [
        ("https://cdn-lfs.hf.co/x", True, False),
        ("https://cas-bridge.xethub.hf.co/x", True, False),
        ("http://cdn-lfs.hf.co/x", False, False),
        ("https://nothf.co/x", False, False),
        ("https://hf.co.example.org/x", False, False),
    ],
)
def test_large_files_come_from_where_the_hub_keeps_them_without_the_token(hub, url, goes, token):
    import httpx2

    request = httpx2.Request("GET", url, headers={"authorization": "Bearer hf_secret"})
    if goes:
        session.guard(request)
        assert "authorization" not in request.headers
    else:
        refused("elsewhere", request, call=session.guard)


def test_a_token_is_the_visitors_or_the_environments_and_never_logged(hub, made, monkeypatch, caplog):
    hub.put(NAME, made)
    with caplog.at_level(logging.DEBUG):
        find(NAME)
        assert {asked.token for asked in hub.asked} == {""}
        monkeypatch.setenv("HF_TOKEN", "hf_environment")
        find(NAME)
        bring(find(NAME, token="hf_visitor"), token="hf_visitor")
    assert {asked.token for asked in hub.asked[-2:]} == {"hf_visitor"}
    assert any(asked.token == "hf_environment" for asked in hub.asked)
    assert caplog.text
    assert "hf_visitor" not in caplog.text
    assert "hf_environment" not in caplog.text


def test_a_pickle_alone_is_refused_with_what_would_work(hub, made):
    (made / WHOLE).rename(made / "pytorch_model.bin")
    hub.put(NAME, made)
    found = find(NAME)
    assert "Its weights are in pytorch_model.bin alone" in found.problems[0]
    assert "safetensors/convert makes them of a repository." in found.problems[0]
    refused("a pickle runs code when it is.", found, call=bring)
    assert not any(asked.path.endswith(".bin") for asked in hub.asked)


def test_safetensors_in_a_pull_request_are_named_and_marked(hub, made):
    hub.put(NAME, made, "refs/pr/5")
    (made / WHOLE).rename(made / "pytorch_model.bin")
    for revision in ("main", "refs/pr/4"):
        hub.put(NAME, made, revision)
    found = find(NAME)
    assert found.problems[0].endswith("What works is safetensors: its revision refs/pr/5 has them.")
    assert found.revisions == ("main", "refs/pr/5", "refs/pr/4")
    pulled = find(NAME, "refs/pr/5")
    assert not pulled.problems
    assert "refs/pr/5 is a pull request, which anybody may open: its weights are not its owner's." in pulled.notices
    assert load(bring(pulled)).family == "llama"


def test_each_revision_is_its_own_model(hub, made, tmp_path):
    for revision in ("step512", "step1000", "main", "step2"):
        write(made, LLAMA, {name: tensor + len(revision) for name, tensor in tensors(LLAMA).items()})
        hub.put(NAME, made, revision)
    found = {revision: find(NAME, revision) for revision in ("step2", "step1000")}
    assert found["step2"].revisions == ("main", "step2", "step512", "step1000")
    models = {revision: load(bring(listing)).model for revision, listing in found.items()}
    tables = [model.embedding.tokens for model in models.values()]
    torch.testing.assert_close(tables[1] - tables[0], torch.full_like(tables[0], 3.0))  # names of 5 and 8 letters
    pinned = find(NAME, found["step2"].commit)
    assert (pinned.commit, bring(pinned)) == (found["step2"].commit, bring(found["step2"]))


def test_a_family_that_is_not_known_is_named(hub, made):
    (made / "config.json").write_text(json.dumps(LLAMA | {"model_type": "mamba", "auto_map": {"AutoModel": "x.py"}}))
    hub.put(NAME, made)
    found = find(NAME)
    assert "model_type is 'mamba', and this core loads bert," in found.problems[0]
    assert found.config is None
    refused("model_type is 'mamba'", found, call=bring)


def test_code_of_a_repository_is_not_fetched(hub, made):
    (made / "config.json").write_text(json.dumps(LLAMA | {"auto_map": {"AutoModel": "modeling.Model"}}))
    (made / "modeling.py").write_text("raise SystemExit")
    hub.put(NAME, made)
    found = find(NAME)
    assert "It brings Python code of its own, which is not run here." in found.notices
    bring(found)
    assert not any(asked.path.endswith(".py") for asked in hub.asked)


def test_a_header_that_claims_what_no_file_holds_is_refused(hub, made):
    write_header(made, {"model.norm.weight": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}, 4)
    hub.put(NAME, made)
    folder = bring(find(NAME))
    assert "it claims 1,000,000,000,000 numbers for model.norm.weight" in local(folder).problems[0]
    refused("The checkpoint lacks", folder, call=load)


@pytest.mark.parametrize("name", ["../../secret.safetensors", "/etc/secret.safetensors", "in/secret.safetensors"])
def test_an_index_names_only_files_of_its_repository(hub, made, name):
    (made / WHOLE).unlink()
    (made / INDEX).write_text(json.dumps({"weight_map": {"model.norm.weight": name}}))
    hub.put(NAME, made)
    assert "which is no safetensors file of this folder." in find(NAME).problems[0]
    assert not any("secret" in asked.path for asked in hub.asked)


def test_shards_are_fetched_by_their_index(hub, made):
    (made / WHOLE).unlink()
    stored = tensors(LLAMA)
    write_shards(made, LLAMA, [dict(list(stored.items())[i::2]) for i in range(2)])
    hub.put(NAME, made)
    found = find(NAME)
    assert len(found.files) == 4
    assert load(bring(found)).family == "llama"


def test_a_download_ends_when_it_is_told_to_and_goes_on_later(hub, made, monkeypatch):
    hub.put(NAME, made)
    listing = find(NAME)
    monkeypatch.setattr("playground.checkpoints.fetch.EVERY", 0.0)
    done = 0

    def progress(now: int, total: int, speed: float) -> None:
        nonlocal done
        done = now

    with pytest.raises(Cancelled):
        fetch(listing, progress, lambda: done > 4000)
    assert (bring(listing) / WHOLE).read_bytes() == (made / WHOLE).read_bytes()
    start = int(weights(hub)[-1][6:-1])
    assert 0 < start < (made / WHOLE).stat().st_size


SILENT = """
import sys
from playground.checkpoints import fetch, folder, hub, push, rules, tokenizer
assert not {"huggingface_hub", "tokenizers"} & sys.modules.keys(), "loaded before it is needed"
from playground.pages import server
print("ready", flush=True)
assert sys.stdin.readline()
try:
    hub.find("someone/none")
except ValueError as error:
    print(error, flush=True)
"""


def test_nothing_is_asked_of_the_hub_before_a_visitor_asks(tmp_path):
    with serving() as found:
        environment = os.environ | {"HF_ENDPOINT": found.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path)}
        with subprocess.Popen(
            [sys.executable, "-c", SILENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            try:
                assert process.stdout.readline() == "ready\n"
                assert found.asked == []
                assert process.communicate("go\n", 60)[0].startswith("There is no repository someone/none on the Hub")
                assert found.asked
            finally:
                process.kill()
