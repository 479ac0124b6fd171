"""Texts into ids and back, by the tokenizer.json of a checkpoint; bytes where there is none. Nothing of a checkpoint is
executed: the chat template is a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from models.pretrained import files

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Known

BYTES = 36 * 2**20
"""Longest tokenizer.json that is read; those of 256,000 tokens have 17 to 34 MB."""
LONGEST = 100_000
"""Characters of one text."""


class Piece(NamedTuple):
    """One token."""

    id: int
    text: str
    """As it stands in a text, its spaces included; bytes that are no whole character as \\xe2. Of a special token its
    name."""
    special: bool = False
    """Put there by the tokenizer (BOS, EOS, [CLS]), no part of a text."""


class Tokenizer:
    """What turns texts into ids."""

    def __init__(self, vocab: int, notice: str = ""):
        self.vocab = vocab
        """How many ids the model knows."""
        self.size = min(vocab, 256)
        """How many ids have a meaning here."""
        self.bos: Piece | None = None
        self.eos: Piece | None = None
        self.template = ""
        """The chat template as it is written; "" where there is none."""
        self.notice = notice
        """What is worth knowing, such as that bytes are read; or ""."""

    def encode(self, text: str, *, special: bool = True) -> list[Piece]:
        """The tokens of a text; `special`: with those that the tokenizer adds. Raises ValueError for a text that is too
        long, or has what the model does not know.
        """
        if len(text) > LONGEST:
            raise ValueError(f"The text has {len(text):,} characters, and at most {LONGEST:,} are read.")
        return self.pieces(self._ids(text, special))

    def pieces(self, ids: Iterable[int]) -> list[Piece]:
        """Each id as it is shown in a strip. Raises ValueError for an id that the model does not know."""
        found = list(ids)
        for id in found:
            if not 0 <= id < self.vocab:
                raise ValueError(f"Token {id:,} is none of the model's {self.vocab:,}.")
        return [self._piece(id) for id in found]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids, special ones left out."""
        return bytes(id for id in ids if id < 256).decode(errors="replace")

    def _ids(self, text: str, special: bool) -> list[int]:
        return list(text.encode())

    def _piece(self, id: int) -> Piece:
        return Piece(id, bytes([id]).decode(errors="backslashreplace") if id < 256 else f"#{id}")


class Published(Tokenizer):
    """That of a tokenizer.json."""

    def __init__(self, vocab: int, known: Known, document: Mapping[str, Any]):
        super().__init__(vocab)
        self.known = known
        self.known.no_truncation()  # which some files ask for, at the length they were trained with
        self.known.no_padding()
        self.size = known.get_vocab_size()
        self.special = {id for id, token in known.get_added_tokens_decoder().items() if token.special}
        self.spelled = speller(document)

    def decode(self, ids: Iterable[int]) -> str:
        return self.known.decode(list(ids), skip_special_tokens=True)

    def _ids(self, text: str, special: bool) -> list[int]:
        try:
            return self.known.encode(text, add_special_tokens=special).ids
        except Exception as error:  # the library has no class of its own
            raise ValueError(f"The tokenizer cannot read this text: {error!s:.200}.") from None

    def _piece(self, id: int) -> Piece:
        token = self.known.id_to_token(id)
        if token is None:
            return Piece(id, f"#{id}")
        special = id in self.special
        return Piece(id, token if special else self.spelled(token), special)

    def named(self, token: Any) -> Piece | None:
        """A special token as a config names it: its text, its id or an object with its content."""
        text = token.get("content") if isinstance(token, dict) else token
        id = self.known.token_to_id(text) if isinstance(text, str) else text
        return self._piece(id) if type(id) is int and 0 <= id < self.vocab else None


def read(folder: str | Path, vocab: int) -> Tokenizer:
    """The tokenizer of a checkpoint's folder, for a model of so many ids. Raises ValueError with a sentence for one
    that is damaged or too long.
    """
    from tokenizers import Tokenizer as Known

    folder = Path(folder)
    path = folder / "tokenizer.json"
    if not path.is_file():
        return Tokenizer(vocab, "There is no tokenizer.json: texts are read as bytes, which the model may not know.")
    if path.stat().st_size > BYTES:
        raise ValueError(f"tokenizer.json is longer than {BYTES:,} bytes.")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        document, known = json.loads(text), Known.from_str(text)
    except BaseException as error:  # damage may also end in what Rust calls a panic, which is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise ValueError(f"tokenizer.json is damaged: {error!s:.200}.") from None
    found = Published(vocab, known, document)
    told = _told(folder)
    found.bos = found.named(told.get("bos_token") or told.get("bos_token_id"))
    found.eos = found.named(told.get("eos_token") or told.get("eos_token_id"))
    found.template = _template(folder, told.get("chat_template"))
    if found.size > vocab:
        found.notice = f"The tokenizer knows {found.size:,} tokens, and the model the first {vocab:,} of them."
    return found


def _told(folder: Path) -> dict[str, Any]:
    """What tokenizer_config.json says, and config.json where that says nothing."""
    names = [name for name in (files.CONFIG, "tokenizer_config.json") if (folder / name).is_file()]
    return {key: value for name in names for key, value in files.document(folder / name).items()}


def _template(folder: Path, told: Any) -> str:
    """The chat template: a file of its own, or one of the templates that tokenizer_config.json names."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_bytes()[: files.JSON_BYTES].decode(errors="replace")
    if isinstance(told, list):
        named = {each.get("name"): each.get("template") for each in told if isinstance(each, dict)}
        told = named.get("default") or next(iter(named.values()), "")
    return told if isinstance(told, str) else ""


def speller(document: Mapping[str, Any]) -> Callable[[str], str]:
    """How a token of this file stands in a text: the vocabulary writes spaces and bytes in signs of its own."""
    decoder = document.get("decoder") or {}
    kinds = {each.get("type") for each in (decoder, *(decoder.get("decoders") or ()))}
    if "ByteLevel" in kinds:
        return byte_level
    if "WordPiece" in kinds:
        prefix = str(decoder.get("prefix", "##"))
        return lambda token: token.removeprefix(prefix) if token.startswith(prefix) else f" {token}"
    if kinds & {"Metaspace", "Replace", "ByteFallback"}:
        return metaspace
    return str


def byte_level(token: str) -> str:
    """GPT-2's signs (Radford et al. 2019): each stands for one byte. What is none of them stands for itself."""
    if not set(token) <= BYTE.keys():
        return token
    return bytes(BYTE[sign] for sign in token).decode(errors="backslashreplace")


def metaspace(token: str) -> str:
    """SentencePiece's (Kudo and Richardson 2018, arXiv:1808.06226): ▁ is a space, <0x0A> a byte."""
    byte = re.fullmatch(r"<0x([0-9A-F]{2})>", token)
    return bytes.fromhex(byte[1]).decode(errors="backslashreplace") if byte else token.replace("▁", " ")


def _signs() -> dict[str, int]:
    """Bytes that are seen are written as they are, the others as the characters from 256 on."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {chr(byte): byte for byte in seen} | {chr(256 + n): byte for n, byte in enumerate(hidden)}


BYTE = _signs()
"""Sign -> byte."""
