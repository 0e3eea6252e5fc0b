"""The page: the report of a run as one HTML file, which needs no network and nothing beside it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from srbench.analysis.columns import TIMES
from srbench.analysis.tables import own
from srbench.atomic import replacing
from srbench.formats.strict_json import plain, records
from srbench.reports import claims, explanation, paper_rows
from srbench.reports.cells import partial
from srbench.reports.findings import of as findings_of
from srbench.reports.frame_budget import budgeted, facts
from srbench.reports.given_lr import sentences
from srbench.reports.html import boards, charts, overview, provenance, times, training
from srbench.reports.html.embedding import embedded, shown
from srbench.reports.html.gallery import SCRIPTS as VIEWER
from srbench.reports.html.gallery import gallery
from srbench.reports.html.legend import Legend, legend
from srbench.reports.html.matrix import matrices
from srbench.reports.html.speeds import speeds
from srbench.reports.html.templates import environment, read
from srbench.reports.html.verdicts import verdicts
from srbench.reports.labels import over
from srbench.reports.remarks import (
    COMMON,
    contamination,
    coverage,
    metadata,
    near_copies,
    nothing_scored,
    papers,
    reasons,
    timing,
    warnings,
)
from srbench.reports.speeds import remarks, starts, threads_said
from srbench.reports.untimed import untimed
from srbench.store import derived, pictures
from srbench.store.durable import unwritable
from srbench.store.journal import read_info
from srbench.store.rows import GIVEN
from srbench.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.reports.findings import Findings
    from srbench.reports.frame_budget import Budgeted
    from srbench.reports.html.gallery import Wanted
    from srbench.reports.html.training import Model

SCRIPTS = (
    *VIEWER,
    "selection.js",
    "tables.js",
    "axes.js",
    "strips.js",
    "latency.js",
    "growth.js",
    "curves.js",
    "theme.js",
    "choosing.js",
    "page.js",
)
STYLES = ("report.css", "viewer.css")
FILE = "report.html"
"""The page in its run folder."""

POLICY = (
    "default-src 'none'; img-src data: 'self' file:; style-src 'unsafe-inline'; "
    "script-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: of scripts only ours runs, and nothing is fetched but images of the run folder."""

_REMARKS = 12
"""Lines of remarks of a kind; the tables have all."""


def render(findings: Findings, images: Wanted = "crops") -> str:
    """Return the report of a run as one HTML page.

    With `images` "full", the viewer can show whole images too; they stay in the run folder, so that the page belongs
    beside them.
    """
    marks, script, found = legend(findings), read(*SCRIPTS), budgeted(findings)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    of_scores = len(findings.tables.scores) > 0
    models = training.models(findings, scores=findings.referenced) if of_scores else []
    template = environment().get_template("report.html.jinja")
    page = template.render(
        **_content(findings, marks, found),
        models=models,
        held_out=any(model.history for model in models),
        data=Markup(embedded(shown(_data(findings, marks, models, found)))),  # noqa: S704 - every < and & of it is escaped
        gallery=Markup(embedded(shown(gallery(findings, images)))),  # noqa: S704 - as above
        script=Markup(script),  # noqa: S704 - our own
        style=Markup(read(*STYLES)),  # noqa: S704 - our own
        policy=POLICY.format(digest),
    )
    return page.encode("utf-8", "backslashreplace").decode()  # a file's name may hold half a surrogate pair


def write_for(tables: Tables, folder: Path, baseline: str = "", *, reported: bool = False) -> Findings:
    """Write the page of a run that has just ended into its folder, and return what it tells; raises as `write`.

    If `reported`, rows that papers report stand beside the measured ones.

    A page that was made from the same rows, crops and code stays.
    """
    found = findings_of(tables, folder, read_info(folder), baseline, reported=reported)
    crops, beside = pictures.crops_hash(folder), [plain(facts(found)), records(found.paper_rows)]
    source = derived.source(tables.digest, found.info, found.baseline, folder.name, crops, beside)
    if not derived.is_current(folder, [FILE], source):
        write(found, folder / FILE)
        derived.note(folder, [FILE], source)
    return found


def write(findings: Findings, file: Path, images: Wanted = "crops") -> None:
    """Write the page into `file`, in one step.

    Raises:
        RunFolderError: it cannot be written into the run folder.
        OSError: it cannot be written elsewhere.

    """
    page = render(findings, images)
    try:
        with replacing(file) as written:
            written.write_text(page, encoding="utf-8")
    except OSError as error:
        if file.parent != findings.folder:
            raise OSError(error.errno, error.strerror, str(file)) from error
        raise unwritable(file, error, "the tables are written", findings.folder) from error


def _content(findings: Findings, marks: Legend, found: Budgeted | None) -> dict[str, Any]:
    """Return what the template writes."""
    tables = findings.tables
    matrix = matrices(findings, marks) if findings.scored else []
    return {
        "version": __version__,
        "findings": findings,
        "legend": marks,
        "leading": next(iter(findings.metrics.values()), None),
        "metrics": list(findings.metrics.values()),
        "task": _task(findings),
        "matrices": matrix,
        "overview": overview.leaders(findings) if matrix else [],
        "verdicts": list(verdicts(findings)) if findings.scored and not matrix else [],
        "facts": provenance.short(findings),
        "warnings": _first(
            [
                *nothing_scored(tables.scores, findings.baseline),
                *sentences(findings.info),
                *contamination(tables.scores),
                *near_copies(findings.models, tables.scores),
                *metadata(findings.models),
                *warnings(findings.decided),
                *untimed(findings.info, findings.folder),
            ]
        ),
        "noise": _first([*timing(tables), *(starts(tables.speeds) if len(tables.scores) else ())]),
        "reasons": _first(
            [
                *coverage(tables, findings.metrics),
                *papers(findings.papers_protocols),
                *reasons(tables.scores, findings.metrics),
                *(remarks(tables.speeds) if tables.scores.empty else ()),
            ]
        ),
        "scoreboard": boards.scoreboard(findings, marks) if findings.scored else None,
        "reported": boards.reported(findings, marks) if findings.scored and len(findings.claims) else None,
        "papers": list(paper_rows.remarks(findings)) if findings.scored else [],
        "verdicts_said": list(claims.explained(findings.claims)) if findings.scored else [],
        "speeds": speeds(findings, found),
        "time_cards_of": times.cards(findings, found) if found or not findings.scored else [],
        "quality_source": times.quality_source(found, findings),
        "drawn": times.drawn(findings, found),
        "threads": list(threads_said(findings.tables.speeds)),
        "images": boards.images(findings, marks) if findings.scored else None,
        "explanation": _explanation(findings),
        "protocols": list(provenance.protocols(findings)) if len(tables.scores) else [],
        "details": provenance.details(findings),
        "thinned": bool(len(tables.scores)) and int(tables.summary["scored"].max()) > charts.POINTS,
        "points": charts.POINTS,
        "common": COMMON if partial(findings.scoreboard) else "",
        "clocked": findings.scored and any(findings.cells.has(findings.scoreboard, name) for name in TIMES),
        "exact": any(np.isinf(tables.summary[own(name)]).any() for name in findings.metrics),
        "given": bool((tables.scores["device"] == GIVEN).all()),
    }


def _explanation(findings: Findings) -> dict[str, Any] | None:
    """Return what the page says of a printed number, if one is to be explained."""
    found = findings.explanation
    if found is None:
        return None
    return {
        "headline": explanation.headline(found),
        "about": explanation.explained(found),
        "groups": explanation.groups(found),
        "before": explanation.before(found),
        "after": explanation.after(found),
    }


def _task(findings: Findings) -> str:
    """Return what methods were asked to do."""
    if not findings.referenced:
        return "A method upscales an image as it is (input); there is no HR to compare its result (SR) with."
    made = "belongs to" if findings.info.get("given_lr") else "was made from"
    return (
        f"A method upscales a low-resolution image (LR) that {made} a high-resolution one (HR); its result (SR) is "
        "compared with HR."
    )


def _data(findings: Findings, marks: Legend, models: list[Model], found: Budgeted | None) -> dict[str, Any]:
    """Return what the script draws."""
    return {
        "baseline": findings.baseline,
        "methods": [mark._asdict() for mark in marks.marks.values()],
        "settings": [{**setting._asdict(), "name": setting.name} for setting in marks.settings],
        "metrics": [metric._asdict() for metric in findings.metrics.values()],
        **(_drawn(findings, marks) if findings.scored else {}),
        "samples": charts.samples(findings),
        **times.drawn(findings, found),
        **({"heldOut": "PSNR on held-out images, dB"} if any(model.history for model in models) else {}),
        "histories": [{"moments": model.history, "bicubic": model.bicubic} for model in models],
    }


def _drawn(findings: Findings, marks: Legend) -> dict[str, Any]:
    """Return what the script draws of scores."""
    found = findings.cells
    return {
        "difference": found.columns["difference"]._asdict(),
        "over": over(found.leading, findings.baseline),
        "latencies": charts.latencies(findings, marks),
        "strips": charts.strips(findings, marks),
        "ranks": charts.ranks(findings, marks),
    }


def _first(lines: list[str]) -> list[str]:
    more = [f"and {len(lines) - _REMARKS} more; scores.csv in the run folder has all"] if lines[_REMARKS:] else []
    return lines[:_REMARKS] + more
