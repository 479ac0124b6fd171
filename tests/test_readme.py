"""What the README shows is so: its Python runs, its commands exist, its map is the map."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
MAP = re.compile(r"^#+ [^\n]*\bmap\b[^\n]*\n+```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
ENTRY = re.compile(r"( *)((?:[\w.-]+/)+[\w.-]*|[\w.-]*\.\w+|Makefile|LICENSE)(?=\s|$)")


def blocks(text: str, language: str) -> list[str]:
    return [body for tongue, body in FENCE.findall(text) if tongue == language]


def commands(text: str) -> set[str]:
    """The targets of every `make xyz` that is shown as code, in a block or within a line."""
    code = [body for _, body in FENCE.findall(text)] + SPAN.findall(FENCE.sub("", text))
    return {target for shown in code for target in re.findall(r"\bmake ([a-z]+)", shown)}


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def paths(text: str) -> Iterator[PurePosixPath]:
    """What the block under the heading "Map" names, one a line; what is indented under a folder lies in it.

    A line that begins with neither a folder ("name/") nor a file ("name.py", "folder/name") goes on with the one above.
    """
    found = MAP.search(text)
    folders: list[tuple[int, PurePosixPath]] = []
    for line in found[1].splitlines() if found else ():
        if (entry := ENTRY.match(line)) is None:
            continue
        depth, name = len(entry[1]), entry[2]
        folders = [(outer, folder) for outer, folder in folders if outer < depth]
        path = (folders[-1][1] if folders else PurePosixPath()) / name
        if name.endswith("/"):
            folders.append((depth, path))
        yield path


def packages(root: Path) -> set[PurePosixPath]:
    """The folders directly in models/ and playground/ that hold Python."""
    parts = [folder for part in ("models", "playground") for folder in (root / part).glob("*/")]
    return {PurePosixPath(folder.relative_to(root)) for folder in parts if any(folder.glob("*.py"))}


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_the_python_runs_as_it_is_pasted(readme, tmp_path, monkeypatch):
    """In order, in one fresh namespace, from a folder where files may be written."""
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "readme"}
    for number, block in enumerate(blocks(readme, "python"), 1):
        exec(compile(block, f"README.md, Python block {number}", "exec"), namespace)
    assert namespace["__name__"] == "readme"


def test_each_command_is_in_the_makefile(readme):
    shown = commands(readme)
    assert {"run", "test"} <= shown
    assert shown <= targets((ROOT / "Makefile").read_text())


def test_the_map_names_only_what_exists(readme):
    named = [*paths(readme)]
    assert named
    assert [str(path) for path in named if not (ROOT / path).exists()] == []


def test_the_map_names_every_folder_of_the_source(readme):
    assert packages(ROOT) - set(paths(readme)) == set()


def test_the_space_starts_what_the_map_shows(readme):
    front = re.match(r"---\n(.*?)\n---\n", readme, re.DOTALL)
    assert front is not None
    settings = dict(re.findall(r"^(\w+): (.+)$", front[1], re.MULTILINE))
    assert {"title", "emoji", "sdk_version", "python_version", "short_description"} <= settings.keys()
    assert (settings["sdk"], settings["app_file"], settings["license"]) == ("gradio", "app.py", "apache-2.0")
    assert len(settings["short_description"]) <= 60  # the Hub's limit


SAMPLE = """
Type `make lunch`, or make do.

## The map

```text
app.py             starts
models/            the core,
                   explained in two lines. Not a file
  moe/base.py      a base
  moe/
    top_k.py       a router
  .ci/run          indented too far, so looked for in models/
tests/
```

```python
broken(
```

```sh
make tea
```
"""


def test_what_these_tests_read_is_what_is_written():
    assert commands(SAMPLE) == {"lunch", "tea"}
    assert blocks(SAMPLE, "python") == ["broken(\n"]
    assert targets("run: x\n\t@y: z\nmake_it:\n.PHONY: a\ntest:\n") == {"run", "test"}
    expected = [
        "app.py",
        "models",
        "models/moe/base.py",
        "models/moe",
        "models/moe/top_k.py",
        "models/.ci/run",
        "tests",
    ]
    assert [str(path) for path in paths(SAMPLE)] == expected


def test_a_folder_that_holds_no_python_needs_no_line(tmp_path):
    (tmp_path / "models" / "moe").mkdir(parents=True)
    (tmp_path / "playground" / "pages").mkdir(parents=True)
    (tmp_path / "playground" / "pages" / "base.py").touch()
    assert packages(tmp_path) == {PurePosixPath("playground/pages")}
