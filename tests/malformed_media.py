"""Files that are not the media they claim to be, each made by breaking a real one or from a few bytes.

`MALFORMED` maps a name, whose suffix is what the sender would call the file, to a maker of its bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tests.media_files import make_image, make_video


@cache
def real(
    name: str, codec: str | None = None, pix_fmt: str = "yuv420p", videos: int = 1, movflags: str = ""
) -> bytes:
    """A good small file, by name: clip.mp4, clip.webm, picture.png and so on."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        if path.suffix in {".jpg", ".png", ".webp"}:
            return make_image(path, width=400, height=320).read_bytes()
        made = make_video(
            path, width=400, height=360, codec=codec, pix_fmt=pix_fmt, videos=videos, movflags=movflags
        )
        return made.read_bytes()


def box(name: bytes, *content: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk with a checksum that holds."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: int) -> bytes:
    """A valid PNG of one grey: tiny, however many pixels it claims; only `rows` rows are there."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1 + width) * rows, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def patched(data: bytes, mark: bytes, offset: int, value: bytes, *, nth: int = 1) -> bytes:
    """The data with `value` written `offset` bytes after the nth `mark`."""
    place = -1
    for _ in range(nth):
        place = data.index(mark, place + 1)
    place += len(mark) + offset
    return data[:place] + value + data[place + len(value) :]


def cut(data: bytes, share: float) -> bytes:
    """The first part of the data."""
    return data[: int(len(data) * share)]


def _faststart() -> bytes:
    return real("clip.mp4", movflags="+faststart")


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("clip.mp4", real("clip.mp4"))
    return file.getvalue()


def _deep_boxes() -> bytes:
    data = b""
    for _ in range(5_000):
        data = box(b"trak", data)
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", data)


def _many_boxes() -> bytes:
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"free") * 200_000 + box(b"moov")


def _many_tracks() -> bytes:
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"trak") * 10_000)


def _jpeg_without_frame() -> bytes:
    return b"\xff\xd8" + b"\xff\xe1\x00\x10" + bytes(14) + b"\xff\xd9"


def _external_reference() -> bytes:
    # The url box of dref: without flag 1 the samples lie in another file.
    return patched(real("clip.mp4"), b"url ", 0, b"\0\0\0\0")


def _ebml_lie() -> bytes:
    data = real("clip.webm")
    place = data.index(b"\x1f\x43\xb6\x75")
    return data[: place + 4] + b"\x01\x00\xff\xff\xff\xff\xff\xff" + data[place + 12 :]


def _larger_than_it_says() -> bytes:
    with TemporaryDirectory() as folder:
        made = make_video(
            Path(folder) / "clip.mp4",
            width=4096,
            height=2304,
            fps=12,
            pictures=repeat(np.zeros((2304, 4096, 3), np.uint8)),
        )
        return patched(made.read_bytes(), b"avc1", 24, struct.pack(">HH", 640, 360), nth=2)


def _million_frames() -> bytes:
    quick = patched(real("clip.mp4"), b"mdhd", 12, struct.pack(">I", 1_000_000))
    return patched(quick, b"stts", 8, struct.pack(">II", 3_000_000, 1))


def _sdp() -> bytes:
    return b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=video 5004 RTP/AVP 96\r\n"


def _hls() -> bytes:
    return b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/segment.ts\n#EXT-X-ENDLIST\n"


def _dash() -> bytes:
    return b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1:9/</BaseURL></MPD>'


Maker = Callable[[], bytes]

MALFORMED: Mapping[str, Maker] = {
    "empty.mp4": lambda: b"",
    "one-byte.mp4": lambda: b"\0",
    "html.mp4": lambda: b"<!DOCTYPE html><html><body>Not found</body></html>",
    "html.jpg": lambda: b"\n  <html><script>alert(1)</script></html>",
    "svg.png": lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "pdf.jpg": lambda: b"%PDF-1.7\n" + bytes(100),
    "zip.mp4": _zip,
    "text.mp4": lambda: b"this is not a video\n" * 50,
    "json.mp4": lambda: b'{"error": "forbidden"}',
    "gif.png": lambda: b"GIF89a" + bytes(100),
    "hls.mp4": _hls,
    "dash.mp4": _dash,
    "concat.mp4": lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "concat-bare.mp4": lambda: b"file '/etc/passwd'\n",
    "sdp.mp4": _sdp,
    "hls-after-bom.mp4": lambda: b"\xef\xbb\xbf" + _hls(),
    "hls-in-ftyp.mp4": lambda: box(b"ftyp", b"isom\0\0\2\0isom") + _hls(),
    "imf.mov": lambda: b'<?xml version="1.0"?><CompositionPlaylist/>',
    "avi.mp4": lambda: b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(100),
    "cut-without-index.mp4": lambda: cut(real("clip.mp4"), 0.5),
    "cut-after-index.mp4": lambda: cut(_faststart(), 0.6),
    "cut-in-index.mp4": lambda: cut(_faststart(), 0.01),
    "cut.webm": lambda: cut(real("clip.webm"), 0.5),
    "cut-in-tracks.webm": lambda: real("clip.webm")[:300],
    "cut.webp": lambda: cut(real("picture.webp"), 0.5),
    "only-ftyp.mp4": lambda: box(b"ftyp", b"isom\0\0\2\0isom"),
    "box-too-long.mp4": lambda: patched(real("clip.mp4"), b"mdat", -8, b"\x7f\xff\xff\xff"),
    "box-64-bit-lie.mp4": lambda: (
        box(b"ftyp", b"isom\0\0\2\0") + b"\0\0\0\1moov\xff\xff\xff\xff\xff\xff\xff\xff"
    ),
    "box-shorter-than-itself.mp4": lambda: patched(real("clip.mp4"), b"moov", -8, b"\0\0\0\4"),
    "inner-box-too-long.mp4": lambda: patched(real("clip.mp4"), b"mdhd", -8, b"\x00\xff\xff\xff"),
    "deep-boxes.mp4": _deep_boxes,
    "many-boxes.mp4": _many_boxes,
    "many-tracks.mp4": _many_tracks,
    "zero-timescale.mp4": lambda: patched(real("clip.mp4"), b"mdhd", 12, bytes(4)),
    "no-samples.mp4": lambda: patched(real("clip.mp4"), b"stts", 4, bytes(4)),
    "stts-lie.mp4": lambda: patched(real("clip.mp4"), b"stts", 4, b"\xff\xff\xff\xff"),
    "zero-size.mp4": lambda: patched(real("clip.mp4"), b"avc1", 24, bytes(4), nth=2),
    "other-file.mp4": _external_reference,
    "heic.mp4": lambda: patched(real("clip.mp4"), b"ftyp", 0, b"heic"),
    "encrypted.mp4": lambda: patched(real("clip.mp4"), b"avc1", -4, b"encv", nth=2),
    "magicyuv.mov": lambda: real("clip.mov", "magicyuv"),
    "mpeg4.mp4": lambda: real("clip.mp4", "mpeg4"),
    "prores.mov": lambda: real("clip.mov", "prores_ks", "yuv422p10le"),
    "mjpeg.mov": lambda: real("clip.mov", "mjpeg", "yuvj420p"),
    "ffv1.mkv": lambda: real("clip.mkv", "ffv1"),
    "theora-in-webm.webm": lambda: real("clip.webm").replace(b"V_VP8", b"V_XYZ"),
    "ebml-lie.webm": _ebml_lie,
    "ebml-noise.webm": lambda: b"\x1a\x45\xdf\xa3" + bytes(1000),
    "jpeg-cut-in-header.jpg": lambda: real("picture.jpg")[:20],
    "jpeg-without-frame.jpg": _jpeg_without_frame,
    "jpeg-noise.jpg": lambda: b"\xff\xd8\xff" + bytes(range(256)) * 4,
    "jpeg-zero-size.jpg": lambda: patched(real("picture.jpg"), b"\xff\xc0", 3, bytes(4)),
    "png-bad-checksum.png": lambda: patched(real("picture.png"), b"IHDR", 0, b"\0\0\x27\x10"),
    "png-no-header.png": lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x" * 40),
    "png-odd-layout.png": lambda: (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 400, 3, 2, 0, 0, 0))
    ),
    "webp-noise.webp": lambda: b"RIFF\x20\x00\x00\x00WEBPXXXX" + bytes(40),
}
"""The sniffer refuses each of these."""

BEYOND_LIMITS: Mapping[str, Maker] = {
    "png-bomb.png": lambda: png(30_000, 30_000, 1),
    "png-100-megapixels.png": lambda: png(10_000, 10_000, 10_000),
    "png-thin.png": lambda: png(4_000, 300, 300),
    "claims-65k.mp4": lambda: patched(real("clip.mp4"), b"avc1", 24, b"\xff\xff\xff\xff", nth=2),
    "claims-1x1.mp4": lambda: patched(real("clip.mp4"), b"avc1", 24, b"\0\1\0\1", nth=2),
    "million-fps.mp4": _million_frames,
    "day-long.mp4": lambda: patched(real("clip.mp4"), b"stts", 12, struct.pack(">I", 86_400 * 12_288 // 72)),
    "two-seconds.mp4": lambda: patched(real("clip.mp4"), b"mdhd", 12, struct.pack(">I", 12_288 * 3 // 2)),
}
"""The sniffer can read these, and the limits refuse them."""

UNDECODABLE: Mapping[str, Maker] = {
    "jpeg-cut.jpg": lambda: cut(real("picture.jpg"), 0.6),
    "png-cut.png": lambda: cut(real("picture.png"), 0.6),
    "png-bad-data.png": lambda: patched(real("picture.png"), b"IDAT", 10, b"\xff" * 200),
    "hevc-named-avc.mp4": lambda: real("clip.mp4", "libx265").replace(b"hev1", b"avc1"),
    "rubble.mp4": lambda: patched(real("clip.mp4"), b"mdat", 0, b"\xa5" * 30_000),
    "small-header-large-pictures.mp4": _larger_than_it_says,
    "huge-sequence-header.mp4": lambda: patched(real("clip.mp4"), b"avcC", 8, b"\xff" * 12),
}
"""Headers are in order and within limits; decoding finds the fault."""

POLYGLOTS: Mapping[str, Maker] = {
    "mp4-and-zip.mp4": lambda: real("clip.mp4") + _zip(),
    "jpeg-and-html.jpg": lambda: real("picture.jpg") + b"<html><script>alert(1)</script></html>",
}
"""Good media with something else behind it: taken as media, and never handed on as they are."""
