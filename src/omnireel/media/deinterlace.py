"""Interlaced pictures made whole."""

from __future__ import annotations

from collections.abc import Iterator

from av.error import BlockingIOError as NotYet
from av.error import EOFError as NoMore
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


def deinterlaced(pictures: Iterator[VideoFrame], stream: VideoStream) -> Iterator[VideoFrame]:
    """The same pictures, each with its time stamp; those flagged as two fields are woven into one moment.

    With FFmpeg's bwdif ("Bob Weaver Deinterlacing Filter"), from the first flagged picture on. A source that
    flags none passes untouched.
    """
    for picture in pictures:
        if picture.interlaced_frame:
            yield from _filtered(_graph(stream), picture, pictures)
            return
        yield picture


def _graph(stream: VideoStream) -> Graph:
    graph = Graph()
    graph.threads = 1
    graph.link_nodes(
        graph.add_buffer(template=stream),
        graph.add("bwdif", "mode=send_frame:deint=interlaced"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _filtered(graph: Graph, first: VideoFrame, rest: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    graph.push(first)
    for picture in rest:
        graph.push(picture)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            picture = graph.pull()
        except (NotYet, NoMore):
            return
        if isinstance(picture, VideoFrame):
            yield picture
