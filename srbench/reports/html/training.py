"""How trained methods came to be: a model card and the curve of their training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import weights_metadata
from srbench.reports.html.provenance import format_value

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

_OTHER = ("method", "factor", "history", "bicubic")
"""Facts that are the heading, or the curve."""


class Model(NamedTuple):
    """Trained weights at one factor."""

    methods: list[str]
    """Those that have them: the same network by several engines, say."""
    factor: str
    """As `x3`."""
    facts: list[tuple[str, str]]
    history: list[list[float]]
    """Steps, each with its loss and PSNR on held-out images, dB."""
    bicubic: float
    """PSNR of bicubic (MATLAB) on these images, dB; NaN where it is not known."""


def models(findings: Findings, *, scores: bool) -> list[Model]:
    """Return the trained weights of a run; without `scores` nothing is said of what they were trained for.

    Weights of which the same is said are the same.
    """
    found: list[tuple[str, dict[str, Any], list[str]]] = []
    for (method, factor), each in findings.models.items():
        facts = each if scores else _unscored(each)
        alike = next((names for other, theirs, names in found if (other, theirs) == (factor, facts)), None)
        if alike is None:
            found.append((factor, facts, [method]))
        else:
            alike.append(method)
    return [
        Model(methods, factor, _facts(facts), _history(facts.get("history", [])), weights_metadata.bicubic(facts))
        for factor, facts, methods in found
    ]


def _unscored(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key not in {"scores", "history", "bicubic", "recipe"}}


def _facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    for key, value in facts.items():
        if key in _OTHER:
            continue
        if key == "scores":
            lines += [(f"after training: {score.get('dataset', '')}", _score(score)) for score in value]
        elif key == "near_copies":
            lines.append(("near copies", "; ".join(f"{each['image']} shows {each['shows']}" for each in value)))
        else:
            lines.append((key.replace("_", " "), format_value(value)))
    return [(key, text) for key, text in lines if text]


def _score(score: dict[str, Any]) -> str:
    bicubic = f"; bicubic {score['bicubic']:.2f} dB" if "bicubic" in score else ""
    return f"{score['psnr']:.2f} dB, SSIM {score['ssim']:.4f} ({score.get('protocol', '')}){bicubic}"


def _history(history: list[Any]) -> list[list[float]]:
    return [[float("nan") if each is None else float(each) for each in moment] for moment in history]
