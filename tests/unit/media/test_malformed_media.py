"""Every malformed file meets a clear, typed refusal, quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.decode_child import decoded, verdicts
from tests.malformed_media import BEYOND_LIMITS, MALFORMED, POLYGLOTS, UNDECODABLE

from omnireel.errors import InvalidFormat, OutOfRange
from omnireel.media.limits import check_limits
from omnireel.media.sniff import sniff
from omnireel.models import MediaLimits

_EXPECTED = {
    "hls.mp4": "HLS playlist",
    "hls-after-bom.mp4": "HLS playlist",
    "dash.mp4": "DASH manifest",
    "concat.mp4": "list of files",
    "concat-bare.mp4": "list of files",
    "sdp.mp4": "SDP",
    "imf.mov": "IMF playlist",
    "html.mp4": "HTML page",
    "html.jpg": "HTML page",
    "svg.png": "SVG drawing",
    "pdf.jpg": "PDF",
    "zip.mp4": "ZIP",
    "empty.mp4": "empty",
    "cut-without-index.mp4": "ends early",
    "cut-after-index.mp4": "ends early",
    "cut.webm": "ends early",
    "cut.webp": "ends early",
    "box-too-long.mp4": "does not fit",
    "many-tracks.mp4": "10000 tracks; at most 16",
    "magicyuv.mov": "codec is M8Y0; accepted are h264, hevc, vp8, vp9, av1",
    "mpeg4.mp4": "codec is mp4v",
    "prores.mov": "codec is apch",
    "encrypted.mp4": "encrypted",
    "other-file.mp4": "another file",
    "heic.mp4": "HEIF or AVIF",
}
_LIMITED = {
    "png-bomb.png": "width must be 300 to 8000 pixels, got 30000",
    "png-thin.png": "1:2.5 to 2.5:1, got 4000x300",
    "claims-65k.mp4": "width must be 360 to 2160 pixels, got 65535",
    "million-fps.mp4": "frame rate must be 12 to 60 frames per second, got 1e\\+06",
    "two-seconds.mp4": "duration must be 3 to 10.05 seconds, got 2$",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_file_that_is_not_what_it_claims_is_refused_by_its_header(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(MALFORMED[name]())
    began = time.process_time()

    with pytest.raises(InvalidFormat, match=_EXPECTED.get(name)) as refusal:
        sniff(path)

    assert len(str(refusal.value)) < 200
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", BEYOND_LIMITS)
def test_a_file_that_claims_too_much_is_refused_with_the_number(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BEYOND_LIMITS[name]())

    with pytest.raises(OutOfRange, match=_LIMITED.get(name, r"must be .+, got .+")):
        check_limits(sniff(path), MediaLimits())


def test_faults_that_only_decoding_finds_are_invalid_media(tmp_path: Path) -> None:
    for name, make in UNDECODABLE.items():
        (tmp_path / name).write_bytes(make())
        check_limits(sniff(tmp_path / name), MediaLimits())

    found = verdicts(tmp_path)

    assert {name: found[name].partition(":")[0] for name in UNDECODABLE} == dict.fromkeys(
        UNDECODABLE, "InvalidMedia"
    )


def test_polyglots_are_decoded_as_the_media_they_begin_with(tmp_path: Path) -> None:
    for name, make in POLYGLOTS.items():
        (tmp_path / name).write_bytes(make())

    found = verdicts(tmp_path)

    assert {name: found[name] for name in POLYGLOTS} == {
        "mp4-and-zip.mp4": "72 frames of 400x360",
        "jpeg-and-html.jpg": "400x320",
    }


def test_bombs_do_not_cost_memory(tmp_path: Path) -> None:
    for name in ("png-bomb.png", "png-100-megapixels.png"):
        (tmp_path / name).write_bytes(BEYOND_LIMITS[name]())

    found = decoded(tmp_path)

    assert all(verdict.startswith("InvalidMedia") for verdict in found.verdicts.values()), found
    assert found.peak < 512 * 1024
