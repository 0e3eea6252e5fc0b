"""The gallery: the crops of a run as the viewer of the HTML report takes them, within a budget of bytes."""

from __future__ import annotations

import base64
import hashlib
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias
from urllib.parse import quote

import numpy as np

from srbench.analysis.common_images import best_of_image
from srbench.analysis.settings import LINE, SETTING, lines_of
from srbench.datasets.stored_names import escaped
from srbench.metrics.classical import CLASSICAL
from srbench.reports.html.image_ranking import Groups, Key, Rows, telling
from srbench.reports.remarks import TRAINED_ON
from srbench.store import pictures
from srbench.store.pictures import HR, INPUT, LR, reference
from srbench.store.rows import GIVEN, GIVEN_LR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from srbench.analysis.columns import Metrics
    from srbench.reports.findings import Findings

SCRIPTS = (
    *("fragment.js", "elements.js", "columns.js", "painting.js", "gestures.js", "divider.js", "chooser.js"),
    *("state.js", "camera.js", "sources.js", "panes.js", "stage.js", "viewer.js"),
)
"""What the viewer needs, in this order, in one script; `new Viewer(root, gallery)` then builds it."""

BUDGET = 10_000_000
"""Bytes of base64 that pictures may take in a report."""

Wanted: TypeAlias = Literal["crops", "full"]


class _Pictures:
    """Pictures that are embedded, equal ones once."""

    def __init__(self, budget: int) -> None:
        self.left = budget
        self.uris: dict[str, str] = {}

    def add(self, contents: Iterable[bytes | None]) -> bool:
        """Embed all of `contents`, or none where they do not fit."""
        new = {name_of(content): _uri(content) for content in contents if content}
        new = {name: uri for name, uri in new.items() if name not in self.uris}
        cost = sum(map(len, new.values()))
        if cost > self.left:
            return False
        self.left -= cost
        self.uris |= new
        return True


class _Found(NamedTuple):
    """What a run folder holds of one image."""

    reference: str
    """HR, or else the input."""
    position: pictures.Position
    hr: bytes | None
    """None where there is no HR."""
    lr: bytes | None
    small: bytes | None
    sr: list[bytes | None]
    """One for each row."""


def gallery(findings: Findings, images: Wanted = "crops", budget: int = BUDGET) -> dict[str, Any]:
    """Return what the viewer shows, ready for JSON; infinite scores are "inf", what there is none of is None.

    `images`: each with `id`, `dataset`, `factor`, `protocol`, `on_device`, `image`, `whole` (width and height of HR in
    pixels), `box` (left, top, width, height of the crop in it), `small` (a picture's id) and `panes` (HR and LR, or the
    input where there is no HR, and each method: `name`, `role` ("truth", "input" or ""), `picture`, each metric, `best`
    (whether its leading metric is the best of those judged by), `mark` (before a score of an image that the method was
    trained on), `status`, `reason`, and with `images="full"` the relative URL `full` of the whole image, where the run
    folder holds it). `pictures`: data URIs by id, no more than `budget` bytes of them: if not all fit, those images
    that say most in each setting. `metrics`: the columns of scores (`analysis.columns.Column`), the leading one first.
    `joined`: whether scores stand in one line and need no names, as PSNR and SSIM do behind a unit.
    `pair`: the two names to compare first. `note`: what is left out, and why.
    """
    groups = _groups(findings)
    embedded, shown, missing = _Pictures(budget), {}, 0
    for key in telling(groups, next(iter(findings.metrics.values()), None)):
        found = _find(findings.folder, groups[key])
        if found is None:
            missing += 1
        elif embedded.add([found.hr, found.lr, found.small, *found.sr]):
            shown[key] = _image(groups[key], found, findings.metrics, findings.folder if images == "full" else None)
        else:
            break
    return {
        "images": [shown[key] for key in groups if key in shown],
        "pictures": embedded.uris,
        "metrics": [metric._asdict() for metric in findings.metrics.values()],
        "joined": _joined(findings.metrics),
        "pair": _pair(findings),
        "note": _note(len(groups), len(shown), missing, given=bool((findings.tables.scores["device"] == GIVEN).all())),
    }


def _joined(metrics: Metrics) -> bool:
    return set(metrics) <= set(CLASSICAL) and any(metric.unit for metric in list(metrics.values())[:1])


def name_of(content: bytes) -> str:
    """Return the id of a picture, by which equal ones are one."""
    return hashlib.sha256(content).hexdigest()[:16]


def _groups(findings: Findings) -> Groups:
    """Return the lines of scores of each image in each setting, in the order of the run."""
    metrics = findings.metrics
    names = [*LINE, "on_device", "image", *metrics, "status", "reason", "protocol_fingerprint", "hr_sha256", "key"]
    scores = findings.scores
    best = best_of_image(scores, metrics) if metrics else False
    scores = scores.assign(best=best, mark=np.where(scores["trained_on"], TRAINED_ON, ""))
    groups: dict[Key, Rows] = defaultdict(list)
    names = [name for name in [*names, *GIVEN_LR, "best", "mark"] if name in scores]
    for row in lines_of(scores[names]):
        groups[*(getattr(row, name) for name in SETTING), row.image].append(row)
    return groups


def _find(folder: Path, rows: Rows) -> _Found | None:
    """Return the crops of one image; None where the run folder lacks that of HR (or the input), or all of SR."""
    first = pictures.crops_of(next((row for row in rows if row.status == "ok"), rows[0]))
    lr = pictures.read(folder, first.lr)
    shown = reference(rows[0].protocol)
    hr = pictures.read(folder, first.hr) if shown == HR else None
    placed = hr if shown == HR else lr
    position = pictures.position_of(placed) if placed else None
    sr = [pictures.read(folder, pictures.crops_of(row).sr) if row.status == "ok" else None for row in rows]
    if not position or not any(sr):
        return None
    return _Found(shown, position, hr, lr, pictures.read(folder, first.whole), sr)


def _image(rows: Rows, found: _Found, metrics: Metrics, folder: Path | None) -> dict[str, Any]:
    """Return one image; `folder` is that of whole images, where they are wanted."""
    row = rows[0]
    setting = f"{row.protocol}-x{row.factor}{row.on_device and f'-{row.on_device}'}"
    parts = (str(row.dataset), setting, str(row.image))
    return {
        "id": "/".join(map(escaped, parts)),
        "dataset": row.dataset,
        "factor": int(row.factor),
        "protocol": row.protocol,
        "on_device": row.on_device,
        "image": row.image,
        "whole": list(found.position.whole),
        "box": list(found.position.box),
        "small": name_of(found.small) if found.small else None,
        "panes": list(_panes(rows, found, metrics, folder)),
    }


def _panes(rows: Rows, found: _Found, metrics: Metrics, folder: Path | None) -> Iterator[dict[str, Any]]:
    nothing = {**dict.fromkeys(metrics), "best": False, "mark": "", "status": "ok", "reason": ""}
    whole = pictures.images_of(rows[0])
    given = [(HR, "truth", found.hr, whole.hr), (LR, "input", found.lr, whole.lr)]
    if found.reference == INPUT:
        given = [(INPUT, "input", found.lr, whole.lr)]
    for name, role, content, path in given:
        picture = name_of(content) if content else None
        yield {"name": name, "role": role, "picture": picture, **nothing} | _full(folder, path)
    for row, content in zip(rows, found.sr, strict=True):
        yield {
            "name": row.method,
            "role": "",
            "picture": name_of(content) if content else None,
            **{metric: _number(getattr(row, metric)) for metric in metrics},
            "best": row.best,
            "mark": row.mark,
            "status": row.status,
            "reason": row.reason,
            **_full(folder, pictures.images_of(row).sr),
        }


def _full(folder: Path | None, path: str) -> dict[str, str | None]:
    return {"full": quote(path) if folder and (folder / path).is_file() else None}


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else "inf"


def _uri(content: bytes) -> str:
    kind = "jpeg" if content.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _pair(findings: Findings) -> list[str]:
    """Return the baseline and the method that is best in the mean over settings; HR where there is one method.

    Of methods that are alike it is the first: the viewer begins with two. Without a metric they are the last two.
    """
    board, known = findings.scoreboard, [HR if findings.referenced else INPUT, *findings.methods]
    if not findings.metrics:
        return known[-2:]
    others = board[board["judged"] & (board["method"] != findings.baseline)].groupby("method", sort=False)
    orders = (
        others[f"{findings.cells.leading.name}_order"]
        .agg(["size", "mean"])
        .sort_values(["size", "mean"], ascending=[False, True], kind="stable")
    )
    best = str(orders.index[0]) if len(orders) else known[0]
    return [findings.baseline or LR, best]


def _note(images: int, shown: int, missing: int, *, given: bool) -> str:
    if not images:
        return "This run scored no images."
    if missing == images and given:
        return "No crops: the methods were not run here, only their SR images were scored. See the folder of SR images."
    if missing == images:
        return "The run folder has no crops: the run was made with --no-report. Run it without, in a new folder."
    lines = []
    if over := images - shown - missing:
        lines.append(
            f"{_count(over, images)} left out to keep this file small. Shown are the images on which methods disagree "
            "most, and the worst images of each method. All crops are in the folder crops of the run."
        )
    if missing:
        lines.append(f"{_count(missing, images)} left out because the run folder has no crops of them.")
    return " ".join(lines)


def _count(number: int, of: int) -> str:
    return f"{number:,} of {of:,} images {'is' if number == 1 else 'are'}"
