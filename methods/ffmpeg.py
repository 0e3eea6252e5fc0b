"""ffmpeg's filter scale (libswscale): bicubic, or flags=lanczos, spline and others."""

from __future__ import annotations

from srbench.programs import Command, program_method


def command(factor: int, flags: str = "") -> Command:  # noqa: ARG001 - {width} has it
    """Return `ffmpeg -i LR -vf scale=WIDTH:HEIGHT SR`, with `:flags=` if some are given; several are joined by `+`.

    Source: https://ffmpeg.org/ffmpeg-scaler.html. RGB stays RGB in it: nothing is converted to YUV.
    """
    scale = "scale={width}:{height}" + (f":flags={flags}" if flags else "")
    words = ("ffmpeg", "-v", "error", "-nostdin", "-y", "-i", "{input}", "-vf", scale, "-frames:v", "1", "{output}")
    return Command(words, version=("-version",))


load, files, decided = program_method(command)
