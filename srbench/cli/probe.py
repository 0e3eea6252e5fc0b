"""`srbench methods probe`: what a model file is, what it takes, and whether it does what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

EXAMPLES = "Examples: srbench methods probe model.onnx; srbench methods probe net.pth network=nets.imdn --allow-pickle"

Factors = Annotated[list[str] | None, options.factors_to("try", "SRBENCH_PROBED_FACTORS", "those that it has")]
Timeout = Annotated[float, options.time_limit("SRBENCH_PROBE_TIMEOUT", "it")]


_SOURCES = {"option": "as given", "file": "as the file says"}


def probe(  # noqa: PLR0913 - a command's options
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Model file, or any method as name[:key=value...].", show_default=False),
    ],
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Options of its method, which overrule what is found."),
    ] = None,
    factor: Factors = None,
    timeout: Timeout = 300.0,
    plugin: options.Plugins = None,
    json: options.Json = False,
    _allow_pickle: options.AllowPickle = False,
) -> None:
    """Find out what a model file is: kind, factor, channels, sizes, range, cost, and PSNR beside bicubic.

    The file runs in a process of its own, on the CPU. What is found is what `srbench run` uses; options overrule it.
    """
    from srbench.cli import console
    from srbench.execution import probing
    from srbench.plan import factors as parsed

    plugins = options.given(context, "plugin", plugin) or []
    factors = parsed(factor) if factor else ()
    with console.only_results(), console.progress() as tick:
        tick(f"probing {file}", 0, 0)
        found = probing.probe(probing.spec_of(file, given or []), plugins, factors=factors, timeout=timeout)
    if options.given(context, "json", json):
        console.print_json(found)
        return
    _say(found)


def _say(found: Sequence[Mapping[str, Any]]) -> None:
    """Print what was found, one block for each factor, and warnings so that they are seen."""
    from srbench.cli import console

    for number, facts in enumerate(found):
        if number:
            console.say("")
        for name, text in _lines(facts):
            console.say(f"{name:14} {text}", style="yellow" if name == "warning:" else "")


def _lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what there is to say, each with its name."""
    yield "method", str(facts["method"])
    if kind := facts.get("kind"):
        yield "kind", str(kind)
    yield "factor", f"x{facts['factor']}"
    if channels := facts.get("channels"):
        luma = {"limited": "16..235, as MATLAB's", "full": "0..255, as Pillow's"}.get(str(facts.get("luma")), "")
        yield "channels", {"y": f"luma ({luma}); chroma by bicubic", "rgb": "RGB"}.get(channels, str(channels))
    if "minimum" in facts or "size" in facts:
        yield "sizes", _sizes(facts)
    if "range" in facts:
        yield "range", _range(facts)
    if facts.get("dtypes") == ["uint8"]:
        yield "LR", "8-bit only: skipped under protocols whose LR is floats, such as srcnn"
    if facts["parameters"] is not None:
        yield "parameters", f"{facts['parameters']:,}"
    if facts["multiply_adds"] is not None:
        hd = f"{facts['giga_multiply_adds_720p']:,.4g} G at 1280x720 output"
        yield "multiply-adds", f"{facts['multiply_adds']:,.0f} per SR pixel; {hd}"
    if facts["psnr"] is not None:
        gain = facts["psnr"] - facts["bicubic"]
        yield "PSNR", f"{facts['psnr']:.2f} dB on crops of photographs; {gain:+.2f} dB against bicubic (MATLAB's)"
    yield from _doubts(facts)
    yield "run it", str(facts["run"])


def _doubts(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("note", "warning"):
        if text := facts.get(name):
            yield f"{name}:", str(text)


def _sizes(facts: Mapping[str, Any]) -> str:
    """Say which LR sizes a network takes, and what is done about others."""
    if size := facts.get("size"):
        return f"{size[1]}x{size[0]} LR pixels only; images are cut into tiles of it, or padded"
    rules = [
        f"at least {facts['minimum']} LR pixels a side" if facts.get("minimum", 1) > 1 else "",
        f"multiples of {facts['multiple']} LR pixels" if facts.get("multiple", 1) > 1 else "",
    ]
    said = " and ".join(filter(None, rules))
    return f"{said}; others are padded" if said else "any"


def _range(facts: Mapping[str, Any]) -> str:
    """Say which values a network is fed, and how that is known."""
    measured = {name: psnr for name, psnr in facts.get("measured", {}).items() if name != "bicubic"}
    own = f"0..{facts['range']}"
    if own not in measured or len(measured) == 1:
        return f"{own}, {_SOURCES.get(facts.get('range_from', ''), 'as declared')}"
    tries = {name: f"{psnr:.2f} dB" if psnr is not None else "no image" for name, psnr in measured.items()}
    others = ", ".join(f"{text} for {name}" for name, text in tries.items() if name != own)
    return f"{own}, measured: {tries[own]} against {others}"
