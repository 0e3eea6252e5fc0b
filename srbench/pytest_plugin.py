"""The pytest plug-in: contract tests of what the ini options `srbench_methods` and `srbench_metrics` name.

Methods are timed, too, under `--benchmark-only`. Whoever has srbench and pytest loads this, so it imports nothing and
does nothing unless one of the options is set.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

Kind: TypeAlias = Literal["methods", "metrics"]

OPTIONS: dict[Kind, str] = {
    "methods": "methods to test against srbench's contract, and to time under --benchmark-only: files, or method specs",
    "metrics": "metrics to test against srbench's contract: files, or metric specs",
}

_NAME = "srbench_declared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    for kind, what in OPTIONS.items():
        parser.addini(f"srbench_{kind}", what, type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Collect what the options name, if anything, whatever `testpaths` are."""
    entries: dict[Kind, list[str]] = {kind: config.getini(f"srbench_{kind}") for kind in OPTIONS}
    if not any(entries.values()):
        return
    declared = Declared(config, entries)
    config.pluginmanager.register(declared, _NAME)
    if config.args_source is config.ArgsSource.TESTPATHS:
        covered = [(config.invocation_params.dir / path).resolve() for path in config.args]
        outside = [home for home in declared.specs if not any(home.is_relative_to(path) for path in covered)]
        config.args += map(str, outside)


class Declared:
    """What the options name: methods and metrics in files belong to these, others to the configuration file."""

    def __init__(self, config: pytest.Config, entries: Mapping[Kind, Iterable[str]]) -> None:
        """Read `entries`: `FILE.py` or the name of a method or metric, each with options as in a spec.

        Raises:
            pytest.UsageError: a file that is not there, or no configuration file to collect a name at.

        """
        self.files: list[Path] = []
        self.specs: defaultdict[Path, list[tuple[Kind, str]]] = defaultdict(list)
        for kind, texts in entries.items():
            for text in texts:
                self._declare(config, kind, text)

    def _declare(self, config: pytest.Config, kind: Kind, entry: str) -> None:
        folder = config.inipath.parent if config.inipath else config.invocation_params.dir
        name, colon, options = entry.partition(":")
        home = folder / name if name.endswith(".py") else config.inipath
        if home is None or not home.is_file():
            expected = f"a Python file in {folder}, or a {kind[:-1]}'s name in a configuration file"
            raise pytest.UsageError(f"srbench_{kind}: cannot find {entry!r}; expected {expected}")
        home = home.resolve()
        if name.endswith(".py"):
            self.files.append(home)
            name = home.stem
        self.specs[home].append((kind, name + colon + options))

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Collect what belongs to a file, which is then no test module, even if it was named as one."""
        collectors = yield
        if file_path.resolve() not in self.specs:
            return collectors
        others = [each for each in collectors if type(each) is not pytest.Module]
        return [PluginFile.from_parent(parent, path=file_path), *others]


class PluginFile(pytest.File):
    """The methods and metrics that belong to a file: benchmarks under `--benchmark-only`, else contract tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield tests that are named like parametrised ones.

        Raises:
            CollectError: a method, metric or option that there is not, or a module that cannot be imported.

        """
        from srbench import testing  # noqa: PLC0415 - see above
        from srbench.errors import SrbenchError  # noqa: PLC0415

        declared: Declared = self.config.pluginmanager.get_plugin(_NAME)  # type: ignore[assignment] # it is there
        benchmarks = self.config.getoption("benchmark_only", default=False)
        makers = testing.BENCHMARKS if benchmarks else testing.CONTRACTS
        try:
            for kind, make in makers.items():
                specs = [spec for each, spec in declared.specs[self.path.resolve()] if each == kind]
                for name, test in make(specs, declared.files) if specs else ():
                    yield PluginTest.from_parent(self, name=name, callobj=test)
        except SrbenchError as error:
            raise self.CollectError(testing.explain(error)) from error


class PluginTest(pytest.Function):
    """A test of a method or a metric."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where it belongs and its name, for reports: its code is srbench's."""
        return self.path, 0, self.name
