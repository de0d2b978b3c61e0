"""`omnireel models profiles`, `pull` and `verify`: open weights on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnireel.cli.byte_progress import GIB, Show, bytes_shown
from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import ItemsFlag, JsonFlag, Output, QuietFlag
from omnireel.cli.server_extra import server_extra

if TYPE_CHECKING:
    from omnireel.engines.diffusers.profile import Profile, Weights
    from omnireel.engines.diffusers.pulling import Place, Report

ProfileName = Annotated[
    str, typer.Argument(help="As `models profiles` shows it, or a TOML file like ours.", show_default=False)
]
Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where models lie; `folder` of the engine. Default: ~/.local/share/omnireel/models.",
        show_default=False,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="KINDS",
        help="The repositories for these kinds of work alone, text,keyframes for instance.",
        show_default=False,
    ),
]
Accept = Annotated[bool, typer.Option("--accept-licence", help="Say that you accept the weights' licence.")]
Revision = Annotated[
    str | None,
    typer.Option(
        help="A commit, tag or branch instead of the profile's; of one repository.", show_default=False
    ),
]


def profiles(
    *, folder: Folder = None, json: JsonFlag = False, jsonl: ItemsFlag = False, quiet: QuietFlag = False
) -> None:
    """List the open models we know how to run: licence, what they do, size, GPU memory, and what is here."""
    talk = Output(json, quiet, jsonl)
    with ending(talk), server_extra("models profiles"):
        from omnireel.engines.diffusers.profile import profile, profile_names

        found = [(name, profile(name)) for name in profile_names()]
        documents = [_document(name, one, _models_folder(folder)) for name, one in found]
        lines = (
            [name for name, _ in found] if talk.quiet else [line for one in documents for line in _lines(one)]
        )
        talk.items(lines, documents)


def pull(
    name: ProfileName,
    *,
    folder: Folder = None,
    only: Only = None,
    accept_licence: Accept = False,
    revision: Revision = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Download a model's weights, and check every file's hash.

    Goes on where an earlier download stopped. HF_TOKEN is sent where it is set, HF_ENDPOINT names a mirror.
    """
    talk = Output(json, quiet)
    with ending(talk), server_extra("models pull"):
        from omnireel.engines.diffusers.hub import Hub
        from omnireel.engines.diffusers.pulling import Place
        from omnireel.engines.diffusers.pulling import pull as pull_weights

        model = _profile(name)
        _check_licence(model, accepted=accept_licence)
        chosen = _chosen(model, only, revision)
        hub = Hub(os.environ.get("HF_ENDPOINT"))
        listings = [hub.listing(one.repo, revision or one.revision) for one in chosen]
        places = [Place(one, _folder_of(folder, one.repo)) for one in listings]
        with bytes_shown(talk) as show:
            pull_weights(hub, places, _report(show))
        _hand_over(talk, places)


def verify(
    name: ProfileName,
    *,
    folder: Folder = None,
    only: Only = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Read a model's files and compare their hashes with what was stated at the pull; 1 for a fault."""
    talk = Output(json, quiet)
    with ending(talk), server_extra("models verify"):
        from omnireel.engines.diffusers.pulling import verify as faults_in

        places = [_pulled(name, one, folder) for one in _chosen(_profile(name), only, None)]
        with bytes_shown(talk) as show:
            found = [(place, faults_in(place, _report(show))) for place in places]
        lines = [f"{place.record.repo}: {'; '.join(faults) or 'whole'}" for place, faults in found]
        documents = [_place_document(place) | {"faults": faults} for place, faults in found]
        talk.items(lines, documents)
        if any(faults for _, faults in found):
            talk.say(f"`{_command('pull', name, folder)}` fetches what is wrong anew")
            raise typer.Exit(FAILED)


def _profile(name: str) -> Profile:
    from omnireel.engines.diffusers.profile import profile
    from omnireel.errors import CannotStart, InvalidRequest

    try:
        return profile(name)
    except CannotStart as error:
        raise InvalidRequest(str(error)) from None


def _check_licence(model: Profile, *, accepted: bool) -> None:
    from omnireel.errors import InvalidRequest

    licence = model.licence
    if licence.accept and not accepted:
        terms = f"come under the {licence.name} ({licence.url}). {licence.note}".strip()
        raise InvalidRequest(
            f"the weights of {model.title} {terms} Read it, and say --accept-licence if you accept it"
        )


def _chosen(model: Profile, only: str | None, revision: str | None) -> tuple[Weights, ...]:
    """The repositories to look at. Raises InvalidRequest."""
    from omnireel.errors import InvalidRequest

    kinds = frozenset(only.replace(" ", "").split(",")) if only else frozenset()
    able = sorted({kind for one in model.weights for kind in one.does})
    if unknown := sorted(kinds.difference(able)):
        raise InvalidRequest(f"{model.title} does not do {', '.join(unknown)}; it does {', '.join(able)}")
    chosen = tuple(one for one in model.weights if not kinds or kinds & one.does)
    if revision and len(chosen) > 1:
        repos = ", ".join(one.repo for one in chosen)
        raise InvalidRequest(f"a revision is one repository's, and there are {repos}; choose by --only")
    return chosen


def _pulled(name: str, weights: Weights, folder: Path | None) -> Place:
    from omnireel.engines.diffusers.hub import PullFailed
    from omnireel.engines.diffusers.pulling import Place
    from omnireel.engines.diffusers.weight_files import recorded

    place = _folder_of(folder, weights.repo)
    record = recorded(place)
    if record is None:
        raise PullFailed(
            f"nothing in {place} says what {weights.repo} should be;"
            f" `{_command('pull', name, folder)}` asks the hub, and fetches only what is not as it should be"
        )
    return Place(record, place)


def _models_folder(folder: Path | None) -> Path:
    from omnireel.engines.diffusers.options import MODELS_FOLDER

    return (folder or MODELS_FOLDER).expanduser()


def _folder_of(folder: Path | None, repo: str) -> Path:
    from omnireel.engines.diffusers.options import folder_of

    return folder_of(_models_folder(folder), repo)


def _command(verb: str, name: str, folder: Path | None) -> str:
    return f"omnireel models {verb} {name}" + (f" --folder {folder}" if folder else "")


def _report(show: Show) -> Report:
    return lambda progress: show(progress.done, progress.total, progress.note)


def _hand_over(talk: Output, places: Sequence[Place]) -> None:
    lines = [str(place.folder) for place in places]
    for place in places:
        talk.say(
            f"{place.record.repo} at {place.record.commit[:12]}: {len(place.record.files)} files, all checked"
        )
    talk.items(lines, [_place_document(place) for place in places])


def _place_document(place: Place) -> dict[str, Any]:
    record = place.record
    return {"repo": record.repo, "commit": record.commit, "folder": str(place.folder), "bytes": record.size}


def _document(name: str, model: Profile, folder: Path) -> dict[str, Any]:
    from omnireel.engines.diffusers.options import folder_of
    from omnireel.engines.diffusers.weight_files import missing_bytes

    missing = sum(missing_bytes(one, folder_of(folder, one.repo)) for one in model.weights)
    return {
        "profile": name,
        "title": model.title,
        "licence": model.licence.name,
        "licence_url": model.licence.url,
        "accept_licence": model.licence.accept,
        "does": sorted({kind.value for one in model.weights for kind in one.does}),
        "sound": model.sound,
        "download_gib": round(sum(one.download_gib for one in model.weights), 1),
        "missing_gib": round(missing / GIB, 1),
        "here": missing == 0,
        "memory_gib": {plan.value: size for plan, size in model.memory_gib.items()},
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    accept = ", to be accepted" if document["accept_licence"] else ""
    yield f"{document['profile']}  {document['title']}; {document['licence']}{accept}"
    yield f"    {', '.join(document['does'])}{'; with sound' if document['sound'] else ''}"
    size, missing = document["download_gib"], document["missing_gib"]
    here = "here" if document["here"] else "not here" if missing >= size else f"{missing:.1f} missing"
    plans = ", ".join(f"{gib:g} {plan}" for plan, gib in document["memory_gib"].items())
    yield f"    {size:.1f} GiB, {here}; GiB of GPU memory: {plans}"
