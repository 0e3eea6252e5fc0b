"""Real-ESRGAN of realesrgan-ncnn-vulkan, x2 to x4, for photographs (trained; written from its manual, not tried)."""

from __future__ import annotations

from pathlib import Path

from srbench.errors import Unsupported
from srbench.programs import Command, networks_beside, program_method

_WHERE = "computed where the program chose, by Vulkan on a GPU if there is one"
_PROGRAM = "realesrgan-ncnn-vulkan"
_ANY = "realesr-animevideov3"
"""The one of its networks that there is for each factor; the others enlarge by 4."""


def command(factor: int, model: str = "realesrgan-x4plus", models: str = "models", gpu: str = "auto") -> Command:
    """Return `realesrgan-ncnn-vulkan -i LR -o SR -s FACTOR -n MODEL -m MODELS`, with `-g` if a GPU is given.

    Source: the usage in https://github.com/xinntao/Real-ESRGAN-ncnn-vulkan and its releases. `models` is a folder
    beside the program or a path; its networks count as files of the method.
    """
    if factor not in ((2, 3, 4) if model == _ANY else (4,)):
        raise Unsupported(f"{model} does not enlarge by {factor}: {_ANY} does by 2, 3 and 4, others by 4")
    words = (_PROGRAM, "-i", "{input}", "-o", "{output}", "-s", "{factor}", "-n", model, "-m", models)
    chosen = () if gpu == "auto" else ("-g", gpu)
    return Command((*words, *chosen), version=(), files=networks_beside(_PROGRAM, Path(models)), remark=_WHERE)


load, files, decided = program_method(command)
