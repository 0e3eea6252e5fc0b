"""Pools: which scores may stand in one table. Scores of other pixels or another protocol under one name may not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.boards.content import Dataset
from srbench.boards.names import DIGITS, digest, natural, slug
from srbench.maintain.protocol_choices import choices
from srbench.quality.protocols import short
from srbench.specs import listed
from srbench.store.rows import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.boards.submissions import Submission


@dataclass
class _Group:
    """What agrees: submissions whose images of one name have the same pixels, as far as both can be read."""

    images: frozenset[str]
    pixels: dict[str, str] = field(default_factory=dict)
    members: list[Submission] = field(default_factory=list)

    def takes(self, images: frozenset[str], pixels: Mapping[str, str]) -> bool:
        """Tell whether images and pixels are those of the group."""
        return images == self.images and all(self.pixels.get(name, own) == own for name, own in pixels.items())


@dataclass(frozen=True)
class Pool:
    """Scores of many runs of one dataset by its pixels, at one factor, by one protocol."""

    dataset: Dataset
    factor: int
    protocol: str
    """Its canonical spec, as the newest of the runs has it."""
    fingerprint: str
    lr: str
    """A hash of given LR; empty where the protocol made it."""
    submissions: tuple[Submission, ...]
    """The oldest first."""
    scores: pd.DataFrame
    """As `tables.scores`, with methods as the board names them and a column `run`, the id of the submission."""
    tags: tuple[str, ...] = ()
    """What tells it from other pools of its name."""
    refusals: tuple[str, ...] = ()
    """Why those are others, a sentence each."""

    @property
    def title(self) -> str:
        """Return the name of the setting, which other pools may have, too."""
        return f"{self.dataset.name} x{self.factor}, {short(self.protocol)}"

    @property
    def folders(self) -> str:
        """Return the names of the run folders."""
        return listed((each.name for each in self.submissions), most=5)


def pools(submissions: Sequence[Submission]) -> list[Pool]:
    """Return all scores in pools, in the order of their names."""
    found: list[Pool] = []
    for dataset, members in datasets(submissions):
        cells: dict[tuple[int, str], list[Submission]] = defaultdict(list)
        for each in members:
            scores = each.tables.scores
            own = scores[scores["dataset"] == dataset.name][["factor", "protocol_fingerprint"]].drop_duplicates()
            for factor, fingerprint in own.itertuples(index=False, name=None):
                cells[int(factor), str(fingerprint)].append(each)
        for (factor, fingerprint), own_members in cells.items():
            found += _pools(dataset, factor, fingerprint, own_members)
    named = sorted(found, key=lambda each: (natural(each.title), each.dataset.id, each.fingerprint, each.lr))
    return list(_told_apart(named))


def datasets(submissions: Sequence[Submission]) -> list[tuple[Dataset, list[Submission]]]:
    """Return the datasets that were scored, by their pixels, each with the runs that have them."""
    names = sorted({str(name) for each in submissions for name in each.tables.scores["dataset"].unique()})
    found = []
    for name in names:
        having = [each for each in submissions if (each.tables.scores["dataset"] == name).any()]
        groups = _grouped(having, {each.id: _hr(each, name) for each in having}, name)
        for group in groups:
            facts = group.members[-1].info["datasets"][name]
            fingerprint = str(facts.get("fingerprint", ""))
            own = slug(name) if len(groups) == 1 else f"{slug(name)}-{_digest(group)}"
            found.append((Dataset(own, name, fingerprint, len(group.images)), group.members))
    return found


def _grouped(submissions: Sequence[Submission], pixels: Mapping[str, Mapping[str, str]], dataset: str) -> list[_Group]:
    """Return groups that agree; runs that read the most images first, as those with few would fit anywhere."""
    groups: list[_Group] = []
    for each in sorted(submissions, key=lambda each: -len(pixels[each.id])):
        images = frozenset(each.info["datasets"][dataset].get("files") or pixels[each.id])
        group = next((group for group in groups if group.takes(images, pixels[each.id])), None)
        if group is None:
            groups.append(group := _Group(images))
        group.pixels |= pixels[each.id]
        group.members.append(each)
    for group in groups:
        group.members.sort(key=submissions.index)
    return groups


def _digest(group: _Group) -> str:
    return digest(sorted(group.images), group.pixels)


def _hr(submission: Submission, dataset: str) -> dict[str, str]:
    """Return the hashes of HR's pixels, of the images that could be read."""
    scores = submission.tables.scores
    own = scores[(scores["dataset"] == dataset) & (scores["hr_sha256"] != UNREADABLE)]
    return dict(zip(own["image"], own["hr_sha256"], strict=True))


def _pools(dataset: Dataset, factor: int, fingerprint: str, members: Sequence[Submission]) -> Iterator[Pool]:
    """Yield a pool for each kind of LR that was given under one name; where LR is made, one."""
    frames = {each.id: _own(each, dataset.name, factor, fingerprint) for each in members}
    for group in _grouped(members, {run: _lr(frame) for run, frame in frames.items()}, dataset.name):
        newest = str(frames[group.members[-1].id]["protocol"].iloc[0])
        rows = pd.concat([frames[each.id].assign(run=each.id) for each in group.members], ignore_index=True)
        lr = _digest(group) if group.pixels else ""
        own = tuple(group.members)
        yield Pool(dataset, factor, newest, fingerprint, lr, own, rows.assign(protocol=newest))


def _own(submission: Submission, dataset: str, factor: int, fingerprint: str) -> pd.DataFrame:
    scores = submission.tables.scores
    wanted = [dataset, factor, fingerprint]
    return scores[(scores[["dataset", "factor", "protocol_fingerprint"]] == wanted).all(axis=1)]


def _lr(frame: pd.DataFrame) -> dict[str, str]:
    """Return the hashes of given LR."""
    if "lr_sha256" not in frame:
        return {}
    own = frame[~frame["lr_sha256"].isin(["", UNREADABLE])]
    return dict(zip(own["image"], own["lr_sha256"], strict=True))


def _told_apart(found: Sequence[Pool]) -> Iterator[Pool]:
    """Yield pools with what tells those of one name apart, and the sentences that say so."""
    for pool in found:
        others = [each for each in found if each.title == pool.title and each is not pool]
        tags = [tag for tag, differs in _tags(pool, others) if differs]
        sentences = tuple(_refusal(pool, other) for other in others)
        yield replace(pool, tags=tuple(tags), refusals=sentences)


def _tags(pool: Pool, others: Sequence[Pool]) -> Iterator[tuple[str, bool]]:
    yield f"images {pool.dataset.id[-DIGITS:]}", any(each.dataset.id != pool.dataset.id for each in others)
    yield f"protocol {pool.fingerprint[:DIGITS]}", any(each.fingerprint != pool.fingerprint for each in others)
    yield f"LR {pool.lr[:DIGITS] or 'made'}", any(each.lr != pool.lr for each in others)


def _refusal(pool: Pool, other: Pool) -> str:
    """Say why another pool of this name is a table of its own."""
    return (
        f"{pool.title}: scores of {other.folders} are not beside those of {pool.folders}, as {_why(pool, other)} "
        f"under one name: each is a table of its own."
    )


def _why(pool: Pool, other: Pool) -> str:
    if pool.dataset.id != other.dataset.id:
        return f"{_unlike(pool, other)} of {pool.dataset.name}"
    if pool.fingerprint != other.fingerprint:
        fields, theirs = (_fields(each) for each in (pool, other))
        what = choices(fields, pool.fingerprint, theirs, other.fingerprint)
        return f"the protocols differ ({'; '.join(what)})"
    return "the given LR images have other pixels"


def _fields(pool: Pool) -> dict[str, Any]:
    found: dict[str, Any] = pool.submissions[-1].info.get("protocol_fields", {}).get(pool.protocol, {})
    return found


def _unlike(pool: Pool, other: Pool) -> str:
    """Say what differs between the images of two datasets of one name."""
    one, two = ({k: v for each in p.submissions for k, v in _hr(each, p.dataset.name).items()} for p in (pool, other))
    changed = sorted(name for name in one if two.get(name, one[name]) != one[name])
    if changed:
        return f"the pixels differ ({listed(changed)})"
    return f"there are {other.dataset.images} and {pool.dataset.images} images"
