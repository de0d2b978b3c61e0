"""A name for what was sent instead of media, so the sender can see the mistake."""

from __future__ import annotations

_BINARY = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"GIF8": "a GIF",
    b"BM": "a BMP image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"\0\0\1\0": "an icon",
    b"8BPS": "a Photoshop document",
    b"OggS": "an Ogg file",
    b"FLV": "a Flash video",
    b"fLaC": "a FLAC file",
    b"ID3": "an MP3 file",
    b"\0\0\1\xba": "an MPEG program stream",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"SIMPLE  =": "a FITS image",
}
_TEXT = {
    b"#extm3u": "an HLS playlist",
    b"<mpd": "a DASH manifest",
    b"<compositionplaylist": "an IMF playlist",
    b"ffconcat version": "a list of files to concatenate",
    b"file '": "a list of files to concatenate",
    b"v=0": "an SDP session description",
    b"<svg": "an SVG drawing",
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<?xml": "an XML document",
    b"[playlist]": "a playlist",
    b"{": "JSON",
    b"data:": "a data: URI that was not decoded",
    b"http://": "a URL",
    b"https://": "a URL",
}
# Checked in this order: an XML declaration may stand before any of the others.
_INSIDE = (b"<compositionplaylist", b"<mpd", b"<svg", b"<html", b"#extm3u")


def looks_like(head: bytes) -> str:
    """A short phrase for the first bytes of a file that is no accepted media."""
    for start, name in _BINARY.items():
        if head.startswith(start):
            return name
    if head.startswith(b"RIFF"):
        return "an AVI video" if head[8:12] == b"AVI " else "a WAV or other RIFF file"
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return "an MPEG transport stream"
    return _text_name(head.lstrip(b"\xef\xbb\xbf \t\r\n\0").lower())


def _text_name(head: bytes) -> str:
    if head.startswith((b"<?xml", b"<!--")):
        for mark in _INSIDE:
            if mark in head:
                return _TEXT[mark]
    for start, name in _TEXT.items():
        if head.startswith(start):
            return name
    printable = sum(byte >= 32 or byte in b"\t\r\n" for byte in head)
    return "plain text" if head and printable == len(head) else "of no format this service knows"
