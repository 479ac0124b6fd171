"""Who asks, and by what name: addresses behind proxies, and the names that this server answers to.

A page of another site can make a browser ask us, either outright (its `Origin` is then the other site's) or under a
name of its own that it has pointed here (DNS rebinding: `Host` is then that name). So both are checked. Environment:

- `PLAYGROUND_HOSTS`: names that the server is known by, separated by commas, such as "play.example.org, *.example.net";
  "*" for any name, and then any origin too.
- `PLAYGROUND_PROXIES`: addresses or networks of proxies whose `X-Forwarded-*` is believed, such as
  "10.0.0.0/8, 192.168.1.7"; "*" for any. Nobody's is without it, except on a Space, where whoever asks is the Space's.

Without a list of names, a server bound to loopback answers to loopback's names; a Space to its own and to plain
addresses; a server bound to other interfaces to plain addresses, to names without a dot and to the machine's own names,
none of which a stranger can point here.

It is long because names, origins and proxies are read by the same rules, and must not disagree.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

LABELS = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
DEFAULT = {"http": 80, "https": 443}
FORWARDED = (b"forwarded", b"x-gradio-server")
"""Headers that say where a request comes from, besides those that begin with x-forwarded-."""
HOPS = 20  # of a chain of proxies


class Named(NamedTuple):
    """A server as an address names it; `port` None where it is left out."""

    name: str
    port: int | None


def named(said: str) -> Named | None:
    """A name or an address, and perhaps a port, as `Host` has them; None for what is none."""
    said = said.strip().lower()
    if len(said) > 300:
        return None
    if said.startswith("["):
        name, closed, rest = said[1:].partition("]")
        if not closed or not isinstance(_address(name), IPv6Address) or "%" in name:
            return None
        name = str(_address(name))
    else:
        name, colon, rest = said.partition(":")
        rest = colon + rest
        if not LABELS.fullmatch(name):
            return None
        name = name.rstrip(".")
    if not rest:
        return Named(name, None)
    port = rest[1:]
    if rest[0] != ":" or not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535):
        return None
    return Named(name, int(port))


def _address(said: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(said)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _listed(said: str) -> tuple[str, ...]:
    return tuple(each.strip().lower() for each in said.split(",") if each.strip())


class Trusted:
    """Whose `X-Forwarded-*` is believed."""

    def __init__(self, said: str = "", *, space: bool = False):
        """Raises ValueError with a sentence for what is no address."""
        self.space = space
        self.any = "*" in _listed(said)
        self.networks = []
        for each in _listed(said):
            try:
                self.networks += [] if each == "*" else [ip_network(each, strict=False)]
            except ValueError:
                raise ValueError(
                    f"PLAYGROUND_PROXIES names {each!r}, which is no address. Write addresses or networks, such as "
                    "10.0.0.0/8, or * for any."
                ) from None

    def peer(self, address: str) -> bool:
        """Whether whoever is connected is a proxy of ours."""
        return self.any or self.space or self.hop(address)

    def hop(self, address: str) -> bool:
        """Whether an address on the way is a proxy of ours."""
        found = _address(address)
        if found is None:
            return False
        return (self.space and not found.is_global) or any(
            found.version == network.version and found in network for network in self.networks
        )


def client_address(scope: Mapping[str, Any], trusted: Trusted | None = None) -> str:
    """The address of whoever asks, "" if there is none: that of the connection or, where it is a trusted proxy's, the
    nearest address of `X-Forwarded-For` that is not; anybody can write what stands before that one. `trusted` is what
    the environment says if left out.
    """
    trusted = trusted or policy().trusted
    peer = (scope.get("client") or ("", 0))[0]
    if not trusted.peer(peer):
        return _plain(peer)
    said = ",".join(v.decode("latin-1") for k, v in scope.get("headers", ()) if k.lower() == b"x-forwarded-for")
    found = peer
    for each in reversed(said.split(",")[-HOPS:] if said else []):
        each = each.strip()
        if _address(each) is None:  # some write a port
            each = getattr(named(each), "name", "")
        if _address(each) is None:
            break
        found = each
        if not (trusted.any or trusted.hop(each)):
            break
    return _plain(found)


def _plain(address: str) -> str:
    return str(_address(address) or address)


def household(address: str) -> str:
    """What counts as one visitor's address: with IPv6 a network of 64 bits, for all of it belongs to one connection."""
    found = _address(address)
    return str(IPv6Network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


@dataclass(frozen=True)
class Policy:
    """Which names the server answers to, and whom it believes."""

    trusted: Trusted
    bound: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()
    space: str = ""
    """Name of the Space, "*.hf.space" if it does not say; "" where this is none."""

    @property
    def any(self) -> bool:
        """Whether every name will do."""
        return "*" in self.hosts

    def listed(self, name: str) -> bool:
        """Whether the operator, or the Space, named it."""
        return any(
            name == each or (each.startswith("*.") and name.endswith(each[1:]))
            for each in (*self.hosts, self.space)
            if each
        )

    def answers(self, host: Named) -> bool:
        """Whether the server is known by this name."""
        address = _address(host.name)
        if self.any or self.listed(host.name) or host.name == "localhost" or (address and address.is_loopback):
            return True
        if self.hosts and not self.space:
            return False
        if self.space:
            return address is not None  # what looks whether the Space is well
        here = _address(self.bound)
        if self.bound == "localhost" or (here and here.is_loopback):
            return False
        return address is not None or "." not in host.name or host.name in (self.bound.lower(), *own_names())

    def welcomes(self, origin: str, host: Named) -> bool:
        """Whether a page of this origin may ask under this name."""
        if self.any:
            return True
        scheme, _, rest = origin.strip().lower().partition("://")
        found = named(rest)
        if found is None or scheme not in DEFAULT:  # "null" too: a page without an origin is not ours
            return False
        default = DEFAULT[scheme]
        return self.listed(found.name) or (found.name, found.port or default) == (host.name, host.port or default)


@lru_cache
def own_names() -> frozenset[str]:
    """What the machine calls itself."""
    name = socket.gethostname().lower()
    return frozenset({name, f"{name}.local"})


def told(environment: Mapping[str, str]) -> Policy:
    """What the environment says. Raises ValueError with a sentence."""
    space = environment.get("SPACE_HOST", "").strip().lower() or ("*.hf.space" if environment.get("SPACE_ID") else "")
    hosts = _listed(environment.get("PLAYGROUND_HOSTS", ""))
    for each in hosts:
        if each != "*" and named(each.removeprefix("*.")) != (each.removeprefix("*."), None):
            raise ValueError(
                f"PLAYGROUND_HOSTS names {each!r}. Write names without a port, such as play.example.org, or * for any."
            )
    proxies = environment.get("PLAYGROUND_PROXIES", "")
    bound = environment.get("GRADIO_SERVER_NAME", "").strip().strip("[]") or "127.0.0.1"
    return Policy(Trusted(proxies, space=bool(space) and not proxies.strip()), bound, hosts, space)


@lru_cache(maxsize=1)
def policy() -> Policy:
    """What this process was told."""
    return told(os.environ)
