"""Datasets that hold the same images under two names, as a folder of Set5 does: their scores stand together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from srbench import datasets
from srbench.boards.names import natural
from srbench.store.rows import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from srbench.boards.submissions import Submission

Pixels: TypeAlias = "frozenset[str]"
"""The hashes of all HR images of a dataset."""


def joined(submissions: Sequence[Submission]) -> list[Submission]:
    """Return the runs with one name for each set of images, and of each image.

    That is the name of a dataset which srbench knows, where the images have one, else the first by the alphabet.
    Images that a run has not all read keep their name, as it is not known what they are.
    """
    names: dict[Pixels, set[str]] = {}
    images: dict[tuple[Pixels, str], dict[str, str]] = {}
    for each in submissions:
        for name, own in _complete(each).items():
            names.setdefault(frozenset(own), set()).add(name)
            images.setdefault((frozenset(own), name), own)
    called = {pixels: min(every, key=_preference) for pixels, every in names.items()}
    return [_joined(each, called, images) for each in submissions]


def _complete(submission: Submission) -> dict[str, dict[str, str]]:
    """Return the name of each image by its pixels, of datasets that were read whole and hold no image twice."""
    scores = submission.tables.scores
    found = {}
    for name, rows in scores[scores["hr_sha256"] != UNREADABLE].groupby("dataset", sort=False):
        own = dict(zip(rows["hr_sha256"], rows["image"], strict=True))
        if len(own) == rows["image"].nunique() == submission.info["datasets"][name]["images"]:
            found[str(name)] = own
    return found


def _preference(name: str) -> tuple[bool, object, str]:
    return name not in datasets.names(), natural(name), name


def _joined(
    submission: Submission, called: Mapping[Pixels, str], images: Mapping[tuple[Pixels, str], Mapping[str, str]]
) -> Submission:
    """Return a run with other names of its datasets; one that has both under their names keeps them."""
    for name, own in _complete(submission).items():
        pixels = frozenset(own)
        if called[pixels] not in submission.info["datasets"]:
            to = images[pixels, called[pixels]]
            submission = _renamed(submission, name, called[pixels], {own[each]: to[each] for each in pixels})
    return submission


def _renamed(submission: Submission, name: str, to: str, images: Mapping[str, str]) -> Submission:
    """Return a run with another name of one dataset, and of its images."""
    facts = dict(submission.info["datasets"])
    own = facts.pop(name)
    facts[to] = own | {"files": {images.get(image, image): sha for image, sha in own.get("files", {}).items()}}
    scores = submission.tables.scores.copy()
    here = scores["dataset"] == name
    scores.loc[here, "image"] = scores.loc[here, "image"].map(images)
    scores.loc[here, "dataset"] = to
    return replace(
        submission,
        info=submission.info | {"datasets": facts},
        tables=replace(submission.tables, scores=scores),
        called={**submission.called, name: to},
    )
