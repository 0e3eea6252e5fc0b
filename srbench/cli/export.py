"""`srbench export`: the network of a method as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.methods import Choice

EXAMPLES = """
Examples:

srbench export espcn --factor 3 espcn.onnx

srbench export espcn:activation=relu:ensemble=8 --factor 2 espcn.onnx

srbench export espcn:weights=training/mine/weights.safetensors --factor 3 mine.onnx
"""


def export(
    method: options.MethodArgument,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The .onnx file to write or replace.")],
    factor: options.Factor = 3,
    plugin: options.Plugins = None,
    _allow_pickle: options.AllowPickle = False,
    json: options.Json = False,
) -> None:
    """Export the network of a method as an ONNX file, for other runtimes.

    Input `luma` is (N, 1, H, W) float32 in 0..1, or `rgb` (N, 3, H, W) in the network's range; output `sr` is factor
    times as high and wide; N, H and W are dynamic.
    The file says what the network takes and which images it was trained on: `onnx:file=OUT` measures nothing of that.
    The output is verified against torch before the file is written. Needs `pip install onnx onnxruntime onnxscript`.
    """
    from srbench import plan
    from srbench.cli import console
    from srbench.execution import loading

    _check_target(target)
    with console.only_results(json):
        choice = loading.chosen(method, plan.absolute(plugin or []))
        facts = _written(choice, factor, target)
    if json:
        console.print_json(facts)
    else:
        _report(facts)


def _written(choice: Choice, factor: int, target: Path) -> dict[str, Any]:
    """Let the upscaler write the file, and return what there is to say about it."""
    from srbench.errors import UsageError
    from srbench.execution import loading
    from srbench.outputs import protect

    if (precision := dict(choice.options).get("precision", "float32")) != "float32":
        raise UsageError(f"the file holds the network in float32; leave precision={precision} out")
    with loading.blamed_on(choice.spec):
        upscaler = loading.load(choice, factor, "cpu")
    if not hasattr(upscaler, "export"):
        raise UsageError(f"{choice.spec} cannot be exported; expected a method with a torch network (docs/methods.md)")
    with loading.blamed_on(choice.spec):
        protect([*choice.files(factor), *filter(None, [choice.method.source])], [target])
        metadata = _metadata(choice, factor)
        facts = upscaler.export(target, metadata)
        return {"path": str(target), "bytes": target.stat().st_size, **facts, "metadata": metadata}


def _check_target(target: Path) -> None:
    """Refuse, before anything is loaded, what cannot become an ONNX file."""
    from srbench.errors import UsageError

    if target.suffix.lower() != ".onnx":
        raise UsageError(f"{target} has the suffix {target.suffix!r}, expected .onnx")
    if target.is_dir() or not target.parent.is_dir():
        what = f"{target} is a folder" if target.is_dir() else f"there is no folder {target.parent}"
        raise UsageError(f"{what}; expected a file to write, in a folder that exists")


def _metadata(choice: Choice, factor: int) -> dict[str, str]:
    """Return what the file is to say about its origin, with no path in it."""
    from srbench.hashing import file_hash
    from srbench.version import __version__

    origin = {"method": choice.portable_spec, "factor": str(factor), "srbench": __version__}
    weights = ",".join(map(file_hash, choice.files(factor)))
    return {**origin, **({"weights_sha256": weights} if weights else {})}


def _report(facts: dict[str, Any]) -> None:
    from srbench.cli import console

    ends = [f"{facts[end]['name']} ({', '.join(map(str, facts[end]['shape']))})" for end in ("input", "output")]
    console.say(f"wrote {facts['path']}: {facts['bytes'] / 1024:.0f} KiB, opset {facts['opset']}")
    console.say(f"{' -> '.join(ends)}, float32 in 0..{facts.get('range', 1)}")
    console.say(f"largest difference from torch: {facts['largest_difference']:.1e}")
