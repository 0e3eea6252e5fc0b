"""Which protocols are there? Those of published tables, their variants by option, and TOML files.

A protocol spec is `name[:key=value...]`, as a method spec is: `basicsr:lr=bd`, `selfexsr:lr=jpeg:quality=40`,
`basicsr:scored=rgb:shave=0`. What differs from the protocol of that name is its canonical spelling, which rows carry.
Specs that papers follow have a short name each.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from srbench import method_options
from srbench.errors import UsageError
from srbench.printable import printable
from srbench.quality import protocol_file
from srbench.quality.degradation import NAMED, Degradation
from srbench.quality.names import today
from srbench.quality.protocol import Protocol, shave_of
from srbench.quality.steps import Crop, Shrink
from srbench.specs import MethodSpec, canonical, parse_method, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "srcnn",
            "float LR of the luma, SR luma rounded: the classical tables",
            Degradation(channels="y"),
            scored="y-rounded",
        ),
        Protocol("selfexsr", "8-bit RGB LR, luma rounded before scoring", scored="y-rounded"),
        Protocol("basicsr", "8-bit RGB LR, luma not rounded: RCAN, BasicSR, SwinIR, HAT"),
        Protocol(
            "ntire2017",
            "8-bit RGB LR, all channels scored, factor + 6 pixels cut: NTIRE 2017 and 2018",
            scored="rgb",
            shave_extra=6,
        ),
        Protocol(
            "ntire-esr",
            "8-bit RGB LR, all channels scored: the efficient-SR tracks of NTIRE 2025 and 2026",
            scored="rgb",
        ),
        Protocol(
            "article",
            "area-averaged 8-bit RGB LR, all channels scored, nothing cut",
            Degradation((Crop(), Shrink("area"))),
            scored="rgb",
            shave_factor=0,
        ),
    )
}
"""Those that compare SR with HR."""

WITHOUT_HR = Protocol(
    "none",
    "images are upscaled as they are, and compared with nothing: --no-reference",
    Degradation(()),
    scored="nothing",
    shave_factor=0,
)

_BUILT_IN = {**PROTOCOLS, WITHOUT_HR.name: WITHOUT_HR}


class Short(NamedTuple):
    """What a short name stands for, and who follows it."""

    spec: str
    """Canonical; rows carry it."""
    summary: str


SHORT = {
    "basicsr-mirror": Short(
        "basicsr:border=mirror:grey=rgb",
        "basicsr, the border mirrored, grey images as RGB: PAN (by its authors' log) and IMDN",
    ),
    "basicsr-mirror-once": Short(
        "basicsr:border=mirror:grey=rgb:rounding=once",
        "basicsr, LR of newer MATLAB in double, rounded once, grey images as RGB: BSRN",
    ),
    "basicsr-mod12": Short(
        "basicsr:crop=12:grey=rgb",
        "basicsr, HR cropped to multiples of 12 (GTmod12), grey images as RGB: VapSR",
    ),
}
"""Specs that papers follow, by short names to type."""

_SUMMARIES = {each.spec: each.summary for each in SHORT.values()}


def get(text: str, files: Iterable[Path] = ()) -> Protocol:
    """Return the protocol that a spec names, with its canonical spec as its name.

    The name in it may be that of a protocol in one of the `files`, or the path of a file itself.

    Raises:
        UsageError: there is none; the line names the nearest and all. A file or an option that cannot be used.

    """
    spec = _spelled_out(parse_method(text, "protocol", _key_of))
    base = _own(Path(spec.name)) if protocol_file.is_path(spec.name) else _BUILT_IN.get(today(spec.name))
    if base is None:
        own = {each.name: each for each in map(_own, files)}
        if spec.name not in own:
            raise unknown("protocol", spec.name, [*PROTOCOLS, *SHORT, *own, "or a file such as ./mine.toml"])
        base = own[spec.name]
    return _varied(base, spec.options) if spec.options else base


def short(spec: str) -> str:
    """Return the short name of a canonical spec, or the spec itself where it has none."""
    return next((name for name, each in SHORT.items() if each.spec == spec), spec)


def degradation_of(spec: str, files: Iterable[Path] = ()) -> str:
    """Return the part of a canonical spec that makes LR, as `dn:sigma=50`; empty where it has no name.

    Raises:
        UsageError: as `get`.

    """
    given = parse_method(spec, "protocol")
    chosen = given.options.get("lr") or name_of(get(given.name, files).degradation)
    own = method_options.named(NAMED[chosen]) if chosen else ()
    return canonical(chosen, {key: value for key, value in given.options.items() if key in own}) if chosen else ""


def resolve(texts: Iterable[str], files: Iterable[Path] = ()) -> tuple[list[Protocol], list[Path]]:
    """Return the protocols that specs name, each once, and the files that are needed to find them by these names.

    Raises:
        UsageError: as `get`, and two that have one name and are not the same.

    """
    found: dict[str, Protocol] = {}
    needed = dict.fromkeys(files)
    for text in texts:
        protocol, path = get(text, needed), parse_method(text, "protocol").name
        if found.setdefault(protocol.name, protocol).fingerprint != protocol.fingerprint:
            raise UsageError(
                f"two protocols are called {protocol.name}, and they are not the same; rename that of {printable(path)}"
            )
        needed |= {Path(path).resolve(): None} if protocol_file.is_path(path) else {}
    return list(found.values()), list(needed)


def summaries(chosen: Iterable[Protocol]) -> dict[str, str]:
    """Return what files say of their protocols, by name: once they are gone, nothing else does."""
    return {each.name: each.summary for each in chosen if parse_method(each.name).name not in PROTOCOLS}


def _key_of(_name: str, value: str) -> str:
    """Return the option that takes a value, as far as it is the name of a degradation."""
    return "lr" if value in NAMED else ""


def _spelled_out(spec: MethodSpec) -> MethodSpec:
    """Return the spec that a short name in `spec` stands for; another `lr=` takes the place of its LR."""
    if spec.name not in SHORT:
        return spec
    full = parse_method(SHORT[spec.name].spec)
    compared, usual = method_options.named(_compared), name_of(_BUILT_IN[full.name].degradation)
    own = spec.options.get("lr", usual) == usual
    kept = {key: value for key, value in full.options.items() if own or key in compared}
    return MethodSpec(full.name, kept | dict(spec.options))


def _own(path: Path) -> Protocol:
    """Return the protocol of a file; it must not pretend to be one that is built in."""
    found = protocol_file.read(path)
    known = get(found.name) if found.name in SHORT else _BUILT_IN.get(today(found.name))
    if known is not None and known.fingerprint != found.fingerprint:
        raise UsageError(
            f"{printable(str(path))}: name is {found.name!r}, which is another protocol; give it a name of its own"
        )
    return found


def _varied(base: Protocol, given: Mapping[str, str]) -> Protocol:
    """Return `base` with the choices that are given as text, named by those that differ."""
    if not base.has_hr:
        raise UsageError(f"protocol {base.name} has no options; choose one that compares SR with HR, such as basicsr")
    usual = name_of(base.degradation)
    chosen = given.get("lr", usual)
    if chosen not in NAMED and "lr" in given:
        raise unknown("degradation", chosen, NAMED)
    maker = NAMED.get(chosen, lambda: base.degradation)
    compared, made = _typed(base, chosen, given, maker)
    try:
        shave_factor, shave_extra = shave_of(compared.get("shave", base.shave_text))
        crop, new = _crop(compared.get("crop", _multiple(base))), maker(**made)
        _check_channels(base, chosen, new)
        grey = compared.get("grey", base.degradation.grey)
        degradation = replace(new, steps=(crop, *new.steps[1:]), channels=base.degradation.channels, grey=grey)
    except UsageError as error:
        raise UsageError(f"protocol {printable(canonical(base.name, given))}: {error}") from error
    scored = compared.get("scored", base.scored)
    varied = replace(base, degradation=degradation, scored=scored, shave_factor=shave_factor, shave_extra=shave_extra)
    differing = {"lr": chosen} if chosen != usual else {}
    return _named(base, varied, differing | made)


def _typed(
    base: Protocol, chosen: str, given: Mapping[str, str], maker: Callable[..., Degradation]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of the comparison and those of the degradation, with their types."""
    groups = method_options.named(_compared), method_options.named(maker)
    if wrong := [key for key in given if key != "lr" and not any(key in group for group in groups)]:
        whose = f"protocol {base.name}" + f" with lr={chosen}" * bool(chosen)
        raise unknown("option", wrong[0], ["lr", *groups[1], *groups[0]], whose)
    parts = [{key: value for key, value in given.items() if key in group} for group in groups]
    name = f"protocol {base.name}"
    return method_options.typed(name, _compared, parts[0]), method_options.typed(name, maker, parts[1])


def _crop(multiple: int) -> Crop:
    try:
        return Crop(multiple)
    except UsageError as error:
        raise UsageError(str(error).replace("multiple", "crop", 1)) from error


def _check_channels(base: Protocol, lr: str, new: Degradation) -> None:
    """Refuse a degradation of 8-bit images where LR is luma in floats."""
    if base.degradation.channels == "y" and not all(step.takes_floats for step in new.steps):
        raise UsageError(
            f"lr={lr} makes 8-bit LR, and LR of {base.name} is luma in floats; use a protocol whose LR is RGB, such as "
            "selfexsr"
        )


def _compared(scored: Literal["y", "y-rounded", "rgb"], shave: str, crop: int, grey: Literal["keep", "rgb"]) -> None:
    """Name the options of every protocol: what is scored and cut, multiples HR is cropped to, how grey HR is read."""


def _named(base: Protocol, varied: Protocol, lr: Mapping[str, Any]) -> Protocol:
    """Return `varied` under its canonical spec: the name of `base`, and what differs from it."""
    texts = {each: (getattr(base, name), getattr(varied, name)) for each, name in _TEXTS.items()}
    texts |= {"crop": (_multiple(base), _multiple(varied)), "grey": (base.degradation.grey, varied.degradation.grey)}
    options = {key: value for key, (usual, value) in texts.items() if usual != value}
    other = varied.degradation.steps[1:] != base.degradation.steps[1:]
    options |= lr if other else {}
    if not options:
        return base
    summary = f"as {base.name}, but {', '.join(f'{key}={value}' for key, value in options.items())}"
    if other and (said := NAMED[lr.get("lr", name_of(base.degradation))].__doc__):
        summary += f": {said.removesuffix('.')}"
    name = canonical(base.name, options)
    return replace(varied, name=name, summary=_SUMMARIES.get(name, summary))


_TEXTS = {"scored": "scored", "shave": "shave_text"}
"""Options of comparisons, and what has them as text."""


def _multiple(protocol: Protocol) -> int:
    """Return what HR is cropped to multiples of, beside the factor."""
    steps = protocol.degradation.steps
    return steps[0].multiple if steps and isinstance(steps[0], Crop) else 1


def name_of(degradation: Degradation) -> str:
    """Return the name of a degradation without options; empty where it has none."""
    steps = degradation.steps[1:]
    return next((name for name, maker in NAMED.items() if maker().steps[1:] == steps), "")
