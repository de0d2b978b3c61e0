"""The models that come with a profile, from the profiles themselves."""

from __future__ import annotations

from docs_pages.tables import table
from omnireel.engines.diffusers.profile import Pace, Profile, profile, profile_names

HEAD = ("profile", "model", "does", "licence", "download", "GPU memory, GiB", "`std`", "`pro`", "in one pass")


def profiles() -> str:
    """A row for each."""
    return table(HEAD, (_row(name, profile(name)) for name in profile_names()))


def _row(name: str, model: Profile) -> tuple[str, ...]:
    does = sorted({kind.value.replace("_", " ") for weights in model.weights for kind in weights.does})
    sound = ["sound"] if model.sound else []
    accept = ", to be accepted" if model.licence.accept else ""
    return (
        f"`{name}`",
        model.title,
        ", ".join([*does, *sound]),
        f"[{model.licence.name}]({model.licence.url}){accept}",
        f"{sum(one.download_gib for one in model.weights):.0f} GiB",
        ", ".join(f"{gib:g} {plan}" for plan, gib in model.memory_gib.items()),
        _pace(model.std),
        _pace(model.pro),
        f"{(model.longest - model.frame_offset) / model.fps:g} s at {model.fps} fps",
    )


def _pace(pace: Pace) -> str:
    return f"{pace.width}x{pace.height}, {pace.steps} steps"
