"""The metric registry: built-in (a file in `built_in/`), installed (an entry point) and `--plugin FILE`.

A plug-in file is a metric if it assigns METRIC. What this shares with the registry of methods is in `srbench.registry`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from srbench import code_files
from srbench import registry as registries
from srbench.errors import MetricError
from srbench.metrics import contract

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.metrics.declaration import Metric, Score

RESERVED = (
    *("method", "dataset", "image", "factor", "protocol", "device", "status", "reason", "channels", "dtype"),
    *("height", "width", "parameters", "trained_on", "judged", "images", "of", "scored", "exact", "code", "key"),
    *("time", "load", "first", "memory", "rank", "p", "verdict", "difference", "reported", "output"),
    *("name", "metric", "measured", "printed", "weights", "note", "why"),
    *("spec", "params", "source", "change", "changed", "worst", "on_device"),
    *("protocol_fingerprint", "hr_sha256", "hr_file_sha256", "lr_sha256", "lr_file_sha256"),
)
"""Names that no metric may have: tables have columns of these names beside those of metrics."""

_STARTS = ("own_", "reported_", "worst_")
_ENDS = ("_status", "_reason", "_images", "_scored", "_difference", "_note", "_ms_per_mpx")
"""What no metric's name may start or end with: tables say so of other metrics, as `lpips_status`, and of times."""

_OTHERWISE_NAMED = {
    "cv2": ("opencv-python", "opencv-python-headless"),
    "PIL": ("pillow",),
    "skimage": ("scikit-image",),
}
"""The distributions of common packages that are imported under another name."""


@dataclass(frozen=True)
class MetricPlugin(registries.Plugin):
    """A registered metric: where it comes from, and its module once it is needed."""

    KIND: ClassVar = "metric"
    GROUP: ClassVar = "srbench.metrics"
    RESERVED: ClassVar = RESERVED
    GIVEN: ClassVar = ()
    ERROR: ClassVar = MetricError

    @classmethod
    def is_reserved(cls, name: str) -> bool:
        """Tell whether tables have a column of this name beside those of metrics, or may have one."""
        return super().is_reserved(name) or name.startswith(_STARTS) or name.endswith(_ENDS)

    def metric(self) -> Metric:
        """Return what the metric's module declares in METRIC.

        Raises:
            Unsupported: a package that it needs is not installed.
            MetricError: it cannot be imported, or METRIC is absent or says nonsense.

        """
        if problem := self.problem():
            raise MetricError(problem)
        declared: Metric = self.module().METRIC
        return declared

    def problem(self) -> str:
        """Return what METRIC says that is nonsense, in one line; empty if nothing.

        Raises:
            Unsupported, MetricError: it cannot be imported.

        """
        found = contract.problem(getattr(self.module(), "METRIC", None))
        return f"metric {self.name!r} ({self.source}) {found}" if found else ""


class Choice(registries.Choice[MetricPlugin]):
    """A metric with options, as a metric spec names it."""

    def metric(self) -> Metric:
        """Return what its module declares; raises as `MetricPlugin.metric`."""
        return self.plugin.metric()

    def files(self) -> list[Path]:
        """Return the files besides code that its values depend on: weights, and options annotated `Path`.

        Raises:
            Unsupported: its `files` says that it cannot be used here, or a package is not installed.
            MetricError: its `files` fails in any other way, or it cannot be imported.

        """
        return self._files()

    def weights(self) -> list[Path]:
        """Return those files, and the ones that it fetches when it is used first, which need not be here yet.

        Its module names the latter in `weights(**options)`; its code has to check them, as they are in no fingerprint.

        Raises:
            Unsupported, MetricError: as `files`.

        """
        return list(dict.fromkeys([*self.files(), *self._offered("weights")]))

    def fingerprint(self) -> str:
        """Return a sha256 over its code as this process runs it, its files, options and version, without any path.

        The versions of the packages that its code imports count, too.

        Raises:
            Unsupported, MetricError: as `files` and `metric`, or a file cannot be read.

        """
        return self._fingerprint(also=[self.metric().version, *self._packages()])

    def _packages(self) -> list[str]:
        """Return the distributions of the packages that its code imports, each with its version."""
        own = self.plugin.code_files()
        modules = code_files.imported([*own, *code_files.shared_files(own)])
        return [each for module in modules for each in _releases(module)]

    def load(self) -> Score:
        """Return the function that computes it.

        Raises:
            Unsupported: a package or weights that it needs are not here.
            MetricError: it cannot be imported, declares nonsense, ends the process, or `load` returns no function.

        """
        self.metric()
        return contract.accept(self._load())


def built_in() -> dict[str, MetricPlugin]:
    """Return the metrics that come with srbench, by name."""
    package = f"{__package__}.built_in"
    files = sorted((Path(__file__).parent / "built_in").glob("[!_]*.py"))
    return {path.stem: MetricPlugin(path.stem, "built in", path, f"{package}.{path.stem}") for path in files}


def registry(files: Iterable[Path] = ()) -> dict[str, MetricPlugin]:
    """Return every metric by name: built-in, installed, then the plug-in `files` that are metrics.

    Raises:
        UsageError: a plug-in file is absent, or its name is taken.

    """
    return registries.collected(MetricPlugin, built_in(), files)


def check_names(specs: Iterable[str], files: Iterable[Path] = ()) -> None:
    """Refuse a metric that there is not, without importing any.

    Raises:
        UsageError: a malformed spec, an unknown metric, or a plug-in file that cannot be used.

    """
    files = list(files)
    registries.check_names(MetricPlugin, specs, registry(files), files)


def choose(text: str, metrics: Mapping[str, MetricPlugin]) -> Choice:
    """Return the metric and the typed options that a metric spec names.

    Raises:
        UsageError: unknown metric or option, or a value that does not fit; the line names what there is.

    """
    return registries.chosen(Choice, MetricPlugin, text, metrics)


def _releases(module: str) -> list[str]:
    """Return the distributions that an importable name comes from, each with its version."""
    names = _OTHERWISE_NAMED.get(module, (module,))
    found = list(filter(None, map(_release, names)))
    return found or list(filter(None, map(_release, sorted(set(_distributions().get(module, ()))))))


def _release(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def _distributions() -> Mapping[str, list[str]]:
    """Return the names of the distributions that each importable name comes from: reading them takes 0.2 s."""
    return packages_distributions()
