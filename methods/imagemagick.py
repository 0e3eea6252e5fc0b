"""ImageMagick's -resize (magick, or convert of version 6): Mitchell's filter, or filter=catrom, lanczos and others."""

from __future__ import annotations

from typing import Literal, TypeAlias

from srbench.programs import Command, first_of, program_method

Files: TypeAlias = Literal["png", "ppm"]

_ROUNDING = "version 6 rounds down what it writes as PNG; imagemagick:format=ppm rounds to nearest"


def command(factor: int, filter: str = "", format: Files = "png") -> Command:  # noqa: A002, ARG001 - its own words
    """Return `convert LR -resize WIDTHxHEIGHT! SR`, with `-filter` if one is given: `magick -list filter` shows which.

    Source: https://imagemagick.org/script/command-line-options.php#filter. By default what the program does, which is
    Mitchell (B = C = 1/3) where it enlarges. Version 6 rounds down what it writes as PNG, and to nearest in a PPM.
    """
    chosen = ("-filter", filter) if filter else ()
    words = (first_of("magick", "convert"), "{input}", *chosen, "-resize", "{width}x{height}!", "{output}")
    by_design = {"rounding": _ROUNDING} if format == "png" else {}
    return Command(words, format, version=("-version",), by_design=by_design)


load, files, decided = program_method(command)
