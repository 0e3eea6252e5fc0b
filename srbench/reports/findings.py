"""The findings of a run, for every format of the report: the tables of its folder, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench import weights_metadata
from srbench.analysis import common_images, comparisons, load_run, paper_rows, places, settings
from srbench.analysis.claims import OTHER, published
from srbench.analysis.labelled import by_spec, labelled, specs_of
from srbench.analysis.reported import beside, of_methods
from srbench.analysis.speeds import baseline_of
from srbench.analysis.tables import alone
from srbench.diagnosis import explanation
from srbench.errors import RunFolderError, UsageError
from srbench.methods import spelled_among
from srbench.plan import frame_budget, plugin_files
from srbench.quality import names as protocol_names
from srbench.quality import protocols
from srbench.reports.cells import Cells
from srbench.reports.scoreboard import scoreboard
from srbench.specs import unknown
from srbench.store import journal_reader
from srbench.store.journal import read_info
from srbench.store.pictures import HR, reference
from srbench.store.rows import MetricRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from srbench.analysis.columns import Metrics
    from srbench.analysis.tables import Tables
    from srbench.diagnosis.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Findings:
    """A run, read from disk or just made; what is derived from it is computed once, when it is asked for."""

    folder: Path
    info: dict[str, Any]
    """run.json; empty where there is no run folder."""
    tables: Tables
    baseline: str
    """The method that others are compared with, as it is shown; empty where no method was scored."""
    lead: str = ""
    """The one metric that is asked for, if not the run's first: methods are ranked by it."""
    reported: bool = False
    """Whether rows that papers report stand beside the measured ones."""
    papers: tuple[str, ...] = ()
    """The methods of those rows that are shown; empty where all are."""

    @property
    def scored(self) -> bool:
        """Tell whether the run has scores, by any metric."""
        return bool(len(self.tables.scores)) and bool(self.metrics)

    @cached_property
    def referenced(self) -> bool:
        """Tell whether there is an HR image to any."""
        scores = self.tables.scores
        return scores.empty or any(reference(str(each)) == HR for each in scores["protocol"].unique())

    @property
    def frame_budget(self) -> float:
        """Return the seconds that an image may take; 0 where nobody said."""
        asked = self.info.get("frame_budget")
        return frame_budget(str(asked)) if asked else 0.0

    @property
    def scores_folder(self) -> Path | None:
        """Return the run that says how good methods are that were timed; None where none was named."""
        named = self.info.get("scores")
        return Path(str(named)) if named else None

    @cached_property
    def scores_run(self) -> Findings:
        """Return the findings of `scores_folder`; raises as `load`."""
        return load(Path(str(self.info["scores"])))

    @property
    def labels(self) -> dict[str, str]:
        """Return what methods are shown as, by their specs, where that is not the spec itself."""
        return labels_of(self.info)

    @cached_property
    def specs(self) -> dict[str, str]:
        """Return the spec of each method that is not shown as it is."""
        return {label: spec for spec, label in self.labels.items()}

    @property
    def methods(self) -> list[str]:
        """Return the methods in the order of the run, as they are shown."""
        named = [*self.tables.summary["method"], *self.tables.timings["method"]]
        return [str(each) for each in dict.fromkeys(named) if each]

    @cached_property
    def metrics(self) -> Metrics:
        """Return the metrics of the run by their specs; the first leads."""
        found = self.tables.metrics
        return {self.lead: found[self.lead], **found} if self.lead else found

    @cached_property
    def cells(self) -> Cells:
        """Return the columns of the scoreboard."""
        return Cells(self.metrics)

    @property
    def named(self) -> Metrics:
        """Return the metrics to name beside pictures: all, or that which is asked for."""
        return {self.lead: self.metrics[self.lead]} if self.lead else self.metrics

    def against(self, budget: str = "", scores: Path | None = None) -> Findings:
        """Return the same run against another frame budget, with its quality from the run `scores`.

        Raises:
            SrbenchError: the budget is no time, or `scores` has none.

        """
        if budget:
            frame_budget(budget)
        if scores:
            check_scores(scores)
        asked = {"frame_budget": budget, "scores": str(scores or "")}
        return replace(self, info={**self.info, **{name: value for name, value in asked.items() if value}})

    def led_by(self, metric: str) -> Findings:
        """Return the same run with its methods ranked by another of its metrics.

        Raises:
            UsageError: the run has no such metric.

        """
        if metric not in self.metrics and self._has_values_of(metric):
            raise UsageError(
                f"the run has values of {metric}, which its last command left out; repeat it with {metric} among "
                "--metrics, and they are back"
            )
        if metric not in self.metrics:
            raise unknown("metric of the run", metric, list(self.metrics))
        return replace(self, lead=metric)

    def only(
        self, *, datasets: Sequence[str] = (), factors: Sequence[int] = (), protocols: Sequence[str] = ()
    ) -> Findings:
        """Return the same run with those of its settings alone; what is not named is not narrowed.

        Raises:
            UsageError: the run has no such dataset, factor or protocol, or none of their settings.

        """
        found = self
        wanted = {
            "dataset": datasets,
            "factor": factors,
            "protocol": [protocol_names.today(each) for each in protocols],
        }
        for column, values in wanted.items():
            found = found._with(column, values) if values else found
        return found

    def _with(self, column: str, values: Sequence[Any]) -> Findings:
        frames = {name: frame for name, frame in self.tables.frames.items() if column in frame}
        known = list(dict.fromkeys(value for frame in frames.values() for value in frame[column]))
        if absent := [value for value in values if value not in known]:
            raise unknown(column, str(absent[0]), map(str, known))
        kept: dict[str, Any] = {
            name: frame[frame[column].isin(values)].reset_index(drop=True) for name, frame in frames.items()
        }
        return replace(self, tables=replace(self.tables, **kept))

    def _has_values_of(self, metric: str) -> bool:
        rows = journal_reader.sound(self.folder / "rows.jsonl").rows
        return any(isinstance(row, MetricRow) and row.metric == metric for row in rows)

    @cached_property
    def explanation(self) -> Explanation | None:
        """Return which conventions give the number that `srbench score --explain` was asked about, of these images."""
        return explanation.read(self.info)

    @cached_property
    def models(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the sound metadata of weights, by method and factor (as `x3`)."""
        return {
            (self.labels.get(method, method), factor): weights_metadata.sound(facts)
            for method, described in self.info.get("methods", {}).items()
            for factor, facts in described.get("models", {}).items()
        }

    @cached_property
    def decided(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what methods found out about their files, by method and factor (as `x3`)."""
        return {
            (self.labels.get(method, method), factor): facts
            for method, described in self.info.get("methods", {}).items()
            for factor, facts in described.get("decided", {}).items()
            if isinstance(facts, dict)
        }

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Return the scores by setting: see `analysis.settings.in_settings`."""
        return settings.in_settings(self.tables.scores, self.tables.scores)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Return the scores that methods are judged by: see `analysis.common_images`."""
        return common_images.counted(self.scores[self.scores["judged"]], self.metrics)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Return how methods differ from the baseline: see `analysis.comparisons.comparisons`."""
        return comparisons.comparisons(self.judged, self.baseline, self.metrics)

    @cached_property
    def places(self) -> pd.DataFrame:
        """Return the places of methods: see `analysis.places.places`."""
        return places.places(self.judged, self.metrics)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Return what papers report of the run's methods, beside what was measured (`analysis.reported.beside`).

        One line for each number, those that were measured alone. Claims are found by specs and by weights; the column
        `method` has what our methods are shown as.
        """
        table = beside(self._reported, alone(by_spec(self.tables.summary), self.metrics), self.metrics, self._files)
        return labelled(table[table["verdict"] != "not measured"].reset_index(drop=True), self.labels)

    @cached_property
    def _published(self) -> pd.DataFrame:
        """Return all that papers report."""
        return published()

    @cached_property
    def _reported(self) -> pd.DataFrame:
        """Return all that papers report of the methods and metrics of the run."""
        found = of_methods(self._published, specs_of(self.tables.summary), self._files)
        return found[found["metric"].isin(list(self.metrics))]

    @property
    def _files(self) -> dict[str, set[str]]:
        """Return the sha256 of the files of each method, by spec."""
        return {name: set(each.get("files", {}).values()) for name, each in self.info.get("methods", {}).items()}

    @cached_property
    def papers_protocols(self) -> dict[str, list[str]]:
        """Return the protocols of papers' numbers by the methods that have the papers' weights.

        They are of datasets and factors of the run; methods that it scored under one of those protocols are left out.
        """
        known, scored = self._reported[~self._reported["weights"].isin(["", OTHER])], self.tables.summary
        here = known.merge(scored[["dataset", "factor"]].drop_duplicates())
        found = here.groupby("method", sort=False)["protocol"].unique()
        missed = {
            str(spec): list(map(str, each)) for spec, each in found.items() if not scored["protocol"].isin(each).any()
        }
        return {self.labels.get(spec, spec): [protocols.short(each) for each in own] for spec, own in missed.items()}

    @cached_property
    def paper_rows(self) -> pd.DataFrame:
        """Return what papers report of other methods in these settings: see `analysis.paper_rows.paper_rows`.

        None where they are not asked for.
        """
        known = self._published if self.reported else self._published.iloc[:0]
        claims = paper_rows.without(known, self.claims[self.claims["verdict"] != "trained"])
        found = paper_rows.matching(claims, self.tables.summary, self.metrics, self._claimed_names)
        shown = found[found["name"].isin(self.papers)] if self.papers else found
        return paper_rows.paper_rows(shown, self.metrics)

    @property
    def why_no_paper_rows(self) -> str:
        """Return why nothing that papers report matches; empty where something does, or was not asked for."""
        if not self.reported or len(self.paper_rows):
            return ""
        return paper_rows.why_none(self._published, self.tables.summary, self.metrics, self._claimed_names)

    @property
    def papers_elsewhere(self) -> dict[str, list[str]]:
        """Return the methods that papers report, and srbench does not have, under protocols that the run has not."""
        claims = self._published[self._published["method"] == ""]
        found = paper_rows.elsewhere(claims, self.tables.summary, self._claimed_names)
        groups = found.groupby("protocol", sort=False)["name"].unique()
        return {protocols.short(str(spec)): list(map(str, names)) for spec, names in groups.items()}

    @cached_property
    def _claimed_names(self) -> dict[str, str]:
        known: dict[str, dict[str, Any]] = self.info.get("datasets", {})
        names = self.tables.summary["dataset"].unique()
        files = {str(name): str(known.get(name, {}).get("fingerprint", "")) for name in names}
        return paper_rows.claimed_names(files, self._published["dataset"])

    @cached_property
    def scoreboard(self) -> pd.DataFrame:
        """Return one line per method and setting: see `reports.scoreboard.scoreboard`."""
        summary = settings.in_settings(self.tables.summary, self.tables.scores)
        if not self.metrics:
            return summary
        return scoreboard(summary, self.comparisons, self.places, self.claims, self.metrics)


def load(folder: Path, baseline: str = "", *, reported: bool = False) -> Findings:
    """Return the findings of a run folder; see `of`.

    Raises:
        RunFolderError: it is not a run folder, or has no tables.
        UsageError: the run has no method `baseline`.

    """
    info = read_info(folder)
    return of(load_run.load(folder), folder, info, baseline, reported=reported)


def check_scores(folder: Path) -> None:
    """Pass if a run folder can say how good methods are.

    Raises:
        SrbenchError: it holds no run, or one without scores.

    """
    if not load(folder).scored:
        raise RunFolderError(f"--scores is {folder}, expected a run with scores; srbench run makes one")


def of(found: Tables, folder: Path, info: dict[str, Any], baseline: str = "", *, reported: bool = False) -> Findings:
    """Return the findings of `found`, compared with `baseline`, by default the run's, bicubic, else the first method.

    If `reported`, rows that papers report stand beside those that were measured.

    Raises:
        UsageError: the run has no method `baseline`.

    """
    methods, labels = specs_of(found.summary), labels_of(info)
    chosen = spelled_among(methods, baseline, plugin_files(info), labels) if baseline else _default(info, methods)
    if baseline and not chosen:
        shown = ", ".join(labels.get(spec, spec) for spec in methods)
        raise UsageError(f"--baseline is {baseline!r}, expected a method of the run: {shown}")
    return Findings(folder, info, found, labels.get(chosen, chosen), reported=reported)


def labels_of(info: Mapping[str, Any]) -> dict[str, str]:
    """Return what methods are shown as, by their specs, where that is not the spec itself; `info` is run.json."""
    found: dict[str, str] = info.get("labels", {})
    return found


def _default(info: dict[str, Any], methods: list[str]) -> str:
    asked: str = info.get("baseline", "")
    return asked if asked in methods else baseline_of(methods) if methods else ""
