"""The codecs this service lets a decoder see, by every name they go by."""

from __future__ import annotations

from omnireel.errors import InvalidFormat

VIDEO_CODECS = ("h264", "hevc", "vp8", "vp9", "av1")
AUDIO_CODECS = ("aac", "mp3", "opus", "vorbis", "pcm")

MP4_VIDEO = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"vp08": "vp8",
    b"vp09": "vp9",
    b"av01": "av1",
}
MP4_AUDIO = {
    b"mp4a": "aac",
    b".mp3": "mp3",
    b"Opus": "opus",
    b"sowt": "pcm",
    b"twos": "pcm",
    b"lpcm": "pcm",
    b"in24": "pcm",
    b"in32": "pcm",
    b"fl32": "pcm",
    b"ipcm": "pcm",
    b"fpcm": "pcm",
}
MP4A_OBJECTS = {0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3"}
"""What an `mp4a` track really holds, by the object type of ISO/IEC 14496-1."""
WEBM_VIDEO = {b"V_VP8": "vp8", b"V_VP9": "vp9", b"V_AV1": "av1"}
WEBM_AUDIO = {b"A_OPUS": "opus", b"A_VORBIS": "vorbis"}


def refuse_video_codec(name: str) -> InvalidFormat:
    """The error for a video codec outside the list."""
    return InvalidFormat(f"the video's codec is {name}; accepted are {', '.join(VIDEO_CODECS)}")


def refuse_audio_codec(name: str) -> InvalidFormat:
    """The error for an audio codec outside the list."""
    return InvalidFormat(f"the video's sound is coded as {name}; accepted are {', '.join(AUDIO_CODECS)}")
