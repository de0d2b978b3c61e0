"""Where we may connect when a caller names the address: the public internet and nothing else.

A name is resolved once, every answer must be public, and the connection goes to the address that was judged,
below the HTTP client. TLS names, the Host header and certificates stay those of the URL. Whatever is refused,
unreachable or slow raises the same error, so that nobody can use us to find out what listens inside.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""From a host name and a port to the addresses behind it. Raises OSError."""

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL = 8192

WRAPPED = (
    # The loopback address is no IPv4 address in disguise.
    *IPv6Network("::/96").address_exclude(IPv6Network("::1/128")),  # IPv4-compatible, given up
    IPv6Network("::ffff:0:0:0/96"),  # translated IPv4 (SIIT)
    IPv6Network("64:ff9b::/96"),  # NAT64
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of a network's own
    IPv6Network("2001::/32"),  # Teredo
    IPv6Network("2002::/16"),  # 6to4
)
"""IPv6 networks whose addresses stand for an IPv4 address, which a gateway may reach."""

NEVER = WRAPPED + tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local, and the clouds' metadata services on it
        "168.63.129.16/32",  # Azure's wire server, a public address only by number
        "100.100.100.200/32",  # Alibaba's metadata service
        "192.0.0.192/32",  # Oracle's metadata service
        "224.0.0.0/4",  # multicast
        "255.255.255.255/32",  # broadcast
        "fd00:ec2::254/128",  # Amazon's metadata service
        "fe80::/10",  # link-local
        "ff00::/8",  # multicast
    )
)
"""Refused even where private networks are allowed: nothing there serves pictures."""

NOT_PUBLIC = NEVER + tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers' customers
        "127.0.0.0/8",  # loopback
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "240.0.0.0/4",  # reserved
        "::/3",  # unspecified, loopback, ::/96, translated ::ffff:0:0:0/96, NAT64, discard: none is unicast
        "2001::/23",  # Teredo, benchmarks, ORCHID and other protocol assignments
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which hides an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
        "4000::/2",  # never assigned, segment routing 5f00::/16 among it
        "8000::/2",  # never assigned
        "c000::/3",  # never assigned
        "e000::/4",  # never assigned
        "f000::/5",  # never assigned
        "f800::/6",  # never assigned
        "fc00::/7",  # private
        "fe00::/9",  # never assigned
        "fec0::/10",  # site-local, given up
    )
)


def is_public(address: str | Address) -> bool:
    """Whether an address is on the public internet. IPv4 inside `::ffff:0:0/96` is judged as IPv4."""
    plain = _plain(address)
    return plain is not None and not any(plain in network for network in NOT_PUBLIC)


def _plain(address: str | Address) -> Address | None:
    """The address without its wrapping; None when it is not one, or names an interface."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv4Address):
        return parsed
    return None if parsed.scope_id else parsed.ipv4_mapped or parsed


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the machine's own name service. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


@dataclass(frozen=True)
class EgressPolicy:
    """What may be connected to, and for how long. Seconds."""

    allow_private: bool = False
    """For local work: private and loopback networks, and any port."""
    max_redirects: int = 3
    connect_seconds: float = 5.0
    idle_seconds: float = 10.0
    total_seconds: float = 60.0
    ports: tuple[int, ...] = (80, 443, 8080, 8443)
    also: tuple[Network, ...] = ()
    """Networks the operator vouches for, such as one with a media server of their own."""
    resolver: Resolver = system_resolver

    def allows(self, address: str | Address) -> bool:
        """Whether this address may be connected to."""
        plain = _plain(address)
        if plain is None:
            return False
        if any(plain in network for network in self.also):
            return True
        return not any(plain in network for network in (NEVER if self.allow_private else NOT_PUBLIC))

    def parse(self, url: str) -> httpx2.URL:
        """The address a URL names, by the only parser used. Raises ValueError with what is wrong with it."""
        if len(url) > MAX_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
            raise ValueError(f"a URL has at most {MAX_URL} characters and no spaces or control characters")
        try:
            parsed = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise ValueError("this is not a URL") from error
        return self._judged(parsed)

    def _judged(self, url: httpx2.URL) -> httpx2.URL:
        if url.scheme not in DEFAULT_PORTS:
            raise ValueError("a URL must start with http:// or https://")
        if not url.host or url.userinfo:
            raise ValueError("a URL must name a host, and no user or password")
        port = url.port or DEFAULT_PORTS[url.scheme]
        if not self.allow_private and port not in self.ports:
            raise ValueError(f"a URL's port must be one of {', '.join(map(str, self.ports))}")
        return url

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """What `host` resolves to, asked once. Raises OSError unless all answers are allowed."""
        literal = _plain(host.strip("[]"))
        answers = [str(literal)] if literal else self.resolver(host, port)
        if not answers or not all(self.allows(answer) for answer in answers):
            raise OSError("not a public address")
        return [str(_plain(answer)) for answer in answers]
