"""How two protocols differ that have one name, as far as run.json keeps their choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.quality import degradation
from srbench.specs import differences

if TYPE_CHECKING:
    from collections.abc import Mapping


def choices(
    one: Mapping[str, Any] | None, fingerprint_one: str, two: Mapping[str, Any] | None, fingerprint_two: str
) -> list[str]:
    """Return `choice: its value in two, not that in one` for each that differs; of unknown choices the fingerprints."""
    if not one or not two:  # of a run from before they were kept
        return differences({"fingerprint": fingerprint_one}, {"fingerprint": fingerprint_two})
    said = [_said(each) for each in (one, two)] if any("lr_steps" in each for each in (one, two)) else [one, two]
    names = dict.fromkeys([*said[0], *said[1]])
    mine, theirs = ({name: each.get(name, "absent") for name in names} for each in said)
    return differences(mine, theirs)


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of a protocol with its steps as one text, also where it has but one that shrinks."""
    try:
        steps = [step.table for step in degradation.from_fields(fields).steps]
    except UsageError:  # of another version
        return dict(fields)
    texts = [f"{step.pop('step')}({', '.join(f'{key}={value}' for key, value in step.items())})" for step in steps[1:]]
    plain = {key: value for key, value in fields.items() if not key.startswith(("lr_kernel", "lr_border", "lr_round"))}
    return plain | {"lr_steps": " > ".join(texts)}
