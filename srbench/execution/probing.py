"""Probing a method, above all a model file, in a worker: what it is, what it takes, how good it is on photographs.

A model file is foreign: one that crashes or hangs ends the worker, and becomes one line.
"""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench import contract, model_files, plan
from srbench.errors import SrbenchError, Unsupported, UsageError
from srbench.execution import loading, method_worker
from srbench.execution.patience import patient
from srbench.isolation import worker
from srbench.isolation.limits import Limits
from srbench.networks import sample_crops
from srbench.specs import canonical, parse_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srbench.contract import Upscaler
    from srbench.methods import Choice

TIMEOUT = 300.0
"""Seconds that a probe may take by default."""

USUAL = (2, 3, 4)
OTHERS = (8, 5, 6, 7, 16)
"""Factors that are tried, the others only where a method has none of the usual ones."""

HD = (1280, 720)
"""Width and height of the output that papers count multiply-adds for."""

Facts = dict[str, Any]


def probe(
    spec: str, plugins: Iterable[str | Path] = (), *, factors: Sequence[int] = (), timeout: float = TIMEOUT
) -> list[Facts]:
    """Return what is found out about a method or a model file at each of its factors, as JSON-ready values.

    It runs on the CPU, in a process of its own.

    Args:
        spec: a method spec, or the path of a model file with options behind it: `./net.onnx:range=255`.
        plugins: plug-in files.
        factors: which to try; by default 2, 3 and 4, and others where it has none of them.
        timeout: seconds that it may take; 0 for no limit.

    Raises:
        UsageError: a method, an option or a plug-in file that there is not.
        SrbenchError: what the file is instead of a model, or why it cannot be run; it crashed, or took too long.

    """
    limits = Limits(timeout=timeout, retries=0)
    with worker.new(limits, __name__, patient()) as process:
        try:
            found: list[Facts] = process.call(found_out, spec, plan.absolute(map(Path, plugins)), tuple(factors))
        except SrbenchError as error:
            raise type(error)(_about(spec, str(error))) from error
    return found


def spec_of(text: str, options: Iterable[str] = ()) -> str:
    """Return the spec of a method, or of the one that reads a model file, with options `key=value` behind it.

    Raises:
        UsageError: an option without `=`, a model file that is not there, or a plug-in file.

    """
    given = [each.partition("=") for each in options]
    if wrong := [key for key, equals, _ in given if not equals or not key]:
        raise UsageError(f"cannot read {wrong[0]!r}; expected options of the method as key=value, such as range=255")
    values = {key: value for key, _, value in given}
    if Path(text).suffix == ".py":
        raise UsageError(model_files.refusal(text))
    if not Path(text).is_file():
        parsed = parse_method(text)
        model_files.check(parsed.name, parsed.options)
        return ":".join([text, *(canonical("", {key: value})[1:] for key, value in values.items())])
    if model_files.method_of(text) and not re.search(r'[,:"=]', text):
        return canonical(text, values)
    method = model_files.method_of(text) or "torch"  # which says what a file is that it cannot read
    return canonical(method, {model_files.OPTION: text, **values})


def found_out(spec: str, plugins: tuple[str, ...], factors: tuple[int, ...]) -> list[Facts]:
    """Return what `probe` returns; it runs in the worker.

    Raises:
        SrbenchError: it has none of the factors, for the reason of the first.

    """
    choice = loading.chosen(spec, plugins)
    refusals: list[Unsupported] = []
    for group in [factors] if factors else [USUAL, OTHERS]:
        found = []
        for factor in group:
            try:
                upscaler = loading.load(choice, factor, "cpu")
            except Unsupported as error:
                refusals.append(error)
                continue
            declared = choice.method.takes()
            facts = {
                **(declared.facts | {"range_from": "plug-in"} if declared else {}),
                **loading.decided_of(choice, factor),
            }
            run = _command(choice, spec, plugins, factor)
            found.append({"method": choice.spec, **_facts(factor, upscaler, facts), "run": run})
        if found:
            return found
    raise refusals[0]


def _facts(factor: int, upscaler: Upscaler, decided: Mapping[str, Any]) -> Facts:
    """Return what there is to say at a factor, what was declared or decided first."""
    cost = _cost(upscaler)
    takes = getattr(upscaler, "takes", None)
    return {
        "factor": factor,
        **({"dtypes": list(takes.dtypes)} if takes is not None else {}),
        **decided,
        "parameters": method_worker.parameters_of(upscaler),
        "multiply_adds": None if cost is None else round(cost, 1),
        "giga_multiply_adds_720p": None if cost is None else round(cost * HD[0] * HD[1] / 1e9, 2),
        **_score(upscaler, factor, decided),
    }


def _cost(upscaler: Upscaler) -> float | None:
    """Return the multiply-adds per SR pixel, if they are known."""
    cost = getattr(upscaler, "multiply_adds", None)
    return cost if isinstance(cost, float) and math.isfinite(cost) else None


def _score(upscaler: Upscaler, factor: int, decided: Mapping[str, Any]) -> Facts:
    """Return the PSNR of an upscaler on crops beside that of bicubic, and what is doubtful."""
    tried = sample_crops.crops(factor)
    found: Facts = {"psnr": None, "bicubic": tried.bicubic}
    measured = decided.get("measured", {})
    if (psnr := measured.get(f"0..{decided.get('range')}")) is not None:  # by the same upscaler, on such crops
        return {"psnr": psnr, "bicubic": measured["bicubic"]}
    try:
        found["psnr"] = tried.psnr(lambda lr: contract.upscale(upscaler, lr, factor))
    except Exception as error:  # noqa: BLE001 - a method may raise anything
        return found | {"warning": f"fails on a photograph: {loading.reason_for(error)[1]}"}
    warning = sample_crops.below_bicubic(found["psnr"], found["bicubic"])
    return found | ({"warning": warning} if warning else {})


def _about(spec: str, text: str) -> str:
    """Return the line about an error, with the file or method in it that it is of."""
    try:
        parsed = parse_method(spec)
    except UsageError:
        return text
    subject = parsed.options.get(model_files.OPTION, parsed.name)
    return text if subject in text else f"{subject}: {text}"


def _command(choice: Choice, spec: str, plugins: Iterable[str], factor: int) -> str:
    """Return a command to paste, which scores it."""
    needed = [plugin for plugin in plugins if choice.method.source == Path(plugin)]
    given = [part for plugin in needed for part in ("--plugin", plugin)]
    if any(map(model_files.needs_permission, choice.paths.values())):
        given.append("--allow-pickle")
    methods = ",".join(dict.fromkeys(["bicubic", spec]))
    return shlex.join(["srbench", "run", *given, "--methods", methods, "--factor", str(factor)])
