"""What the page and its workers say to each other. A message is a few plain fields and perhaps bytes; on the wire it is
two lengths, a JSON object and the bytes. Nothing here is executed by whoever reads it.

`session` names a session (a hash of its visitor's key), `job` a remote job; `re` is the number of a question, which its
answer repeats.

It is long as a table is: a class for each message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

LENGTHS = struct.Struct(">II")
MOST = 512 * 2**20  # bytes of one message
MOVABLE = frozenset({"train", "checkpoint"})
"""Jobs that a session takes along."""


# ---- the page to a worker ----
class Layout(NamedTuple):
    """Ask for what the pages are built from; the answer's body is JSON."""

    re: int


class Attach(NamedTuple):
    """A page opens: make its session, or wake it from its folder. The answer's body is a whole picture.

    `life` rises with each of these: pages drop what an earlier one still says. `going`: jobs that are to go on, as they
    did before it slept or its worker ended.
    """

    re: int
    session: str
    life: int
    query: dict[str, str] | None
    """The page's address, to be read; None where no page loads: the session wakes or moves, or its page asks again."""
    tab: str = ""
    answered: int = 0
    """The newest press of the visitor's."""
    going: Sequence[str] = ()
    lost: str = ""
    """Why the session has to be woken: "restart", "crash"; "" if it only slept or moves."""
    heavy: bool = False
    """Whether this is the worker of heavy sessions, where checkpoints are opened."""


class Act(NamedTuple):
    """An event of the visitor's; `n` numbers those of one page. `whole`: answer with everything, not with changes."""

    re: int
    session: str
    n: int
    view: str
    event: str
    data: dict[str, Any]
    whole: bool = False
    body: bytes = b""


class Watch(NamedTuple):
    """Whether a stream shows this session's frames, and whether its tab is in sight at all."""

    session: str
    on: bool
    hidden: bool = False


class Seen(NamedTuple):
    """The newest message that the page has drawn."""

    session: str
    seq: int


class Rest(NamedTuple):
    """Write the session to its folder and let go of it; answered with `Slept`. Where it cannot be written, it lives on,
    unless it `must` go and nothing of it computes.
    """

    session: str
    must: bool = False


class Forget(NamedTuple):
    """The visitor's data are not wanted any more."""

    session: str


# ---- either way: remote jobs, which the page relays ----
class Begin(NamedTuple):
    """Begin a job for a session of another worker, or of this one."""

    job: str
    kind: str
    spec: dict[str, Any]
    body: bytes = b""


class Order(NamedTuple):
    """Something that a remote job is to do."""

    job: str
    do: str
    what: dict[str, Any]


class End(NamedTuple):
    """A remote job is not wanted any more."""

    job: str


class Report(NamedTuple):
    """What a remote job has to say; {"ended": true} where its worker is gone. The body is a file, where it has one."""

    job: str
    data: dict[str, Any]
    body: bytes = b""


# ---- a worker to the page ----
class Answer(NamedTuple):
    """The answer to a question. With `file`, the body's first `text` bytes are the message and the rest is the file."""

    re: int
    file: str = ""
    text: int = 0
    live: bool = False
    body: bytes = b""


class Frame(NamedTuple):
    """What is new on a page, without being asked for; `life` is that of the newest Attach."""

    session: str
    life: int
    live: bool
    body: bytes = b""


class Slept(NamedTuple):
    """A session is in its folder and nowhere else, or `stays` where it was, because of a `problem` with writing it.
    `going`: what computed, and is to go on when it wakes.
    """

    session: str
    going: Sequence[str]
    stays: bool = False
    problem: str = ""


class Told(NamedTuple):
    """What a worker tells of one session."""

    jobs: int
    bytes: int
    """That it holds in memory, about."""
    pace: float
    """Seconds of computing of one update."""
    going: Sequence[str]
    """Its jobs that go on where they were, after it has slept or moved."""
    opens: bool = False
    """Whether it is to move to the worker of heavy sessions, where it can open a checkpoint."""

    @property
    def movable(self) -> bool:
        """Whether it may move to another worker in the middle of what it does."""
        return self.jobs == len(MOVABLE.intersection(self.going)) > 0


class Load(NamedTuple):
    """How a worker is doing, about once a second, which is also its sign of life: of each session what `Told` has."""

    sessions: dict[str, tuple[Any, ...]]


MESSAGES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Layout, Attach, Act, Watch, Seen, Rest, Forget, Begin, Order, End, Report, Answer, Frame, Slept, Load)
}
Message = Any  # one of them


def encoded(message: Message) -> bytes:
    """The message on the wire. Raises ValueError for one that is too long."""
    fields = message._asdict()
    body = fields.pop("body", b"")
    head = orjson.dumps([type(message).__name__, fields])
    if len(head) + len(body) > MOST:
        raise ValueError(f"{len(body) / 2**20:,.0f} MiB are more than the {MOST >> 20} MiB that may be sent at once.")
    return LENGTHS.pack(len(head), len(body)) + head + body


class Decoder:
    """Bytes in pieces of any size -> messages. Raises ValueError for what is none."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete."""
        waiting = self._waiting
        waiting += data
        at = 0
        while len(waiting) - at >= LENGTHS.size:
            head, body = LENGTHS.unpack_from(waiting, at)
            if head + body > MOST:
                raise ValueError(f"A message of {head + body:,} bytes is too long.")
            begin = at + LENGTHS.size
            if len(waiting) < begin + head + body:
                break
            kind, fields = orjson.loads(memoryview(waiting)[begin : begin + head])
            at = begin + head + body
            made = MESSAGES[kind]
            yield made(**fields, body=bytes(waiting[begin + head : at])) if "body" in made._fields else made(**fields)
        del waiting[:at]
