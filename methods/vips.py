"""libvips: vips resize, which moves what it enlarges by half a pixel, or interpolate=bicubic (vips affine, centred)."""

from __future__ import annotations

from srbench.errors import UsageError
from srbench.programs import Command, program_method

_SHIFT = "vips resize moves what it enlarges by half a pixel, whatever the kernel; vips:interpolate=bicubic does not"


def command(factor: int, kernel: str = "", interpolate: str = "") -> Command:
    """Return `vips resize LR SR FACTOR`, with `--kernel` if one is given; or `vips affine`, centred, by `interpolate`.

    Source: https://www.libvips.org/API/current/method.Image.resize.html. Kernels are for shrinking. To enlarge, resize
    is `affine` by nearest (for nearest), bilinear (for linear) or bicubic (for all others), and takes SR's pixel i
    from i / FACTOR - 1/2 of LR, where (i + 1/2) / FACTOR - 1/2 is its centre.
    """
    if kernel and interpolate:
        raise UsageError("vips takes kernel= (of vips resize) or interpolate= (of vips affine), not both")
    if not interpolate:
        chosen = ("--kernel", kernel) if kernel else ()
        words = ("vips", "resize", "{input}", "{output}", "{factor}", *chosen)
        return Command(words, remark=_SHIFT, by_design={"shift": _SHIFT})
    centre = str((factor - 1) / 2)
    affine = ("vips", "affine", "{input}", "{output}", "{factor} 0 0 {factor}", "--interpolate", interpolate)
    centred = ("--odx", centre, "--ody", centre, "--oarea", "0 0 {width} {height}", "--extend", "copy")
    return Command((*affine, *centred))


load, files, decided = program_method(command)
