"""The request and response models of the real inference servers, read out of their published packages.

Where the packages are installed they are imported. Otherwise `OMNIREEL_INFERENCE_PACKAGES` names a folder
with their unpacked wheels (`pip download --no-deps`, `unzip`): then the files with the models are run by
themselves, and what they import from packages that are not there is read out of its source.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final, cast

from pydantic import BaseModel

VARIABLE: Final = "OMNIREEL_INFERENCE_PACKAGES"
SGLANG: Final = "sglang.multimodal_gen.runtime.entrypoints.openai"
VLLM: Final = "vllm_omni.entrypoints.openai"


@dataclass(frozen=True)
class Published:
    """What one server takes and answers. `fields` and `files` are the names of its form's parts."""

    request: type[BaseModel]
    job: type[BaseModel]
    jobs: type[BaseModel]
    deleted: type[BaseModel]
    fields: frozenset[str]
    files: frozenset[str]


def missing() -> str:
    """Why nothing can be compared; "" when it can."""
    if all(_place(name) for name in ("sglang", "vllm_omni")):
        return ""
    return f"neither installed nor in a folder that {VARIABLE} names: sglang 0.5.23, vllm-omni 0.30.0"


def published(dialect: str) -> Published:
    """The models of `sglang` or `vllm-omni`."""
    if dialect == "sglang":
        models = _models(f"{SGLANG}.protocol", {})
        form = _form(f"{SGLANG}.video_api", "create_video")
        return Published(
            _model(models, "VideoGenerationsRequest"),
            _model(models, "VideoResponse"),
            _model(models, "VideoListResponse"),
            _model(models, "VideoResponse"),
            *form,
        )
    borrowed = {f"{VLLM}.image_api_utils": "parse_size", "vllm_omni.inputs.data": "DIFFUSION_QUALITY_LEVELS"}
    models = _models(f"{VLLM}.protocol.videos", borrowed)
    form = _form(f"{VLLM}.video.generation.helpers", "_parse_video_form")
    return Published(
        _model(models, "VideoGenerationRequest"),
        _model(models, "VideoResponse"),
        _model(models, "VideoListResponse"),
        _model(models, "VideoDeleteResponse"),
        *form,
    )


def _model(module: ModuleType, name: str) -> type[BaseModel]:
    return cast("type[BaseModel]", vars(module)[name])


def _place(package: str) -> Path | None:
    """The folder that the package's own lies in."""
    given = os.environ.get(VARIABLE)
    if given and (Path(given) / package).is_dir():
        return Path(given)
    found = find_spec(package)
    return Path(found.origin).parents[1] if found and found.origin else None


def _file(module: str) -> Path:
    place = _place(module.partition(".")[0])
    assert place is not None
    return place.joinpath(*module.split(".")).with_suffix(".py")


def _models(module: str, borrowed: dict[str, str]) -> ModuleType:
    """`borrowed` are the names it imports from modules that may not be loadable."""
    if os.environ.get(VARIABLE) is None:
        return import_module(module)
    with _standing_in(borrowed):
        spec = spec_from_file_location(module.rpartition(".")[2], _file(module))
        assert spec is not None
        assert spec.loader is not None
        loaded = module_from_spec(spec)
        sys.modules[spec.name] = loaded
        try:
            spec.loader.exec_module(loaded)
        finally:
            del sys.modules[spec.name]
    return loaded


@contextmanager
def _standing_in(borrowed: dict[str, str]) -> Iterator[None]:
    modules = {module: ModuleType(module) for module in borrowed}
    for module, name in borrowed.items():
        vars(modules[module])[name] = _defined(module, name)
    packages = {part: ModuleType(part) for module in modules for part in _packages(module)}
    try:
        sys.modules.update(packages | modules)
        yield
    finally:
        for name in (*packages, *modules):
            del sys.modules[name]


def _packages(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _defined(module: str, name: str) -> object:
    """A constant as it is written there; a function only by name, since no model calls one to check."""
    for node in ast.parse(_file(module).read_text()).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                return ast.literal_eval(value)
            case ast.FunctionDef(name=found) if found == name:
                return found
    raise AssertionError(f"{module} has no {name} any more")


def _form(module: str, function: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the plain parts, and of the files, that a function takes from a form."""
    for node in ast.walk(ast.parse(_file(module).read_text())):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == function:
            defaults = node.args.defaults
            told = zip(node.args.args[-len(defaults) :], defaults, strict=True)
            kinds = {argument.arg: _called(default) for argument, default in told}
            plain = frozenset(name for name, kind in kinds.items() if kind == "Form")
            return plain, frozenset(name for name, kind in kinds.items() if kind == "File")
    raise AssertionError(f"{module} has no {function} any more")


def _called(default: ast.expr) -> str:
    match default:
        case ast.Call(func=ast.Name(id=name)):
            return name
    return ""
