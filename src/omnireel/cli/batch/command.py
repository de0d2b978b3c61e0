"""`omnireel batch`: many videos from a file of requests, each asked for once."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from omnireel.cli.ending import FAILED, TIMED_OUT, ending
from omnireel.cli.output import Output, QuietFlag, complain, print_line
from omnireel.cli.parser import examples, single_command
from omnireel.cli.session import BaseUrl, choose_key, choose_origin
from omnireel.errors import InvalidRequest

if TYPE_CHECKING:
    from omnireel.cli.batch.guard import Forecast
    from omnireel.cli.batch.journal import Journal
    from omnireel.cli.batch.lines import Line
    from omnireel.cli.batch.results import Result
    from omnireel.cli.batch.runner import Runner
    from omnireel.client._sync import Client

STDIN = "-"

app = single_command()


@dataclass(frozen=True)
class Plan:
    """What the caller wants of a run."""

    state: Path
    folder: Path | None
    at_once: int
    most: Decimal | None
    dry: bool
    timeout: float


@app.command(
    epilog=examples(
        """echo '{"prompt": "a fox in the snow", "mode": "std", "id": "fox"}' > films.jsonl""",
        "omnireel batch films.jsonl --dry-run",
        "omnireel batch films.jsonl --max-cost 5 > results.jsonl",
    )
)
def batch(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="Requests, one JSON object a line; - reads stdin.")
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Where videos go. Default: x-videos for x.jsonl."),
    ] = None,
    download: Annotated[bool, typer.Option("--download/--no-download", help="Save the videos.")] = True,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where it is written down what is done. Default: FILE.state."),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="Tasks that wait or run at once, this batch's own.")
    ] = 4,
    max_cost: Annotated[
        str | None,
        typer.Option(metavar="USD", help="Send nothing if the batch may cost more, earlier runs included."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check the lines, print what they would take, send none."),
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Leave after that long; tasks go on.")
    ] = 86_400,
    base_url: BaseUrl = None,
    quiet: QuietFlag = False,
) -> None:
    """Make many videos: a line of JSON for each, in; a line of JSON for each, out.

    A line holds a prompt and what `generate` has flags for: images, video, mode, duration, seed and so on;
    `id` names it and its file. Run the same command again after a crash, a timeout or Ctrl-C, and it goes on:
    what was sent is never sent twice, ended lines are printed again. Exits with 0 when every line made a
    video, 1 when one did not, 2 when a line is no good or the batch too dear, 124 when the time was up.
    """
    talk = Output(quiet=quiet)
    with ending(talk):
        plan = Plan(
            state or _beside(path, ".state"),
            (output or _beside(path, "-videos")) if download else None,
            concurrency,
            _usd(max_cost),
            dry_run,
            timeout,
        )
        lines = _read(path)
        code = _run(lines, plan, talk, base_url)
    if code:
        raise typer.Exit(code)


def _beside(path: Path, suffix: str) -> Path:
    if str(path) == STDIN:
        raise InvalidRequest("a batch from standard input needs --state FILE, and -o DIR or --no-download")
    return path.with_name(f"{path.stem if suffix.startswith('-') else path.name}{suffix}")


def _usd(text: str | None) -> Decimal | None:
    try:
        amount = None if text is None else Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if amount is not None and not (amount.is_finite() and amount >= 0):
        raise InvalidRequest(f"--max-cost must be USD, such as 5 or 0.5, got {text!r}")
    return amount


def _read(path: Path) -> list[Line]:
    from omnireel.cli.batch.lines import read_lines

    try:
        with _opened(path) as file:
            return read_lines(file)
    except OSError as error:
        raise InvalidRequest(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InvalidRequest(f"{path} is not UTF-8") from None


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with nullcontext(sys.stdin) if str(path) == STDIN else path.open(encoding="utf-8") as file:
        yield file


def _run(lines: Sequence[Line], plan: Plan, talk: Output, base_url: str | None) -> int:
    from omnireel.cli.batch.journal import open_journal
    from omnireel.client._sync import Client

    origin = choose_origin(base_url).value
    key = choose_key(origin).value
    with open_journal(plan.state, origin) as journal, Client(origin, key) as client:
        forecast = _forecast(client, lines, journal, plan, talk)
        if plan.dry:
            _tell(lines, forecast, talk)
            return 0
        return _make(_runner(client, key, journal, plan, forecast), lines, plan, talk)


def _forecast(
    client: Client, lines: Sequence[Line], journal: Journal, plan: Plan, talk: Output
) -> Forecast | None:
    """What is to come, as far as the server tells; None when it does not. Raises when it must be known."""
    from omnireel.cli.batch.guard import check_cost, forecast
    from omnireel.client.errors import APIError, AuthenticationError

    states = [(line, journal.progress(line.ident)) for line in lines]
    unsent = [line for line, state in states if state.sent is None and state.refused is None]
    try:
        found = forecast(client, lines, unsent, journal)
    except AuthenticationError:
        raise
    except APIError as error:
        if plan.most is not None or plan.dry:
            raise
        talk.say(f"note: the server does not tell what this will take: {error}")
        return None
    if plan.most is not None:
        check_cost(found, plan.most)
    return found


def _tell(lines: Sequence[Line], forecast: Forecast | None, talk: Output) -> None:
    assert forecast is not None  # noqa: S101 - a dry run must know it
    talk.say(_outlook(lines, forecast))
    document = {
        "lines": len(lines),
        "unsent": len(forecast.prices),
        "price": None if forecast.open is None else f"{forecast.open:.4f}",
        "spent": f"{forecast.spent:.4f}",
        "expected_seconds": forecast.seconds,
    }
    print_line(document)


def _outlook(lines: Sequence[Line], forecast: Forecast) -> str:
    money = "" if not forecast.open else f", at most {forecast.open:.4f} USD"
    work = "" if forecast.seconds is None else f", about {forecast.seconds / 60:.1f} min of work"
    return f"{len(lines)} lines, {len(forecast.prices)} of them to send{money}{work}"


def _runner(client: Client, key: str, journal: Journal, plan: Plan, forecast: Forecast | None) -> Runner:
    from omnireel.cli.batch.offer import Counter
    from omnireel.cli.batch.promise import promise_of
    from omnireel.cli.batch.runner import Runner

    if plan.folder is not None:
        try:
            plan.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidRequest(f"cannot make {plan.folder}: {error.strerror}") from error
    prices = forecast.prices if forecast else {}
    deadline = time.monotonic() + plan.timeout
    counter = Counter(client, journal, promise_of(client, key), prices, deadline)
    return Runner(client, journal, counter, plan.folder)


def _make(runner: Runner, lines: Sequence[Line], plan: Plan, talk: Output) -> int:
    """Take every line to its end, printing what came of each. The exit code."""
    from omnireel.cli.batch.results import SUCCESS, summary
    from omnireel.cli.batch.runner import TimeUp

    began = time.monotonic()
    results = _earlier(runner, lines)
    todo = [line for line in lines if line.ident not in results]
    code, stopped = 0, ""
    try:
        stopped = _follow(runner, todo, results, plan.at_once, talk)
    except TimeUp:
        code, stopped = TIMED_OUT, f"the time ({plan.timeout:g} s) is up; tasks under way go on"
    except KeyboardInterrupt:
        _complain_of("interrupted; tasks under way go on")
        raise
    _leave(runner, todo, results)
    talk.say(summary(list(results.values()), time.monotonic() - began))
    if stopped:
        _complain_of(stopped)
    return code or (FAILED if any(result.status != SUCCESS for result in results.values()) else 0)


def _earlier(runner: Runner, lines: Sequence[Line]) -> dict[str, Result]:
    """The lines that ended in earlier runs, printed again."""
    from omnireel.cli.batch.results import result_of

    saving = runner.folder is not None
    found = [result_of(line, runner.journal.progress(line.ident), saving=saving) for line in lines]
    results = {result.line.ident: result for result in found if result is not None}
    for result in results.values():
        print_line(result.document())
    return results


def _follow(
    runner: Runner, todo: Sequence[Line], results: dict[str, Result], at_once: int, talk: Output
) -> str:
    """Show and print what comes, and keep it in `results`. Why nothing more was sent, if so."""
    from omnireel.cli.batch.view import batch_view

    stopped = ""
    with batch_view(talk, len(results), len(results) + len(todo)) as view:
        for news in runner.run(todo, at_once):
            if news.task is not None:
                view.show(news.line, news.task)
            if news.result is not None:
                results[news.line.ident] = news.result
                view.end(news.result)
                print_line(news.result.document())
            stopped = stopped or news.stopped or ""
    return stopped


def _leave(runner: Runner, todo: Sequence[Line], results: dict[str, Result]) -> None:
    """Print where the lines stand that this run leaves to the next."""
    from omnireel.cli.batch.results import Result

    for line in todo:
        if line.ident not in results:
            task_id = runner.journal.progress(line.ident).task_id
            results[line.ident] = Result(line, "unfinished", {"task_id": task_id} if task_id else {})
            print_line(results[line.ident].document())


def _complain_of(stopped: str) -> None:
    complain(f"error: {stopped}")
    complain("to go on, sending nothing twice:")
    complain(f"  {shlex.join(['omnireel', *sys.argv[1:]])}")
