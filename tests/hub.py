"""A Hub on this machine, for tests: repositories in memory, and the faults of the real one at a word."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import close_session, constants

from playground.checkpoints import cache

LARGE = 4096
"""Files from this size on are told by their SHA-256, as large ones are on the Hub."""


class Asked(NamedTuple):
    """One request that came."""

    method: str
    path: str
    token: str
    range: str


class Hub:
    """What it has, how it misbehaves, and what it was asked."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, dict[str, bytes]]] = {}
        """name -> revision -> file -> content."""
        self.asked: list[Asked] = []
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        """Part of a path -> the answer there: status and headers."""
        self.breaks: list[int] = []
        """Of each next file: bytes after which the connection breaks."""
        self.changed: set[str] = set()
        """Files whose content is not what their hashes say."""
        self.ranges = True
        self.url = ""

    def put(self, name: str, folder: Path, revision: str = "main") -> None:
        """The files of a folder as a revision of a repository."""
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        self.repositories.setdefault(name, {})[revision] = files

    def commit(self, name: str, revision: str) -> str:
        """The commit of a revision: other content, other commit."""
        files = self.repositories[name][revision]
        return hashlib.sha1(repr((name, sorted(files.items()))).encode()).hexdigest()

    def resolved(self, name: str, revision: str) -> dict[str, bytes] | None:
        """The files of a revision, by its name or its commit."""
        there = self.repositories.get(name, {})
        return next((f for r, f in there.items() if revision in (r, self.commit(name, r))), None)


def hashed(content: bytes) -> dict[str, Any]:
    """How a listing tells of a file."""
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    told: dict[str, Any] = {"size": len(content), "blobId": blob}
    if len(content) >= LARGE:
        told["lfs"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 100}
    return told


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub, up for the block."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A Hub of one's own, an empty cache and no token."""
    with serving() as found:
        for name, value in {
            "ENDPOINT": found.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": found.url + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_HUB_CACHE": str(tmp_path / "cache"),
            "HF_TOKEN_PATH": str(tmp_path / "token"),
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
        }.items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(cache, "PAUSE", 0.0)
        monkeypatch.setattr(cache, "CHUNK", 1000)
        close_session()  # that of another test knows another Hub
        yield found
        close_session()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if self._told(path):
            return
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._file(*found.groups())
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/refs", path):
            self._refs(found[1])
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+?)(?:/revision/(.+))?", path):
            self._listing(found[1], found[2] or "main")
        else:
            self._json({"error": "not here"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        if self._told(path):
            return
        if path == "/api/repos/create":
            made = json.loads(body)
            name = f"{made.get('organization') or 'me'}/{made['name']}"
            self.hub.repositories.setdefault(name, {"main": {}})
            self._json({"url": f"{self.hub.url}/{name}", "name": name, "id": "1"})
        elif path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            files = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            self._json({"files": modes})
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/main", path):
            files = self.hub.repositories[found[1]]["main"]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            commit = self.hub.commit(found[1], "main")
            self._json(
                {"commitUrl": f"{self.hub.url}/{found[1]}/commit/{commit}", "commitOid": commit, "success": True}
            )
        else:
            self._json({"error": "not here"}, 404)

    def _told(self, path: str) -> bool:
        """Note the request; give the answer that a test wants there."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.hub.asked.append(Asked(self.command, path, token, self.headers.get("Range", "")))
        for part, (status, headers) in self.hub.answers.items():
            if part in path:
                self._json({"error": "refused"}, status, headers)
                return True
        return False

    def _listing(self, name: str, revision: str) -> None:
        files = self.hub.resolved(name, revision)
        if files is None:
            missing = "RevisionNotFound" if name in self.hub.repositories else "RepoNotFound"
            self._json({"error": missing}, 404, {"X-Error-Code": missing})
            return
        commit = next(
            c for r, f in self.hub.repositories[name].items() if f is files for c in [self.hub.commit(name, r)]
        )
        siblings = [{"rfilename": file, **hashed(content)} for file, content in files.items()]
        self._json({"id": name, "sha": commit, "siblings": siblings, "private": False, "tags": [], "downloads": 0})

    def _refs(self, name: str) -> None:
        refs = [{"name": r, "ref": r, "targetCommit": self.hub.commit(name, r)} for r in self.hub.repositories[name]]
        pulls = [ref for ref in refs if ref["ref"].startswith("refs/pr/")]
        self._json({"branches": [r for r in refs if r not in pulls], "tags": [], "converts": [], "pullRequests": pulls})

    def _file(self, name: str, commit: str, file: str) -> None:
        content = (self.hub.resolved(name, commit) or {}).get(file)
        if content is None:
            self._json({"error": "EntryNotFound"}, 404, {"X-Error-Code": "EntryNotFound"})
            return
        if file in self.hub.changed:
            content = bytes([content[0] ^ 1]) + content[1:]
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.hub.ranges else 0
        self.send_response(206 if start or self.hub.ranges else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        most = self.hub.breaks.pop(0) if self.hub.breaks else len(content)
        self.wfile.write(content[start : start + most])
        self.close_connection = start + most < len(content)

    def _json(self, value: Any, status: int = 200, headers: Mapping[str, str] = {}) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for key, said in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, said)
        self.end_headers()
        self.wfile.write(body)
