"""The page at / as people meet it: a real browser, a real server, real videos."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.media_files import make_image, make_video
from tests.receiver import receiving
from tests.s3_server import S3Server
from tests.system.browsing import AXE, Visit, browser, chromium
from tests.system.test_server import Server

pytestmark = [pytest.mark.system, pytest.mark.slow]

expect.set_options(timeout=30_000)

BEFORE, AFTER = "document.querySelector('.before')", "document.querySelector('.after')"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("Chromium is not installed; on Debian: apt install chromium")
    with browser(program) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("playground") / "data")
    running.start("--allow-private-network", "--workers", "2", OMNIREEL_REQUESTS_PER_MINUTE="100000")
    yield running
    running.close()


Visiting = Callable[..., Visit]


@pytest.fixture
def visiting(chrome: Browser, server: Server) -> Iterator[Visiting]:
    """Opens the page as somebody who has the key already."""
    visits: list[Visit] = []

    def begin(**how: Any) -> Visit:
        visits.append(Visit(chrome, server.origin, **{"key": server.key, **how}))
        return visits[-1]

    yield begin
    for visit in visits:
        visit.close()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_image(tmp_path_factory.mktemp("media") / "harbour.png")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("media") / "clip.mp4")


@dataclass(frozen=True)
class Tasks:
    """Ids of tasks of every kind that people look at."""

    done: str
    failed: str
    going: str
    canceled: str


@pytest.fixture(scope="module")
def tasks(server: Server, clip: Path) -> Iterator[Tasks]:
    with clip.open("rb") as file:
        sent = server.call("POST", "/api/v1/media/files", files={"file": ("clip.mp4", file)}).json()
    long = "Clay, in many words " + "and so on " * 12
    done = server.submit(f"{long} fake:warn fake:frames=72", videos=[sent["data"]["url"]])
    failed = server.submit("fake:fail")
    canceled = server.submit("a hot-air balloon over the hills")
    server.call("POST", f"/api/v1/tasks/{canceled}/cancel")
    server.until(done, "success")
    server.until(failed, "failed")
    server.until(canceled, "canceled", "success")
    going = server.submit("fake:seconds=300 fake:steps=3000")
    server.until(going, "processing")
    yield Tasks(done, failed, going, canceled)
    server.call("POST", f"/api/v1/tasks/{going}/cancel")


def test_a_first_visit_ends_in_a_video(visiting: Visiting, server: Server, tmp_path: Path) -> None:
    visit = visiting(key="")
    page = visit.open()

    expect(page.get_by_text(f"cat {server.folder / 'first-key'}")).to_be_visible()
    page.get_by_label("API key").fill(server.key[:-1] + ("a" if server.key[-1] != "a" else "b"))
    expect(page.get_by_text("This key is not accepted here.")).to_be_visible()
    # A whole key that is pasted needs no button.
    page.get_by_label("API key").fill("")
    page.get_by_label("API key").fill(server.key)
    page.get_by_label("Prompt", exact=True).fill(
        "A fox in the snow fake:seconds=1.5 fake:warn fake:frames=48"
    )
    expect(page.locator("#estimate")).to_contain_text("next in line")
    expect(page.locator("#estimate")).to_contain_text("free")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#stage")).to_contain_text(
        re.compile("step . of 4|Reading the prompt|Beginning|Next")
    )
    expect(page.locator("#way")).to_have_attribute("data-way", "stream")
    visit.picture("task")
    expect(page.locator("#status")).to_have_text("Done")
    expect(page.locator("#engine")).to_contain_text("fake_engine")
    expect(page.get_by_text("the fake engine was told to warn")).to_be_visible()
    expect(page.locator("#clock")).to_contain_text("0.00 / 2.00")
    page.get_by_label("One frame forth").or_(page.get_by_label("One frame forward")).click()
    expect(page.locator("#clock")).to_contain_text("#2")
    page.keyboard.press(".")
    expect(page.locator("#clock")).to_contain_text("#3")
    page.keyboard.press(",")
    expect(page.locator("#clock")).to_contain_text("#2")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()

    with page.expect_download() as caught:
        page.get_by_role("link", name="Download").click()
    saved = tmp_path / caught.value.suggested_filename
    caught.value.save_as(saved)
    task = server.task(page.url.rpartition("/")[2])
    assert saved.name == f"{task['task_id']}.mp4"
    digest = hashlib.sha256(saved.read_bytes()).hexdigest()
    assert digest == task["result"]["resources"][0]["sha256"]


def test_steps_that_are_counted_are_one_stage(visiting: Visiting, tasks: Tasks) -> None:
    page = visiting().open(f"#/task/{tasks.going}")
    expect(page.locator(".stages .now")).to_contain_text(re.compile(r"step \d+ of 3000"))
    page.wait_for_timeout(600)
    expect(page.locator(".stages .now")).to_have_count(1)
    expect(page.locator(".stages li", has_text="step")).to_have_count(1)


def test_a_picture_is_sent_named_and_taken_back(visiting: Visiting, server: Server, picture: Path) -> None:
    visit = visiting()
    page = visit.open()
    page.locator("#picker").set_input_files(picture)
    expect(page.locator(".entry.ready")).to_have_count(1)
    page.get_by_label("Prompt", exact=True).fill("Start from ")
    page.get_by_role("button", name="Insert a reference to image 1").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Start from <<<image_1>>>")
    page.get_by_label("What image 1 is for").select_option("first_frame")
    page.get_by_label("9:16").check(force=True)
    visit.picture("create-picture")
    page.locator("#submit").click()
    expect(page.locator("#status")).to_have_text("Done")

    asked = server.call("GET", f"/api/v1/tasks/{page.url.rpartition('/')[2]}?include=request").json()
    body = asked["data"]["request"]["body"]
    assert body["image_types"] == ["first_frame"]
    assert (body["aspect_ratio"], body["mode"], body["duration"]) == ("9:16", "std", 5)

    page.locator("#remix").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Start from <<<image_1>>>")
    expect(page.locator(".entry img")).to_have_js_property("complete", value=True)
    expect(page.get_by_label("What image 1 is for")).to_have_value("first_frame")
    expect(page.get_by_label("9:16")).to_be_checked()
    expect(page.locator("#submit")).to_be_enabled()


def test_before_and_after_run_as_one(visiting: Visiting, clip: Path) -> None:
    visit = visiting()
    page = visit.open()
    page.locator("#picker").set_input_files(clip)
    page.get_by_label("Prompt", exact=True).fill("clay fake:frames=72 fake:read")
    expect(page.locator("#field-duration-note")).to_contain_text("as long as the source")
    expect(page.locator(".entry.ready")).to_have_count(1)
    page.locator("#submit").click()
    line = page.get_by_role("slider", name="Line between before and after")
    line.focus()
    for key, value in {"ArrowLeft": 45, "Home": 0, "PageUp": 20, "End": 100, "Shift+ArrowLeft": 90}.items():
        page.keyboard.press(key)
        expect(line).to_have_attribute("aria-valuenow", str(value))
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")

    page.get_by_role("button", name="Play", exact=True).click()
    until(page, f"{AFTER}.currentTime > 0.8")
    drift = page.evaluate(f"Math.abs({AFTER}.currentTime - {BEFORE}.currentTime)")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert drift < 0.25
    page.keyboard.press("ArrowRight")
    until(
        page,
        "[...document.querySelectorAll('video')].every(one => !one.seeking && one.paused)"
        f" && {AFTER}.currentTime === {BEFORE}.currentTime",
    )
    visit.picture("compare")
    page.get_by_label("Side by side").check(force=True)
    expect(page.locator(".stage.sides")).to_be_visible()
    visit.picture("sides")
    page.get_by_label("Result", exact=True).check(force=True)
    expect(page.locator(".before")).to_be_hidden()


def test_results_can_be_held_against_each_other(visiting: Visiting, server: Server, tasks: Tasks) -> None:
    other = server.submit("another one fake:frames=36")
    server.until(other, "success")
    page = visiting().open(f"#/task/{other}")
    expect(page.locator(".before")).to_have_count(0)
    page.get_by_label("Compare with").select_option(index=1)

    expect(page.locator(".before")).to_be_visible()
    expect(page.get_by_role("slider", name="Line between before and after")).to_be_visible()


def test_who_comes_by_another_name_sees_the_same(chrome: Browser, server: Server, tasks: Tasks) -> None:
    visit = Visit(chrome, server.origin.replace("127.0.0.1", "localhost"), server.key)
    page = visit.open(f"#/task/{tasks.done}")
    expect(page.locator("#engine")).to_be_visible()
    until(page, f"{AFTER}.readyState > 1 && {BEFORE}.readyState > 1")
    page.locator("#remix").click()
    expect(page.locator("#submit")).to_be_enabled()
    until(page, "document.querySelector('.entry video').readyState > 0")
    visit.close()


def test_results_in_a_bucket_play_too(
    chrome: Browser, s3_server: S3Server, s3_credentials: str, clip: Path, tmp_path: Path
) -> None:
    bucket = s3_server.new_bucket()
    server = Server(tmp_path / "data")
    server.start(OMNIREEL_S3_BUCKET=bucket.name, OMNIREEL_S3_ENDPOINT=s3_server.endpoint)
    visit = Visit(chrome, server.origin, server.key, bucket=s3_server.endpoint)
    try:
        page = visit.open()
        page.locator("#picker").set_input_files(clip)
        page.get_by_label("Prompt", exact=True).fill("clay")
        page.locator("#submit").click()
        expect(page.locator("#engine")).to_be_visible()
        until(page, f"{AFTER}.readyState > 1 && {BEFORE}.readyState > 1")
        visit.close()
    finally:
        server.close()


def test_files_that_are_no_good_are_never_sent(visiting: Visiting, tmp_path: Path) -> None:
    small = make_image(tmp_path / "small.png", width=200, height=200)
    strip = make_image(tmp_path / "strip.png", width=1200, height=310)
    short = make_video(tmp_path / "short.mp4", seconds=1)
    words = tmp_path / "words.txt"
    words.write_text("no picture")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff" + bytes(1000))
    visit = visiting()
    page = visit.open()
    page.get_by_label("Prompt", exact=True).fill("a fox")
    page.locator("#picker").set_input_files([small, strip, short, words, broken])

    expect(page.get_by_text("200×200: every side must have at least 300 px.")).to_be_visible()
    expect(page.get_by_text("1200×310: at most 2.5 times as long as wide.")).to_be_visible()
    expect(page.get_by_text("1 s: it must last 3 to 10.05 s.")).to_be_visible()
    expect(page.get_by_text("words.txt is neither a picture nor a video that can be used.")).to_be_visible()
    expect(page.get_by_text("This is not a picture that can be read.")).to_be_visible()
    expect(page.get_by_text("Take out the file that cannot be used.")).to_be_visible()
    expect(page.locator("#submit")).to_be_disabled()
    assert not [asked for asked in visit.asked if asked[1] == "/api/v1/media/files"]


def test_files_chosen_before_the_limits_are_known_are_held_to_them(
    visiting: Visiting, tmp_path: Path
) -> None:
    visit = visiting()
    held: list[Route] = []
    let_go = False

    def hold(route: Route) -> None:
        if let_go:
            route.continue_()
        else:
            held.append(route)

    visit.page.route("**/api_schema", hold)
    page = visit.open()
    page.locator("#picker").set_input_files(make_image(tmp_path / "small.png", width=200, height=200))
    expect(page.get_by_label("Remove image 1")).to_be_visible()
    let_go = True
    for route in held:
        route.continue_()

    expect(page.get_by_text("200×200: every side must have at least 300 px.")).to_be_visible()
    assert not [asked for asked in visit.asked if asked[1] == "/api/v1/media/files"]


def test_limits_show_while_somebody_types(visiting: Visiting) -> None:
    visit = visiting()
    visit.expects_refusals = True
    page = visit.open()
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("雪🦊")
    expect(page.locator("#prompt-count")).to_have_text("2 of 2,500 characters")
    prompt.fill("x" * 2501)
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Too long by this many characters: 1.")).to_be_visible()
    expect(page.locator("#submit")).to_be_disabled()
    prompt.fill("a fox and <<<image_3>>>")
    expect(page.locator("#fault")).to_contain_text(
        "refers to <<<image_3>>>, but no entries were sent in 'images'"
    )
    expect(page.locator("#submit")).to_be_disabled()
    prompt.fill("a fox")
    expect(page.locator("#submit")).to_be_enabled()
    page.get_by_label("Several shots").check()
    page.get_by_label("Kling V3 Omni Video").check(force=True)
    page.get_by_label("Length").fill("12")
    page.goto(f"{visit.origin}/#/code")
    body = json.loads(re.findall(r"-d '(.*)'$", page.locator("#snippet").inner_text(), re.DOTALL)[0])
    assert body == {
        "prompt": "a fox",
        "multi_shot": True,
        "shot_type": "intelligence",
        "mode": "std",
        "duration": 12,
    }


def test_pictures_can_be_dropped_and_pasted(visiting: Visiting, picture: Path) -> None:
    page = visiting().open()
    expect(page.get_by_label("Prompt", exact=True)).to_be_visible()
    content = list(picture.read_bytes())
    give = """([bytes, kind]) => {
        const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(bytes)], kind + ".png", { type: "image/png" }));
        const how = { bubbles: true, cancelable: true };
        if (kind === "pasted") dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, ...how }));
        else for (const type of ["dragenter", "drop"]) {
            const event = new DragEvent(type, { dataTransfer: files, ...how });
            document.querySelector(".create").dispatchEvent(event);
        }
    }"""
    page.evaluate(give, [content, "dropped"])
    expect(page.locator(".entry.ready")).to_have_count(1)
    page.evaluate(give, [content, "pasted"])
    expect(page.locator(".entry.ready")).to_have_count(2)
    expect(page.locator(".entry .name")).to_have_text(["dropped.png", "pasted.png"])
    page.get_by_label("Move image 2 forward").click()
    expect(page.locator(".entry .name")).to_have_text(["pasted.png", "dropped.png"])
    page.get_by_label("Remove image 1").click()
    expect(page.locator(".entry .name")).to_have_text(["dropped.png"])


def test_an_example_is_one_click_away_from_a_video(visiting: Visiting) -> None:
    page = visiting().open()
    page.get_by_role("button", name="Restyle the source video into a clay-animation look").click()
    expect(page.locator(".entry.ready .name")).to_have_text("pond.mp4")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(re.compile("clay-animation"))
    expect(page.locator("#submit")).to_be_enabled()


def test_a_task_is_watched_through_a_restart(chrome: Browser, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    server = Server(tmp_path / "data")
    server.start("--port", port)
    visit = Visit(chrome, server.origin, server.key)
    visit.expects_refusals = True
    try:
        task_id = server.submit("fake:seconds=3 fake:steps=30")
        page = visit.open(f"#/task/{task_id}")
        expect(page.locator("#stage")).to_contain_text("step")
        server.kill()
        expect(page.get_by_text("The connection is lost.")).to_be_visible()
        expect(page.locator("#way")).to_have_attribute("data-way", "away")
        server.start("--port", port)
        expect(page.locator("#way")).to_have_attribute("data-way", re.compile("stream|poll"))
        expect(page.locator("#status")).to_have_text("Done")
        expect(page.locator("#engine")).to_contain_text("fake_engine")
        visit.close()
    finally:
        server.close()


def test_without_streams_the_page_polls(visiting: Visiting, server: Server) -> None:
    visit = visiting()
    visit.expects_refusals = True
    visit.page.route("**/events", lambda route: route.abort())
    page = visit.open(f"#/task/{server.submit('fake:seconds=4 fake:steps=20')}")

    expect(page.locator("#way")).to_have_attribute("data-way", "poll")
    expect(page.locator("#status")).to_have_text("Done")


def test_a_stream_goes_on_where_it_ended(visiting: Visiting, server: Server) -> None:
    visit = visiting()
    visit.expects_refusals = True
    seen: list[str] = []

    def cut(route: Route) -> None:
        """The first stream ends after its first event."""
        seen.append(route.request.headers.get("last-event-id", ""))
        if len(seen) > 1:
            route.continue_()
            return
        data = json.dumps(
            {"status": "processing", "task_id": "t", "model_id": "m", "created_at": "2026-01-01T00:00:00Z"}
        )
        route.fulfill(
            content_type="text/event-stream", body=f"id: first-one\nevent: status\ndata: {data}\n\n"
        )

    visit.page.route("**/events", cut)
    page = visit.open(f"#/task/{server.submit('fake:seconds=3')}")

    expect(page.locator("#status")).to_have_text("Done")
    assert seen[:2] == ["", "first-one"]


def test_a_submit_whose_answer_is_lost_counts_once(visiting: Visiting, server: Server) -> None:
    visit = visiting()
    visit.expects_refusals = True
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        answer = route.fetch()
        assert answer.ok, answer.text()
        lost.append(answer.json()["data"]["task_id"])
        route.abort()

    visit.page.route("**/api/v1/kling/kling-video-o1", lose)
    page = visit.open()
    page.get_by_label("Prompt", exact=True).fill("only once")
    page.locator("#submit").click()
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    page.locator("#submit").click()

    page.wait_for_url("**/task/*")
    assert page.url.rpartition("/")[2] == lost[0]


def test_a_task_can_be_stopped_and_made_again(visiting: Visiting, server: Server) -> None:
    page = visiting().open(f"#/task/{server.submit('fake:seconds=60 fake:steps=600')}")
    expect(page.locator("#stage")).to_contain_text("step")
    page.locator("#cancel").click()
    expect(page.locator("#status")).to_have_text("Canceled")

    page.goto(f"{server.origin}/#/task/{server.submit('fake:fail')}")
    expect(page.locator("#status")).to_have_text("Failed")
    expect(page.get_by_text("the fake engine was told to fail")).to_be_visible()
    failed = page.url
    page.locator("#again").click()
    page.wait_for_url(lambda url: url != failed)
    expect(page.locator("#status")).to_have_text("Failed")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Gallery")).to_be_visible()


def test_a_task_that_is_not_there_is_said_so(visiting: Visiting) -> None:
    visit = visiting()
    visit.expects_refusals = True
    page = visit.open("#/task/task-t2v-nobody")

    expect(page.get_by_role("alert")).to_contain_text("Resource not found")


def test_the_gallery_goes_by_keyboard(visiting: Visiting, server: Server) -> None:
    done = [server.submit(f"number {place}") for place in range(3)]
    for task_id in done:
        server.until(task_id, "success")
    failed = server.submit("fake:fail")
    server.until(failed, "failed")
    visit = visiting()
    page = visit.open("#/gallery")
    page.locator(".card").first.focus()
    expect(page.locator(".card:focus")).to_have_attribute("href", f"#/task/{failed}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card:focus")).to_have_attribute("href", f"#/task/{done[2]}")
    expect(page.locator(".card:focus video")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(f'.card[href="#/task/{done[1]}"]')).to_have_count(0)
    page.get_by_role("radio", name="Failed").check(force=True)
    expect(page.locator(".card").first).to_have_attribute("href", f"#/task/{failed}")
    expect(page.locator(".card:not(.failed)")).to_have_count(0)
    page.locator(".card").first.focus()
    page.keyboard.press("r")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("fake:fail")


def test_the_code_is_the_request(visiting: Visiting, server: Server, clip: Path) -> None:
    visit = visiting()
    page = visit.open()
    prompt = 'it\'s "$HOME" and `ls` 雪'
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.locator("#picker").set_input_files(clip)
    expect(page.locator(".entry.ready")).to_have_count(1)
    page.get_by_role("link", name="Code").last.click()
    snippet = page.locator("#snippet")
    expect(snippet).to_contain_text("curl")
    assert server.key not in page.content()
    page.locator("#reveal").click()
    expect(snippet).to_contain_text(server.key)

    spoken = subprocess.run(["bash", "-c", snippet.inner_text() + " -s"], capture_output=True, timeout=60)
    asked = server.call(
        "GET", f"/api/v1/tasks/{json.loads(spoken.stdout)['data']['task_id']}?include=request"
    ).json()["data"]["request"]["body"]
    assert (asked["prompt"], asked["mode"], len(asked["videos"])) == (prompt, "std", 1)

    page.get_by_label("Python").check(force=True)
    compile(snippet.inner_text(), "snippet", "exec")
    told = {"video", "mode", "model"}
    assert told == set(re.findall(r"^        (\w+)=", snippet.inner_text(), re.MULTILINE))
    page.get_by_label("Command line").check(force=True)
    command = snippet.inner_text().replace(" omnireel ", f" {sys.executable} -m omnireel ")
    ran = subprocess.run(
        ["bash", "-c", command.replace("-o result.mp4", "--no-wait")],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert ran.stdout.startswith("task-v2v-"), ran.stderr


def test_webhooks_are_tried_told_and_sent_again(visiting: Visiting, server: Server) -> None:
    with receiving() as receiver:
        visit = visiting()
        page = visit.open("#/webhooks")
        page.locator("#trial-url").fill(receiver.url)
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text(re.compile(r"Taken: 204 after \d+ ms\."))).to_be_visible()
        assert receiver.wait(1)[0].headers["x-modellix-event"] == "prediction.task.test"

        page.goto(f"{server.origin}/#/")
        page.get_by_label("Prompt", exact=True).fill("tell me")
        page.get_by_text("More options").click()
        page.get_by_label("Tell this address when it is done").fill(receiver.url)
        page.locator("#submit").click()
        expect(page.locator("#status")).to_have_text("Done")
        receiver.wait(2)
        page.goto(f"{server.origin}/#/webhooks")
        first = page.locator(".log > li").first
        expect(first).to_contain_text("delivered")
        first.get_by_role("button", name="Send again").click()
        receiver.wait(3)
        expect(first).to_contain_text("2 attempts")
        page.get_by_role("button", name="Show it").click()
        expect(page.get_by_text("whsec_")).to_be_visible()
        page.get_by_role("button", name="Make a new one").click()
        page.get_by_role("dialog").get_by_role("button", name="Make a new one").click()
        expect(page.get_by_text("The one before it signs too until")).to_be_visible()


def test_a_key_stays_for_the_tab_or_for_good(visiting: Visiting, server: Server) -> None:
    page = visiting(key="").open()
    page.get_by_label("API key").fill(server.key)
    expect(page.locator("#prompt")).to_be_visible()
    where = "[sessionStorage.getItem('omnireel-key') !== null, localStorage.getItem('omnireel-key') !== null]"
    assert page.evaluate(where) == [True, False]
    page.goto(f"{server.origin}/#/webhooks")
    page.get_by_label("Keep it in this browser").check()
    assert page.evaluate(where) == [False, True]
    page.get_by_role("button", name="Forget the key here").click()
    assert page.evaluate(where) == [False, False]
    expect(page.get_by_label("API key")).to_be_visible()


def test_a_key_that_is_no_longer_good_is_said_so(visiting: Visiting, server: Server) -> None:
    visit = visiting(key="omr_live_gone")
    visit.expects_refusals = True
    page = visit.open()
    expect(page.get_by_role("alert")).to_contain_text("The key was not accepted: the API key is malformed.")
    page.get_by_role("button", name="Use another key").click()
    # What the visit began with comes back at a reload only.
    page.get_by_label("API key").fill(server.key)
    expect(page.locator("#prompt")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_page_speaks_chinese(visiting: Visiting) -> None:
    page = visiting(language="zh-CN").open()
    expect(page.get_by_role("button", name="生成视频")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Make video")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Make video")).to_be_visible()


def test_a_video_is_made_by_keyboard_alone(visiting: Visiting, server: Server) -> None:
    page = visiting(key="").open()
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.insert_text(server.key)
    expect(page.locator("#prompt")).to_be_visible()
    tab_to(page, "#prompt")
    page.keyboard.type("a fox by keyboard")
    tab_to(page, "input[name=mode]:checked")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Full 1080p")).to_be_checked()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#submit")).to_be_enabled()
    tab_to(page, "#submit")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Done")
    tab_to(page, "#play")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def until(page: Page, condition: str) -> None:
    """Wait for something in the page. Playwright's own way would need `eval`, which the page forbids."""
    deadline = time.monotonic() + 30
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"waited in vain for {condition}"
        page.wait_for_timeout(20)


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until this has the focus, and see that one can see that it has."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("one => document.activeElement.matches(one)", wanted):
            return
    pytest.fail(f"Tab never came to {wanted}")


def axe(page: Page) -> list[str]:
    """What stands in somebody's way, of the serious and critical kinds."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(
    visiting: Visiting, server: Server, clip: Path, tasks: Tasks, scheme: str
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; make web/node_modules gets it")
    page = visiting(key="", scheme=scheme).open()
    expect(page.get_by_label("API key")).to_be_visible()
    assert axe(page) == []

    page = visiting(scheme=scheme).open()
    page.locator("#picker").set_input_files(clip)
    expect(page.locator(".entry.ready")).to_have_count(1)
    page.get_by_label("Prompt", exact=True).fill("clay")
    page.get_by_text("More options").click()
    expect(page.locator("#estimate")).to_be_visible()
    for name, (where, mark) in screens(tasks).items():
        page.goto(f"{server.origin}/{where}")
        expect(page.locator(mark).first).to_be_visible()
        assert (name, axe(page)) == (name, [])


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_every_screen_fits_every_width(
    visiting: Visiting, server: Server, clip: Path, tasks: Tasks, width: int
) -> None:
    scheme = "dark" if width == 768 else "light"
    visit = visiting(width=width, height=900 if width > 1000 else 780, scheme=scheme)
    page = visit.open()
    page.locator("#picker").set_input_files(clip)
    expect(page.locator(".entry.ready")).to_have_count(1)
    page.get_by_label("Prompt", exact=True).fill("Clay, with a rather long prompt " + "and so on " * 12)
    expect(page.locator("#estimate")).to_be_visible()
    for name, (where, mark) in screens(tasks).items():
        page.goto(f"{server.origin}/{where}")
        expect(page.locator(mark).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        visit.picture(f"{name}-{width}")
        needed, there = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert needed <= there, f"{name} is {needed} px wide in a window of {there}"


def screens(tasks: Tasks) -> dict[str, tuple[str, str]]:
    """Where each screen is, and what is there to be seen once it is ready."""
    return {
        "create": ("", "#estimate"),
        "code": ("#/code", "#snippet"),
        "going": (f"#/task/{tasks.going}", "#stage"),
        "result": (f"#/task/{tasks.done}", "#engine"),
        "failed": (f"#/task/{tasks.failed}", "#again"),
        "canceled": (f"#/task/{tasks.canceled}", "#again"),
        "gallery": ("#/gallery", ".card"),
        "keys": ("#/webhooks", "#own"),
        "status": ("#/status", ".figure"),
    }
