"""`omnireel batch`: every line asked for once, whatever happens in between."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.cli.commands import Commands, Ended
from tests.unit.cli.inside import Inside
from tests.unit.cli.shop import VIDEO, Shop, jsonl
from tests.unit.client.loopback import HANG_UP, Answer, Loopback, Seen, refused

from omnireel.cli.batch import offer
from omnireel.cli.batch.lines import MOST_LINES, read_lines
from omnireel.cli.batch.media import LARGE
from omnireel.errors import InvalidRequest

FOX = {"prompt": "a fox", "id": "fox"}
OWL = {"prompt": "an owl", "mode": "std"}
ELK = {"prompt": "an elk", "id": "elk"}


@pytest.fixture
def shop(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(offer, "PAUSE", 0.01)
    return Shop(server)


def batch(inside: Inside, *words: str, **environment: str) -> Ended:
    return inside("batch", "films.jsonl", *words, **environment)


def write(inside: Inside, *lines: dict[str, Any]) -> None:
    (inside.folder / "films.jsonl").write_text(jsonl(*lines))


def results(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def statuses(ended: Ended) -> dict[int, str]:
    return {result["line"]: result["status"] for result in results(ended)}


def facts(inside: Inside) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (inside.folder / "films.jsonl.state").read_text().splitlines()]


def test_every_line_becomes_a_video_and_a_line(inside: Inside, shop: Shop) -> None:
    write(inside, FOX, OWL)

    ended = batch(inside)

    assert (ended.code, statuses(ended)) == (0, {1: "success", 2: "success"})
    by_line = {result["line"]: result for result in results(ended)}
    assert (by_line[1]["id"], by_line[1]["engine"], by_line[1]["charged"]) == ("fox", "studio", "0.5000")
    assert by_line[1]["files"] == ["films-videos/fox.mp4"]
    assert (inside.folder / "films-videos" / "fox.mp4").read_bytes() == VIDEO + b"a fox"
    assert by_line[2]["files"] == [f"films-videos/0002-{by_line[2]['task_id']}.mp4"]
    assert "2 lines: 2 success, 1.0000 USD charged" in ended.err
    assert "\x1b" not in ended.err


def test_a_second_run_sends_nothing_and_prints_it_all_again(inside: Inside, shop: Shop) -> None:
    write(inside, FOX, {"prompt": "fail"})
    first = batch(inside)

    again = batch(inside)

    assert (first.code, again.code, shop.posts) == (1, 1, 2)
    assert sorted(first.out.splitlines()) == sorted(again.out.splitlines())


def test_lines_are_known_by_what_they_say_not_by_where_they_stand(inside: Inside, shop: Shop) -> None:
    write(inside, FOX, OWL)
    batch(inside)
    write(inside, {"prompt": "new"}, OWL, OWL, FOX)

    ended = batch(inside)

    assert ended.code == 0
    assert [body["prompt"] for body in shop.tasks.values()].count("a fox") == 1
    assert sorted(body["prompt"] for body in shop.tasks.values()) == ["a fox", "an owl", "an owl", "new"]


PROGRAM = [sys.executable, "-m", "omnireel", "batch", "films.jsonl", "--concurrency", "1", "-q"]


def test_killed_at_every_request_no_line_is_made_twice(omnireel: Commands, shop: Shop) -> None:
    (omnireel.folder / "films.jsonl").write_text(jsonl(FOX, {"prompt": "fail"}, ELK))
    environment = omnireel.environment() | {"HOME": str(omnireel.folder)}
    kills, code = 0, -9
    while code == -9:
        process = subprocess.Popen(
            PROGRAM, cwd=omnireel.folder, env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        shop.pid, shop.requests, shop.kill_at = process.pid, 0, kills + 1
        out, _ = process.communicate(timeout=60)
        kills, code = kills + (process.returncode == -9), process.returncode

    assert kills >= 5
    assert code == 1
    assert len(shop.tasks) == 3
    found = {result["line"]: result["status"] for result in map(json.loads, out.splitlines())}
    assert found == {1: "success", 2: "failed", 3: "success"}
    assert (omnireel.folder / "films-videos" / "elk.mp4").read_bytes() == VIDEO + b"an elk"


def lost_answer(shop: Shop) -> None:
    """The next submit is accepted, and its answer lost; so are all after it."""

    def before(seen: Seen) -> Answer | None:
        if not seen.path.endswith("/async"):
            return None
        shop._submit(seen.json, seen.headers)
        return HANG_UP

    shop.before = before


def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    inside: Inside, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offer, "PATIENCE", 0.0)
    write(inside, FOX)
    lost_answer(shop)

    stopped = batch(inside)
    shop.before = lambda seen: None
    resumed = batch(inside)

    assert (stopped.code, statuses(stopped)) == (1, {1: "unfinished"})
    assert "to go on, sending nothing twice" in stopped.err
    assert (resumed.code, len(shop.tasks)) == (0, 1)


def test_where_keys_are_not_honoured_a_line_in_doubt_is_never_sent_again(inside: Inside, shop: Shop) -> None:
    shop.honours_keys = False
    write(inside, FOX)
    lost_answer(shop)
    first = batch(inside)
    shop.before = lambda seen: None

    again = batch(inside)

    assert (statuses(first), statuses(again)) == ({1: "unknown"}, {1: "unknown"})
    assert (again.code, len(shop.tasks), shop.posts) == (1, 1, 1)
    assert "does not promise" in results(again)[0]["error"]["message"]


@pytest.mark.parametrize("change", ["a week passes", "another key"])
def test_a_line_in_doubt_stays_so_when_its_key_means_nothing_any_more(
    inside: Inside, shop: Shop, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(offer, "PATIENCE", 0.0)
    write(inside, FOX)
    lost_answer(shop)
    batch(inside)
    shop.before = lambda seen: None
    state = inside.folder / "films.jsonl.state"
    if change == "a week passes":
        (sent,) = (fact["at"] for fact in facts(inside) if fact["fact"] == "sent")
        state.write_text(state.read_text().replace(sent, (datetime.now(UTC) - timedelta(days=7)).isoformat()))

    ended = batch(inside, **({} if change == "a week passes" else {"OMNIREEL_API_KEY": "another"}))

    assert statuses(ended) == {1: "unknown"}
    assert len(shop.tasks) == 1


def test_a_batch_that_may_cost_too_much_sends_nothing(inside: Inside, shop: Shop) -> None:
    write(inside, FOX, OWL, ELK)

    ended = batch(inside, "--max-cost", "1.4")

    assert (ended.code, ended.out, shop.posts) == (2, "", 0)
    assert "may cost 1.5000 USD, and --max-cost is 1.4000; nothing was sent" in ended.err
    assert batch(inside, "--max-cost", "1.5").code == 0


def test_what_earlier_runs_spent_counts(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    batch(inside, "--max-cost", "0.5")
    write(inside, FOX, OWL)

    ended = batch(inside, "--max-cost", "0.9")

    assert ended.code == 2
    assert "may cost 1.0000 USD, 0.5000 of it spent already" in ended.err


def test_a_limit_on_what_nobody_tells_the_price_of_is_2(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    shop.before = lambda seen: refused(404, "Resource not found") if "/estimate" in seen.path else None

    guarded = batch(inside, "--max-cost", "100")
    free = batch(inside)

    assert (guarded.code, free.code) == (1, 0)
    assert "does not tell what this will take" in free.err


def test_a_dry_run_tells_what_it_would_take(inside: Inside, shop: Shop) -> None:
    write(inside, FOX, OWL)

    ended = batch(inside, "--dry-run")

    (document,) = results(ended)
    assert (document["unsent"], document["price"], document["expected_seconds"]) == (2, "1.0000", 20.0)
    assert shop.posts == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nonsense\n", "line 1: not JSON"),
        ('{"prompt": "x"}\n[]\n', "line 2: not an object"),
        ('{"mode": "std"}\n', "line 1: 'prompt' is missing"),
        ('{"prompt": "x", "ratio": "1:1"}\n', "line 1: there is no field 'ratio'"),
        ('{"prompt": "x", "seed": "7"}\n', "line 1: 'seed' cannot be \"7\""),
        ('{"prompt": "x", "id": "../x"}\n', "line 1: 'id' must be a name"),
        ('{"prompt": "x", "id": "a"}\n{"prompt": "y", "id": "a"}\n', "id 'a' is there 2 times"),
        ("\n\n", "the batch is empty"),
        ("[" * 100_000, "line 1: not JSON"),
    ],
)
def test_a_line_that_is_no_good_is_2_before_anything_is_asked(
    inside: Inside, shop: Shop, text: str, complaint: str
) -> None:
    (inside.folder / "films.jsonl").write_text(text)

    ended = batch(inside)

    assert (ended.code, ended.out) == (2, "")
    assert complaint in ended.err
    assert shop.server.seen == []


def test_there_is_a_most_of_lines() -> None:
    with pytest.raises(InvalidRequest, match=f"at most {MOST_LINES} lines"):
        read_lines(['{"prompt": "x"}'] * (MOST_LINES + 1))


def test_lines_of_the_wire_and_of_modellix_cli_are_understood() -> None:
    plain, wire, vendors = read_lines(
        [
            '{"prompt": "x", "video": "a.mp4", "model": "kling/kling-video-o1", "multi_shot": true}',
            '{"prompt": "x", "videos": ["a.mp4"], "multi_shot": true, "shot_type": "intelligence"}',
            '{"modelSlug": "kling/kling-video-o1", "body": {"prompt": "x", "videos": ["a.mp4"]}}',
        ]
    )

    assert plain.options["video"] == wire.options["video"] == vendors.options["video"] == "a.mp4"
    assert vendors.options["model"] == "kling/kling-video-o1"
    assert "shot_type" not in wire.options


def test_a_line_the_server_refuses_leaves_the_others_be(inside: Inside, shop: Shop) -> None:
    write(inside, {"prompt": "bad"}, FOX)

    def before(seen: Seen) -> Answer | None:
        refuse = seen.path.endswith("/async") and seen.json["prompt"] == "bad"
        return refused(400, "Invalid parameters: no") if refuse else None

    shop.before = before

    first, again = batch(inside), batch(inside)

    assert first.code == again.code == 1
    assert statuses(first) == statuses(again) == {1: "refused", 2: "success"}
    assert shop.posts == 1


def test_without_money_it_stops_and_goes_on_when_there_is_some(inside: Inside, shop: Shop) -> None:
    write(inside, FOX, OWL)
    broke = refused(402, "Insufficient balance: the team has 0.0000 USD")
    shop.before = lambda seen: broke if seen.path.endswith("/async") else None

    stopped = batch(inside, "--concurrency", "1")
    shop.before = lambda seen: None
    resumed = batch(inside)

    assert (stopped.code, statuses(stopped)) == (1, {1: "unfinished", 2: "unfinished"})
    assert "the team has 0.0000 USD" in stopped.err
    assert (resumed.code, len(shop.tasks)) == (0, 2)


def test_a_server_that_has_had_enough_for_now_is_asked_again(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    full = [refused(429, "Concurrent limit exceeded", **{"Retry-After": "0"})] * 5

    shop.before = lambda seen: full.pop() if seen.path.endswith("/async") and full else None

    assert batch(inside).code == 0
    assert (full, len(shop.tasks)) == ([], 1)


def test_when_the_time_is_up_it_is_124_and_says_how_to_go_on(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    shop.running = True

    ended = batch(inside, "--timeout", "1")
    shop.running = False

    assert (ended.code, statuses(ended)) == (124, {1: "unfinished"})
    assert "to go on, sending nothing twice" in ended.err
    assert (batch(inside).code, len(shop.tasks)) == (0, 1)


def test_a_large_file_that_many_lines_use_is_uploaded_once(inside: Inside, shop: Shop) -> None:
    (inside.folder / "clip.mp4").write_bytes(b"x" * LARGE)
    (inside.folder / "small.png").write_bytes(b"small")
    write(inside, *({"prompt": name, "video": "clip.mp4", "images": ["small.png"]} for name in "abc"))

    batch(inside)

    assert shop.uploads == 1
    link = f"{shop.server.base_url}/files/up-1"
    assert [body["videos"] for body in shop.tasks.values()] == [[link]] * 3
    assert {body["images"][0] for body in shop.tasks.values()} == {"c21hbGw="}


def test_a_file_that_is_not_there_yet_is_not_held_against_its_line(inside: Inside, shop: Shop) -> None:
    write(inside, {"prompt": "x", "video": "https://h/a.mp4"}, {"prompt": "y", "images": ["late.png"]})
    shop.before = lambda seen: refused(404, "Resource not found") if "/estimate" in seen.path else None

    first = batch(inside)
    (inside.folder / "late.png").write_bytes(b"late")

    assert statuses(first) == {1: "success", 2: "refused"}
    assert statuses(batch(inside)) == {1: "success", 2: "success"}


def test_a_batch_from_stdin_needs_a_state_of_its_own(inside: Inside, shop: Shop) -> None:
    lacking = inside("batch", "-", stdin=jsonl(FOX))
    ended = inside("batch", "-", "--state", "fox.state", "--no-download", stdin=jsonl(FOX))

    assert (lacking.code, "--state FILE" in lacking.err) == (2, True)
    assert (ended.code, statuses(ended)) == (0, {1: "success"})
    assert [found.name for found in inside.folder.iterdir() if found.is_dir()] == []


def test_what_was_not_saved_can_be_saved_later(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    batch(inside, "--no-download")

    assert batch(inside).code == 0
    assert (inside.folder / "films-videos" / "fox.mp4").exists()
    assert shop.posts == 1


def test_the_state_of_another_server_is_not_touched(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    batch(inside)

    ended = batch(inside, OMNIREEL_BASE_URL="https://video.example")

    assert (ended.code, "is about" in ended.err) == (2, True)


def test_two_at_once_on_one_state_is_refused(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    with (inside.folder / ".films.jsonl.state.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        ended = batch(inside)

    assert (ended.code, "another process is at work" in ended.err) == (1, True)
    assert shop.server.seen == []


def test_a_last_fact_that_was_cut_short_is_forgotten(inside: Inside, shop: Shop) -> None:
    write(inside, FOX)
    batch(inside)
    state = inside.folder / "films.jsonl.state"
    state.write_text(state.read_text() + '{"fact": "ret')

    assert batch(inside).code == 0
    assert shop.posts == 1


@pytest.mark.parametrize("damage", ["{", '{"fact": "accepted"}', '{"fact": "flown", "line": "x"}', "[]"])
def test_a_state_that_is_damaged_is_not_trusted(inside: Inside, shop: Shop, damage: str) -> None:
    write(inside, FOX)
    batch(inside)
    state = inside.folder / "films.jsonl.state"
    first, *rest = state.read_text().splitlines()
    state.write_text("\n".join([first, damage, *rest]) + "\n")
    posts = shop.posts

    ended = batch(inside)

    assert (ended.code, ended.out, shop.posts) == (1, "", posts)
    assert str(state.name) in ended.err
