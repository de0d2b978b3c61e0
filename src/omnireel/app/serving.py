"""The two kinds of processes: a server, and a worker without HTTP."""

from __future__ import annotations

import resource
import signal
import socket
import sys
from collections.abc import Callable
from threading import Event, Thread, Timer
from types import FrameType
from typing import NamedTuple

import uvicorn

from omnireel.api.server import server_config
from omnireel.app.engines import default_spec
from omnireel.app.files import FIRST_KEY, write_private
from omnireel.app.house import House, open_house
from omnireel.app.post_room import SECONDS, PostRoom
from omnireel.app.watch import Watch
from omnireel.app.web import build_app
from omnireel.app.workshop import Workshop
from omnireel.engines.registry import make_engine
from omnireel.errors import CannotStart
from omnireel.settings import Settings


def serve(settings: Settings) -> int:
    """Run the server until it is told to stop. Returns the exit status. Raises CannotStart."""
    watch = Watch(settings)
    _allow_many_files()
    door = _listen(settings.host, settings.port)
    origin = _origin(settings.host, door.getsockname()[1])
    base_url = (settings.public_url or origin).rstrip("/")
    house = open_house(settings, base_url, watch.instruments)
    watch.open(house.database)
    draining, leaving = Event(), Event()

    def leave() -> None:
        leaving.set()
        if workshop is not None:
            workshop.ask_to_stop()

    def stop_without_workshop() -> None:
        # One that was told to stop leaves the server to say goodbye.
        if not leaving.is_set():
            server.should_exit = True

    workshop = Workshop(house, stop_without_workshop) if settings.workers else None
    app = build_app(house, base_url, workshop, draining, leaving)
    config = server_config(app, drain_seconds=int(settings.drain_seconds))
    server = _Server(config, Parting(settings.linger_seconds, leave, draining.set))
    # uvicorn raises the signal once more when it is done; without handlers of ours that would cut the drain.
    _on_stop_signals(leave)
    _greet(house, origin)
    post_room = PostRoom(house)
    hearing = Thread(target=house.endings.listen, args=(closed := Event(),), name="endings", daemon=True)
    if workshop is not None:
        workshop.open()
    post_room.open()
    hearing.start()
    server.run(sockets=[door])
    leave()
    draining.set()
    if workshop is not None:
        workshop.close()
    post_room.close()
    closed.set()
    hearing.join(SECONDS)
    watch.close()
    house.close()
    return int(workshop is not None and workshop.broken)


def worker(settings: Settings) -> int:
    """Work on a data folder's tasks, without HTTP, until told to stop. Returns the exit status."""
    watch = Watch(settings)
    if not settings.workers:
        raise CannotStart("setting 'workers' must be at least 1 for a worker, got 0")
    make_engine(settings.engine, default_spec(settings), threads=1)
    _allow_many_files()
    house = open_house(
        settings, settings.public_url or _origin(settings.host, settings.port), watch.instruments
    )
    watch.open(house.database)
    stopped = Event()
    workshop = Workshop(house, stopped.set)
    _on_stop_signals(stopped.set)
    # A webhook holds links, and a worker knows where they lead only when it was told.
    post_room = PostRoom(house) if settings.public_url else None
    workshop.open()
    if post_room is not None:
        post_room.open()
    stopped.wait()
    workshop.close()
    if post_room is not None:
        post_room.close()
    watch.close()
    house.close()
    return int(workshop.broken)


class Parting(NamedTuple):
    """How a server goes: told to, it `leave`s; `linger` seconds later, or told again, it `drain`s."""

    linger: float
    leave: Callable[[], None]
    drain: Callable[[], None]


class _Server(uvicorn.Server):
    """uvicorn, telling us at once when a signal asks it to stop, and lingering before it closes its door.

    A request that comes into a door's queue just as it is closed gets no answer at all.
    """

    def __init__(self, config: uvicorn.Config, parting: Parting) -> None:
        super().__init__(config)
        self._parting = parting
        self._timer: Timer | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._parting.leave()
        if self._timer is None and self._parting.linger:
            self._timer = Timer(self._parting.linger, self._go, (sig, frame))
            self._timer.daemon = True
            self._timer.start()
            return
        if self._timer is not None:
            self._timer.cancel()
        self._go(sig, frame)

    def _go(self, sig: int, frame: FrameType | None) -> None:
        self._parting.drain()
        super().handle_exit(sig, frame)


def _allow_many_files() -> None:
    """Connections and downloads each hold a file open; the usual soft limit of 1,024 is soon reached."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise CannotStart(f"cannot listen on {host} port {port}: {error.strerror}") from error


def _origin(host: str, port: int) -> str:
    """Where this machine reaches the server; a wildcard address means loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"


def _on_stop_signals(stop: Callable[[], None]) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def _greet(house: House, origin: str) -> None:
    lines = [f"Omnireel listens on {origin} (API reference at {origin}/docs)"]
    if not house.keys.list():
        lines += _first_key(house)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _first_key(house: House) -> list[str]:
    """What to say of the first key, unless another server has just made it."""
    path = house.settings.data / FIRST_KEY

    def keep(secret: str) -> None:
        path.unlink(missing_ok=True)
        write_private(path, secret)

    key = house.keys.create_first(keep)
    return [] if key is None else [f"First API key, shown this once and kept in {path}:", key]
