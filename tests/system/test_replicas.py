"""Two servers behind one address: whichever is asked, the answer is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Barrier, Event, Lock
from typing import Any, NamedTuple

import httpx2
import pytest
from tests.balancer import Balancer
from tests.media_files import make_image
from tests.postgres_server import PostgresServer
from tests.replicas import Asker, Replica
from tests.s3_server import S3Server
from tests.system.test_shared_database import worker

pytestmark = [pytest.mark.system, pytest.mark.slow]

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "AKIATESTS",
    "AWS_SECRET_ACCESS_KEY": "never-to-be-shown",
    "OMNIREEL_REQUESTS_PER_MINUTE": "1000000",
    "OMNIREEL_WORKERS": "2",
    # Longer than any test: those who are told twice go at once.
    "OMNIREEL_LINGER_SECONDS": "600",
}


@dataclass
class Service:
    """Two servers, one worker, and the address before them."""

    folder: Path
    settings: dict[str, str]
    balancer: Balancer
    replicas: list[Replica]
    opened: ExitStack
    key: str = ""

    def ask(self, number: int | None = None) -> Asker:
        """A caller of one of the servers, or of the address before them."""
        origin = self.balancer.origin if number is None else self.replicas[number].origin
        asker = Asker(origin, self.key)
        self.opened.callback(asker.http.close)
        return asker

    def start(self, name: str) -> Replica:
        replica = Replica(self.folder / name, self.settings)
        self.opened.callback(replica.close)
        return replica

    def replace(self, number: int, new: Replica) -> None:
        """Take one server in and stop another one, as an orchestrator does."""
        old, self.replicas[number] = self.replicas[number], new
        self.balancer.watch(new.place)
        old.tell_to_stop()
        self.balancer.await_left(old.place)
        old.tell_to_stop()
        assert old.await_end() == 0


@pytest.fixture(scope="module")
def service(
    postgres: PostgresServer, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder, url, bucket = tmp_path_factory.mktemp("replicas"), postgres.new_database(), s3_server.new_bucket()
    place = {"OMNIREEL_S3_BUCKET": bucket.name, "OMNIREEL_S3_ENDPOINT": s3_server.endpoint}
    with ExitStack() as opened:
        opened.callback(postgres.drop, url)
        balancer = Balancer()
        opened.callback(balancer.close)
        settings = SETTINGS | place | {"OMNIREEL_DATABASE": url, "OMNIREEL_PUBLIC_URL": balancer.origin}
        found = Service(folder, settings, balancer, [], opened)
        found.replicas += [found.start("a"), found.start("b")]
        (folder / "worker").mkdir()
        opened.enter_context(worker(folder / "worker" / "data", settings, folder / "worker" / "log"))
        for replica in found.replicas:
            replica.await_start()
            balancer.watch(replica.place)
        (found.key,) = filter(None, (replica.first_key for replica in found.replicas))
        yield found


class Told(NamedTuple):
    """A server-sent event."""

    name: str
    kind: str
    data: dict[str, Any]


def listen(asker: Asker, task_id: str, last_seen: str = "") -> Generator[Told, None, None]:
    headers = {"Last-Event-ID": last_seen} if last_seen else {}
    with asker.http.stream("GET", f"/api/v1/tasks/{task_id}/events", headers=headers) as answer:
        if answer.status_code == 204:
            return
        assert answer.status_code == 200
        fields = dict[str, str]()
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            elif not line and "id" in fields:
                yield Told(fields["id"], fields["event"], json.loads(fields["data"]))
                fields = {}


def test_servers_started_together_make_one_first_key(service: Service) -> None:
    assert [asker.http.get("/api/v1/tasks").status_code for asker in map(service.ask, (0, 1))] == [200] * 2


def test_an_event_stream_goes_on_at_another_server(service: Service) -> None:
    first, second = service.ask(0), service.ask(1)
    task_id = first.task_id("fake:seconds=1 fake:steps=10")
    news = listen(first, task_id)
    before = [next(news), next(news)]
    news.close()
    after = list(listen(second, task_id, before[-1].name))

    names = [told.name for told in before + after]
    assert len(set(names)) == len(names)
    assert [told.kind for told in after].count("terminal") == 1
    assert after[-1].data["status"] == "success"
    assert list(listen(first, task_id, after[-1].name)) == []


def test_a_wait_hears_of_an_ending_that_another_server_took_the_submit_of(service: Service) -> None:
    task_id = service.ask(0).task_id("fake:seconds=1")
    assert service.ask(1).until_ended(task_id)["status"] == "success"


def test_a_cancel_through_one_server_ends_a_wait_at_the_other(service: Service) -> None:
    task_id = service.ask(0).task_id("fake:seconds=600 fake:steps=6000")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(service.ask(1).until_ended, task_id)
        assert service.ask(0).http.post(f"/api/v1/tasks/{task_id}/cancel").status_code == 200
        assert waiting.result()["status"] == "canceled"


def test_a_key_sent_to_both_at_once_makes_one_task(service: Service) -> None:
    askers, start = (service.ask(0), service.ask(1)), Barrier(2)

    def submit(number: int, key: str, prompt: str) -> httpx2.Response:
        start.wait()
        return askers[number].submit(prompt, key)

    with ThreadPoolExecutor(2) as threads:
        for n in range(15):
            same = list(threads.map(submit, (0, 1), (f"same-{n}",) * 2, ("a fox",) * 2))
            made = {answer.json()["data"]["task_id"] for answer in same}
            replayed = sum("Idempotent-Replayed" in answer.headers for answer in same)
            assert ([answer.status_code for answer in same], len(made), replayed) == ([200, 200], 1, 1)
            other = list(threads.map(submit, (0, 1), (f"other-{n}",) * 2, ("a hare", "an owl")))
            assert sorted(answer.status_code for answer in other) == [200, 422]
            for answer in [same[0], *other]:
                if answer.status_code == 200:
                    askers[0].http.post(f"/api/v1/tasks/{answer.json()['data']['task_id']}/cancel")


def test_requests_are_counted_for_both_together(service: Service) -> None:
    def remaining(number: int) -> tuple[int, int]:
        found = service.ask(number).http.get("/api/v1/tasks").headers
        return int(found["X-RateLimit-Reset"]), int(found["X-RateLimit-Remaining"])

    counted = [remaining(n % 2) for n in range(10)]
    if len({minute for minute, _ in counted}) > 1:
        # A new minute began meanwhile, and none begins so soon again.
        counted = [remaining(n % 2) for n in range(10)]
    assert [left for _, left in counted] == [counted[0][1] - n for n in range(10)]


def test_an_upload_through_one_is_used_through_the_other_and_results_come_from_both(
    service: Service, tmp_path: Path
) -> None:
    first, second = service.ask(0), service.ask(1)
    picture = make_image(tmp_path / "picture.png").read_bytes()
    form = {"file": ("my fox.png", picture)}
    uploaded = first.http.post("/api/v1/media/files", files=form).json()["data"]
    task = second.until_ended(second.task_id("a fox fake:read", images=[uploaded["url"]]))

    assert task["status"] == "success", task
    video: dict[str, Any] = task["result"]["resources"][0]
    assert video["url"].startswith(f"{service.balancer.origin}/files/")
    for origin in (service.balancer.origin, first.http.base_url, second.http.base_url):
        link = video["url"].replace(service.balancer.origin, str(origin).rstrip("/"))
        with httpx2.Client(follow_redirects=True, trust_env=False) as visitor:
            assert hashlib.sha256(visitor.get(link).content).hexdigest() == video["sha256"]
    assert second.http.delete(f"/api/v1/media/files/{uploaded['file_id']}").status_code == 200
    assert first.http.get(f"/api/v1/media/files/{uploaded['file_id']}").status_code == 404


class Callers:
    """Who goes on asking through the balancer, and what went wrong for them. Thread-safe."""

    def __init__(self, service: Service, ready_made: str) -> None:
        self._service = service
        self._ready_made = ready_made
        self._lock = Lock()
        self._numbers = count()
        self.stop = Event()
        self.answers = 0
        self.faults = list[str]()
        self.acknowledged = list[str]()

    def jobs(self) -> list[Callable[[Asker], None]]:
        return [self._submit, self._submit, self._poll, self._wait, self._follow, self._download]

    def run(self, job: Callable[[Asker], None]) -> None:
        asker = self._service.ask()
        while not self.stop.is_set():
            try:
                job(asker)
            except httpx2.HTTPError as error:
                self._note(f"{job.__name__}: {error!r}")

    def _submit(self, asker: Asker) -> None:
        number = next(self._numbers)
        answer = asker.submit(f"number {number}", f"number-{number}" if number % 2 else None)
        if self._good(answer):
            task_id = answer.json()["data"]["task_id"]
            with self._lock:
                self.acknowledged.append(task_id)
            self._good(asker.http.post(f"/api/v1/tasks/{task_id}/cancel"))

    def _poll(self, asker: Asker) -> None:
        self._good(asker.http.get(f"/api/v1/tasks/{self._ready_made}"))

    def _wait(self, asker: Asker) -> None:
        task_id = self.acknowledged[-1] if self.acknowledged else self._ready_made
        self._good(asker.http.get(f"/api/v1/tasks/{task_id}?wait=true"))

    def _follow(self, asker: Asker) -> None:
        task_id = self.acknowledged[-1] if self.acknowledged else self._ready_made
        for _ in listen(asker, task_id):
            self._note(None)

    def _download(self, asker: Asker) -> None:
        task = asker.http.get(f"/api/v1/tasks/{self._ready_made}")
        if self._good(task):
            self._good(asker.http.get(task.json()["data"]["result"]["resources"][0]["url"]), 307)

    def _good(self, answer: httpx2.Response, wanted: int = 200) -> bool:
        good = answer.status_code == wanted
        self._note(
            None if good else f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        )
        return good

    def _note(self, fault: str | None) -> None:
        with self._lock:
            self.answers += 1
            self.faults += [fault] if fault else []


def test_no_request_fails_while_every_server_is_replaced(service: Service) -> None:
    asker = service.ask()
    ready_made = asker.task_id("a fox")
    asker.until_ended(ready_made)
    callers, fresh = Callers(service, ready_made), [service.start("c"), service.start("d")]
    for replica in fresh:
        replica.await_start()
    with ThreadPoolExecutor(8) as threads:
        running = [threads.submit(callers.run, job) for job in callers.jobs()]
        try:
            for number, replica in enumerate(fresh):
                service.replace(number, replica)
        finally:
            callers.stop.set()
        for job in running:
            job.result()

    assert callers.faults == []
    assert callers.answers > 100
    assert len(set(callers.acknowledged)) == len(callers.acknowledged) > 10
    for task_id in callers.acknowledged:
        assert asker.http.get(f"/api/v1/tasks/{task_id}").status_code == 200
