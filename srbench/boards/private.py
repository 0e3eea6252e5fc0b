"""What is not published: where files and folders lie on the machine of whoever made a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, TypeVar

from srbench.errors import UsageError
from srbench.execution.method_labels import short_paths
from srbench.specs import canonical, parse_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

T = TypeVar("T")

_PATH = re.compile(
    r"""(?<![\w/.:~\\-])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\"'<>|:,;()\[\]{}]+[/\\])+([^\s/\\"'<>|:,;()\[\]{}]*)"""
)
"""An absolute path with a folder at least, and its last part; none of a URL."""


@dataclass(frozen=True)
class Private:
    """Takes the folders out of texts; `paths` are those that are known, which may hold spaces."""

    paths: tuple[str, ...] = ()

    def hidden(self, text: str) -> str:
        """Return a text with the last part of each absolute path in place of it."""
        if "/" not in text and "\\" not in text:
            return text
        for path in self.paths:
            text = text.replace(path, _last(path))
        return _PATH.sub(lambda found: found[1] or _last(found[0]), text)

    def without(self, value: T) -> T:
        """Return content (dataclasses, tuples, dictionaries and texts) without paths in any text."""
        found: Any = self._without(value)
        return found  # type: ignore[no-any-return] # of the same type, part by part

    def _without(self, value: Any) -> Any:  # noqa: ANN401 - any content
        if isinstance(value, str):
            return self.hidden(value)
        if isinstance(value, dict):
            return {self.hidden(key): self._without(each) for key, each in value.items()}
        if isinstance(value, tuple):
            return tuple(self._without(each) for each in value)
        if is_dataclass(value) and not isinstance(value, type):
            changed = {each.name: self._without(getattr(value, each.name)) for each in fields(value)}
            return replace(value, **changed)
        return value


def of(infos: Iterable[Mapping[str, Any]]) -> Private:
    """Return what takes out the paths that runs name, of which `infos` are run.json; the longest first."""
    found = {path for info in infos for path in _named(info)}
    return Private(tuple(sorted(found, key=lambda path: (-len(path), path))))


def short_specs(specs: Iterable[str]) -> dict[str, str]:
    """Return the methods of one run as a board calls them: files without folders that tell nothing."""
    parsed = {spec: _options(spec) for spec in specs}
    tails = short_paths({value for options in parsed.values() for value in options.values() if _is_absolute(value)})
    return {
        spec: canonical(spec.partition(":")[0], {key: tails.get(value, value) for key, value in options.items()})
        if options
        else spec
        for spec, options in parsed.items()
    }


def _named(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield the absolute paths that run.json names, and the folders that they are in, but for the outermost."""
    plan = info.get("plan", {})
    texts = [*info.get("command", ()), *(each for value in plan.values() if isinstance(value, list) for each in value)]
    texts += [value for spec in info.get("methods", {}) for value in _options(spec).values()]
    texts += [str(each.get("run", "")) for each in info.get("merged", ())]
    for text in texts:
        if isinstance(text, str) and _is_absolute(text):
            yield from (str(each) for each in (PurePath(text), *PurePath(text).parents) if len(each.parts) > 2)  # noqa: PLR2004 - not /home


def _options(spec: str) -> dict[str, str]:
    """Return the options of a spec; of one that cannot be read none."""
    try:
        return dict(parse_method(spec).options)
    except UsageError:
        return {}


def _is_absolute(text: str) -> bool:
    return PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]
