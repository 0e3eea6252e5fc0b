"""waifu2x of waifu2x-ncnn-vulkan, x2, x4 and more, for drawings (trained; written from its manual, not tried)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from srbench.errors import Unsupported
from srbench.programs import Command, networks_beside, program_method

Noise: TypeAlias = Literal[-1, 0, 1, 2, 3]

_WHERE = "computed where the program chose, by Vulkan on a GPU if there is one"
_PROGRAM = "waifu2x-ncnn-vulkan"
_FACTORS = (2, 4, 8, 16, 32)


def command(factor: int, noise: Noise = 0, models: str = "models-cunet", gpu: str = "auto") -> Command:
    """Return `waifu2x-ncnn-vulkan -i LR -o SR -s FACTOR -n NOISE -m MODELS`, with `-g` if a GPU is given.

    Source: the usage in https://github.com/nihui/waifu2x-ncnn-vulkan. Noise -1 removes none. `models` is a folder
    beside the program or a path; its networks count as files of the method.
    """
    if factor not in _FACTORS:
        raise Unsupported(f"{_PROGRAM} enlarges by {', '.join(map(str, _FACTORS))}, not by {factor}")
    words = (_PROGRAM, "-i", "{input}", "-o", "{output}", "-s", "{factor}", "-n", str(noise), "-m", models)
    chosen = () if gpu == "auto" else ("-g", gpu)
    return Command((*words, *chosen), version=(), files=networks_beside(_PROGRAM, Path(models)), remark=_WHERE)


load, files, decided = program_method(command)
