"""The pytest plug-in: contract tests and benchmarks of the methods that the ini option `srbench_methods` names.

Whoever has srbench and pytest loads it, so it imports nothing and does nothing unless that option is set.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

OPTION = "srbench_methods"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    what = "methods to test against srbench's contract, and to time under --benchmark-only: files, or method specs"
    parser.addini(OPTION, what, type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Collect what the option names, if anything, whatever `testpaths` are."""
    entries = config.getini(OPTION)
    if not entries:
        return
    declared = Declared(config, entries)
    config.pluginmanager.register(declared, OPTION)
    if config.args_source is config.ArgsSource.TESTPATHS:
        covered = [(config.invocation_params.dir / path).resolve() for path in config.args]
        outside = [home for home in declared.specs if not any(home.is_relative_to(path) for path in covered)]
        config.args += map(str, outside)


class Declared:
    """The methods that the option names: those in files belong to these, others to the configuration file."""

    def __init__(self, config: pytest.Config, entries: Iterable[str]) -> None:
        """Read `entries`: `FILE.py` or a method's name, each with options as in a method spec.

        Raises:
            pytest.UsageError: a file that is not there, or no configuration file to collect a name at.

        """
        folder = config.inipath.parent if config.inipath else config.invocation_params.dir
        self.files: list[Path] = []
        self.specs: defaultdict[Path, list[str]] = defaultdict(list)
        for entry in entries:
            name, colon, options = entry.partition(":")
            home = folder / name if name.endswith(".py") else config.inipath
            if home is None or not home.is_file():
                expected = f"a Python file in {folder}, or a method's name in a configuration file"
                raise pytest.UsageError(f"{OPTION}: cannot find {entry!r}; expected {expected}")
            home = home.resolve()
            if name.endswith(".py"):
                self.files.append(home)
                name = home.stem
            self.specs[home].append(name + colon + options)

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Collect the methods that belong to a file, which is then no test module, even if it was named as one."""
        collectors = yield
        if file_path.resolve() not in self.specs:
            return collectors
        others = [each for each in collectors if type(each) is not pytest.Module]
        return [MethodFile.from_parent(parent, path=file_path), *others]


class MethodFile(pytest.File):
    """The methods that belong to a file: their benchmarks under `--benchmark-only`, else their contract tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield tests that are named like parametrised ones.

        Raises:
            CollectError: a method or an option that there is not, or a method that cannot be imported.

        """
        from srbench import testing  # noqa: PLC0415 - see above
        from srbench.errors import SrbenchError  # noqa: PLC0415

        declared: Declared = self.config.pluginmanager.get_plugin(OPTION)  # type: ignore[assignment] # it is there
        benchmarks = self.config.getoption("benchmark_only", default=False)
        tests = testing.benchmarks if benchmarks else testing.contracts
        try:
            for name, test in tests(declared.specs[self.path.resolve()], declared.files):
                yield MethodTest.from_parent(self, name=name, callobj=test)
        except SrbenchError as error:
            raise self.CollectError(testing.explain(error)) from error


class MethodTest(pytest.Function):
    """A test of a method."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where it belongs and its name, for reports: its code is srbench's."""
        return self.path, 0, self.name
