"""S1 to S4 of the security catalogue: no spelling of an address leads inside."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import count, cycle
from pathlib import Path

import pytest
from tests.loopback import ConnectionLog, Listener, listening, respond

from omnireel.errors import FetchFailed
from omnireel.media.egress import EgressPolicy, is_public
from omnireel.media.fetch import fetch
from omnireel.media.pinned import UNREADABLE

# One address, at least, of every class that is not the public internet.
INSIDE = (
    "0.0.0.0",  # noqa: S104 - refused, not listened on
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.254",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "127.0.0.2",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.254",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "233.252.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.2",
    "::ffff:169.254.169.254",
    "::ffff:0:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "c000::1",
    "e000::1",
    "f000::1",
    "f800::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe00::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
)
OUTSIDE = (
    "8.8.8.8",
    "1.1.1.1",
    "9.9.9.9",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
)
NOT_ADDRESSES = ("", "localhost", "1.2.3", "0x7f.1", "127.1", "::g", "fe80::1%eth0", "8.8.8.8 ", "２.2.2.2")


@pytest.fixture
def connections() -> Iterator[ConnectionLog]:
    log = ConnectionLog()
    yield log
    log.close()


@pytest.fixture
def public() -> Iterator[Listener]:
    """A server on 127.0.0.1, which the policies below declare public."""

    def reply(path: str, connection: socket.socket) -> None:
        if path.startswith("/to/"):
            status, _, location = path.removeprefix("/to/").partition("/")
            return respond(connection, status=f"{status} Moved", headers=(f"Location: {location}",))
        return respond(connection, b"picture")

    with listening(reply) as listener:
        yield listener


@pytest.fixture
def canaries(public: Listener) -> Iterator[list[Listener]]:
    """Listeners on other loopback addresses at the same port; nobody may come."""
    found = [Listener(host, lambda _, c: respond(c, b"secret"), public.port) for host in CANARIES]
    yield found
    for canary in found:
        canary.close()
        assert canary.hits == 0


CANARIES = ("127.0.0.2", "127.9.9.9", "::1")


def policy_for(public: Listener, *answers: str) -> EgressPolicy:
    return EgressPolicy(
        ports=(public.port,),
        also=(ip_network("127.0.0.1/32"),),
        resolver=lambda host, port: answers or ("127.0.0.1",),
        connect_seconds=2,
        idle_seconds=2,
        total_seconds=5,
    )


def refuses(url: str, policy: EgressPolicy, folder: Path) -> str:
    """That the fetch fails and leaves nothing; the error's text."""
    with pytest.raises(FetchFailed) as caught:
        fetch(url, folder / "input", policy=policy, limit=1000)
    assert not list(folder.iterdir())
    return str(caught.value)


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def test_the_table_covers_what_was_promised() -> None:
    assert len(INSIDE) >= 45
    assert len(set(map(ip_address, INSIDE))) == len(INSIDE)


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_is_not_public(address: str) -> None:
    assert not is_public(address)
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_outside_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_what_is_not_an_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_resolves_inside_is_refused_before_connecting(
    address: str, public: Listener, connections: ConnectionLog, tmp_path: Path
) -> None:
    text = refuses(f"http://media.example:{public.port}/", policy_for(public, address), tmp_path)
    assert (text, connections.addresses) == (UNREADABLE, [])


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_in_the_url_is_refused_before_connecting(
    address: str, public: Listener, connections: ConnectionLog, tmp_path: Path
) -> None:
    text = refuses(f"http://{literal(address)}:{public.port}/", policy_for(public), tmp_path)
    assert (text, connections.addresses) == (UNREADABLE, [])


@pytest.mark.parametrize("address", INSIDE)
def test_a_redirect_to_an_inside_address_is_refused_before_connecting(
    address: str, public: Listener, connections: ConnectionLog, tmp_path: Path
) -> None:
    url = f"http://media.example:{public.port}/to/302/http://{literal(address)}:{public.port}/"
    text = refuses(url, policy_for(public), tmp_path)
    assert (text, connections.addresses) == (UNREADABLE, ["127.0.0.1"])


@pytest.mark.parametrize("address", INSIDE)
def test_one_inside_answer_among_public_ones_spoils_them_all(
    address: str, public: Listener, connections: ConnectionLog, tmp_path: Path
) -> None:
    refuses(f"http://media.example:{public.port}/", policy_for(public, "127.0.0.1", address), tmp_path)
    assert connections.addresses == []


def test_a_public_name_is_fetched(public: Listener, canaries: list[Listener], tmp_path: Path) -> None:
    fetch(f"http://media.example:{public.port}/", tmp_path / "x", policy=policy_for(public), limit=1000)
    assert (tmp_path / "x").read_bytes() == b"picture"
    assert f"Host: media.example:{public.port}".encode() in public.requests[0]


def test_names_are_resolved_once_and_the_judged_address_is_used(
    public: Listener, canaries: list[Listener], connections: ConnectionLog, tmp_path: Path
) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) % 2 else ("127.0.0.2",)

    policy = replace(policy_for(public), resolver=rebinding)
    fetch(f"http://media.example:{public.port}/", tmp_path / "x", policy=policy, limit=1000)
    assert asked == ["media.example"]
    assert connections.addresses == ["127.0.0.1"]


def test_a_name_that_turns_private_between_redirects_is_refused(
    public: Listener, canaries: list[Listener], tmp_path: Path
) -> None:
    turn = count()
    policy = replace(
        policy_for(public), resolver=lambda host, port: ("127.0.0.1",) if next(turn) == 0 else ("127.0.0.2",)
    )
    url = f"http://media.example:{public.port}/to/302/http://media.example:{public.port}/"
    assert refuses(url, policy, tmp_path) == UNREADABLE
    assert public.hits == 1


def test_flipping_answers_a_thousand_times_never_leads_inside(
    public: Listener, canaries: list[Listener], connections: ConnectionLog
) -> None:
    answers = cycle((("127.0.0.2",), ("127.0.0.1", "127.0.0.2"), ("127.0.0.1", "::1"), ("::ffff:127.9.9.9",)))
    policy = replace(policy_for(public), resolver=lambda host, port: next(answers))
    for _ in range(1000):
        with pytest.raises(OSError, match="not a public address"):
            policy.addresses("media.example", public.port)
    assert connections.addresses == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_between_public_addresses_is_followed(
    status: int, public: Listener, tmp_path: Path
) -> None:
    url = f"http://media.example:{public.port}/to/{status}/http://other.example:{public.port}/picture"
    fetch(url, tmp_path / "x", policy=policy_for(public), limit=1000)
    assert (tmp_path / "x").read_bytes() == b"picture"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_canary_is_refused(
    status: int, public: Listener, canaries: list[Listener], tmp_path: Path
) -> None:
    for host in map(literal, CANARIES):
        url = f"http://media.example:{public.port}/to/{status}/http://{host}:{public.port}/"
        assert refuses(url, policy_for(public), tmp_path) == UNREADABLE


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://media.example/x",
        "gopher://media.example/x",
        "data:image/png;base64,AAAA",
        "unix:/run/x.sock",
        "http://user:secret@media.example/",
        "http://media.example:22/",
        "//:80/",
    ],
)
def test_a_redirect_to_something_else_than_a_public_page_is_refused(
    location: str, public: Listener, tmp_path: Path
) -> None:
    refuses(f"http://media.example:{public.port}/to/302/{location}", policy_for(public), tmp_path)
    assert public.hits == 1


def chain(public: Listener, hops: int) -> str:
    base = f"http://media.example:{public.port}"
    url = f"{base}/picture"
    for _ in range(hops):
        url = f"{base}/to/302/{url}"
    return url


def test_three_redirects_are_followed_and_a_fourth_is_not(public: Listener, tmp_path: Path) -> None:
    fetch(chain(public, 3), tmp_path / "x", policy=policy_for(public), limit=1000)
    (tmp_path / "x").unlink()
    assert "3 times" in refuses(chain(public, 4), policy_for(public), tmp_path)


def test_a_redirect_loop_ends(tmp_path: Path) -> None:
    with listening(lambda path, c: respond(c, status="302 Found", headers=("Location: /again",))) as public:
        refuses(f"http://media.example:{public.port}/", policy_for(public), tmp_path)
        assert public.hits == 4


# The same host in the spellings that parsers disagree about. None may reach a listener on loopback.
SPELLINGS = (
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://foo.localhost:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://2130706434:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.0.0.02:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7F.0x00.0x00.0x02:{port}/",
    "http://00000177.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.000.000.001:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::]:{port}/",
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/",
    "http://[::ffff:127.0.0.2]:{port}/",
    "http://[::ffff:7f00:2]:{port}/",
    "http://[::FFFF:7F00:0002]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.2]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/",
    "http://[fe80::1%25eth0]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[::1]]:{port}/",
    "http://[[::1]:{port}/",
    "http://[127.0.0.2]:{port}/",
    "http://１２７.0.0.2:{port}/",
    "http://１２７．０．０．２:{port}/",
    "http://①②⑦.⓪.⓪.②:{port}/",
    "http://127。0。0。2:{port}/",
    "http://127%2E0%2E0%2E2:{port}/",
    "http://%31%32%37.0.0.2:{port}/",
    "http://127.0.0.2%00.media.example:{port}/",
    "http://127.0.0.2%23.media.example:{port}/",
    "http://127.0.0.2\x00.media.example:{port}/",
    "http://127.0.0.2\t:{port}/",
    "http://127.0.0.2 :{port}/",
    " http://127.0.0.2:{port}/",
    "http://127.0.0.2\r\n:{port}/",
    "http://127.0.0.2:{port}\r\nX-Header: 1/",
    "http://127.0.0.2:{port}/\r\nX-Header: 1",
    "http://media.example@127.0.0.2:{port}/",
    "http://media.example:80@127.0.0.2:{port}/",
    "http://media.example:80;@127.0.0.2:{port}/",
    "http://media.example%40127.0.0.2:{port}/",
    "http://user:pass@127.0.0.2:{port}/",
    "http://@127.0.0.2:{port}/",
    "http://127.0.0.2:{port}@media.example:22/",
    "http://media.example#@127.0.0.2:{port}/",
    "http://media.example?@127.0.0.2:{port}/",
    "http://media.example\\@127.0.0.2:{port}/",
    "http://127.0.0.2\\@media.example:{port}/",
    "http://127.0.0.2:{port}\\@media.example/",
    "http:\\\\127.0.0.2:{port}\\",
    "http:/127.0.0.2:{port}/",
    "http:127.0.0.2:{port}/",
    "http:///127.0.0.2:{port}/",
    "http:////127.0.0.2:{port}/",
    "//127.0.0.2:{port}/",
    "/127.0.0.2:{port}/",
    "127.0.0.2:{port}/",
    "://127.0.0.2:{port}/",
    "http://:{port}/",
    "http://",
    "http://./",
    "http://../",
    "http://-/",
    "http://.127.0.0.2:{port}/",
    "http://127.0.0.2:{port}:80/",
    "http://127.0.0.2:0{port}/",
    "http://127.0.0.2:+{port}/",
    "http://127.0.0.2:99999/",
    "http://127.0.0.2:-1/",
    "http://127.0.0.2:0/",
    "HTTP://127.0.0.2:{port}/",
    "hTTp://127.0.0.2:{port}/",
    "https://127.0.0.2:{port}/",
    "ws://127.0.0.2:{port}/",
    "wss://127.0.0.2:{port}/",
    "ftp://127.0.0.2:{port}/",
    "file:///etc/passwd",
    "file://127.0.0.2/etc/passwd",
    "gopher://127.0.0.2:{port}/_x",
    "dict://127.0.0.2:{port}/x",
    "ldap://127.0.0.2:{port}/x",
    "tftp://127.0.0.2:{port}/x",
    "sftp://127.0.0.2:{port}/x",
    "jar:http://127.0.0.2:{port}/!/x",
    "netdoc:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,hello",
    "blob:x",
    "about:blank",
    "concat:/etc/passwd",
    "subfile,,start,0,end,9,,:/etc/passwd",
    "pipe:0",
    "url:http://127.0.0.2:{port}/",
    "http+unix://%2Frun%2Fx.sock/",
    "http://xn--a:{port}/",
    "http://xn--127-0-0-2:{port}/",
    "http://" + "a" * 300 + ":{port}/",
    "http://" + "a." * 200 + "example:{port}/",
    "http://127.0.0.2:{port}/" + "a" * 9000,
    "http://\u202e127.0.0.2:{port}/",
    "http://127.0.0.2\u2044x:{port}/",
    "http://127\u00ad.0.0.2:{port}/",
    "http://\ud800:{port}/",
    "",
    " ",
    "\x00",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_loopback_reaches_it(
    spelling: str, public: Listener, canaries: list[Listener], connections: ConnectionLog, tmp_path: Path
) -> None:
    """With the machine's own name service, nothing declared public, and listeners that count."""
    policy = EgressPolicy(ports=(public.port, 80, 443), connect_seconds=2, total_seconds=5)
    refuses(spelling.replace("{port}", str(public.port)), policy, tmp_path)
    assert connections.addresses == []
    assert public.hits == 0


def test_only_web_ports_are_open_by_default() -> None:
    policy = EgressPolicy()
    for suffix in ("", ":80", ":443", ":8080", ":8443"):
        assert policy.parse(f"http://media.example{suffix}/").host == "media.example"
    for port in (22, 25, 3306, 6379, 8000, 9200, 65535):
        with pytest.raises(ValueError, match="port"):
            policy.parse(f"http://media.example:{port}/")


def test_a_private_network_must_be_allowed_explicitly(public: Listener, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{public.port}/"
    refuses(url, EgressPolicy(), tmp_path)
    fetch(url, tmp_path / "x", policy=EgressPolicy(allow_private=True), limit=1000)
    assert (tmp_path / "x").read_bytes() == b"picture"


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "224.0.0.1", "fe80::1"],
)
def test_metadata_services_stay_closed_even_then(address: str) -> None:
    policy = EgressPolicy(allow_private=True)
    assert not policy.allows(address)
    assert policy.allows("10.0.0.1")
    assert policy.allows("::1")


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "::ffff:169.254.169.254",
        "2001:0:a9fe:a9fe::5601:5601",
        "::",
    ],
)
def test_metadata_services_stay_closed_behind_every_gateway(address: str) -> None:
    policy = EgressPolicy(allow_private=True)
    assert not policy.allows(address)
    assert policy.allows("::1")
    assert policy.allows("::ffff:10.0.0.1")
    assert policy.allows("fd00::1")


def test_a_name_without_answers_is_refused(public: Listener, tmp_path: Path) -> None:
    policy = replace(policy_for(public), resolver=lambda host, port: ())
    assert refuses(f"http://media.example:{public.port}/", policy, tmp_path) == UNREADABLE


def test_open_closed_and_refused_addresses_give_one_answer(public: Listener, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    policy = replace(policy_for(public), ports=(public.port, port))
    texts = {
        refuses(f"http://media.example:{port}/", policy, tmp_path),
        refuses(f"http://127.0.0.2:{public.port}/", policy, tmp_path),
        refuses(f"http://10.0.0.1:{public.port}/", policy, tmp_path),
        refuses("http://media.example/", replace(policy, resolver=_unknown, ports=(80,)), tmp_path),
    }
    assert texts == {UNREADABLE}


def _unknown(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "no such name")
