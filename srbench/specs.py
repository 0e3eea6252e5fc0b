"""The grammar of what users type: comma lists, and method specs `[label=]name[:key=value...]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from srbench import model_files, spec_advice
from srbench.errors import UsageError
from srbench.spec_advice import is_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_QUOTED = r'"[^"]*"'

NAMED = 3
"""How many of many things a line names."""


def split(text: str, separator: str) -> list[str]:
    """Split `text` at `separator` outside double quotes; parts are stripped, empty ones left out.

    Raises:
        UsageError: a double quote is left open.

    """
    if text.count('"') % 2:
        how = f'write values with , or : as key="value", {spec_advice.IN_A_SHELL}'
        raise UsageError(f"unbalanced double quote in {text!r}; {how}")
    parts = re.findall(rf'(?:{_QUOTED}|[^"{separator}])+', text)
    return [part.strip() for part in parts if part.strip()]


def comma_list(texts: Iterable[str]) -> list[str]:
    """Return the items of one or more comma lists, in order and without repeats; a wholly quoted one without quotes."""
    return list(dict.fromkeys(_unquoted(part) for text in texts for part in split(text, ",")))


@dataclass(frozen=True)
class MethodSpec:
    """A method's name, the options given to it, as text, and the label it is shown as, if it was given one."""

    name: str
    options: Mapping[str, str]
    label: str = ""
    is_file: bool = field(default=False, compare=False)
    """Whether it was typed as a model file alone, which stands for the method that reads it."""

    def __str__(self) -> str:
        """Return the spec in its canonical spelling: keys sorted, values quoted where they must be; no label."""
        return canonical(self.name, self.options)


def canonical(name: str, options: Mapping[str, object]) -> str:
    """Spell a method spec with sorted keys; `name` may be that of a model file."""
    return ":".join([_quoted(name), *(f"{key}={_quoted(str(value))}" for key, value in sorted(options.items()))])


def parse_method(text: str, kind: str = "method", key_of: Callable[[str, str], str] = lambda *_: "") -> MethodSpec:
    """Parse `name[:key=value[:key=value...]]`, the spec of a method or of what `kind` says.

    A method may have a label before it, `label=name...`, and a model file stands for the method that reads it:
    `./net.pth` is `torch:file=net.pth`.

    `key_of` returns the option that takes a value, given the name and the value: what was meant where `=` is missing.

    Raises:
        UsageError: an option without `=`, an empty name, a method's name with `=`, a key given twice, a quote within
            a word, a colon with nothing after it, or a label that no method may have.

    """
    if kind != "method":
        return _parsed(text, kind, key_of)
    label, rest = labelled(text)
    spec = _parsed(rest, kind, key_of)
    name, options = model_files.spelled_out(spec.name, spec.options)
    if "=" in name:  # its canonical spelling would be read as that of a method with a label
        raise UsageError(f"method name {name!r} in {text!r} holds =; expected name[:key=value...]")
    return replace(spec, name=name, options=options, label=label, is_file=name != spec.name)


def labelled(text: str) -> tuple[str, str]:
    """Divide `label=spec` into its label, which may be quoted, and the spec; the label of a spec alone is empty.

    Raises:
        UsageError: the label is empty, or holds something that no label may.

    """
    found = re.match(rf'\s*({_QUOTED}|[^":=]*)\s*=', text)
    if not found or model_files.is_path_with_equals(text):
        return "", text
    label = _unquoted(found[1].strip()).strip()
    if not label or not label.isprintable() or re.search('[":=]', label):
        what = "it is empty" if not label else "it holds : or =" if label.isprintable() else "it cannot be printed"
        raise UsageError(f"label {label!r} of method {text!r}: {what}; expected NAME=SPEC, such as SPAN=./span.onnx")
    spec = text[found.end() :]
    if not spec.strip():
        raise UsageError(f"no method behind the label of {text!r}; expected NAME=SPEC, such as SPAN=./span.onnx")
    return label, spec


def label_of(label: str, spec: str) -> str:
    """Spell `spec` with a label before it, as it is typed in a comma list."""
    return f'"{label}"={spec}' if "," in label else f"{label}={spec}"


def _parsed(text: str, kind: str, key_of: Callable[[str, str], str]) -> MethodSpec:
    name, *rest = split(text, ":") or [""]
    name = _unquoted(name) if kind == "method" and model_files.method_of(_unquoted(name)) else name
    options: dict[str, str] = {}
    for at, part in enumerate(rest):
        key, equals, value = part.partition("=")
        value = _unquoted(value)
        # a value with a quote in it would be split, or lose its quotes, in a comma list
        if not equals or not is_key(key) or key in options or '"' in value:
            meant = "" if equals else key_of(name, part)
            hint = f"; did you mean {meant}={part}?" if meant else ""
            advice = hint or spec_advice.advice(name, rest, at)
            expected = "" if advice.startswith(spec_advice.QUOTE) else "; expected name:key=value, each key once"
            raise UsageError(f"cannot read {part!r} in {kind} {text!r}{expected}{advice}")
        options[key] = value
    if not name or '"' in name:
        raise UsageError(f"{'quoted' if name else 'empty'} {kind} name in {text!r}; expected name[:key=value...]")
    if text.rstrip().endswith(":"):
        raise UsageError(f"nothing follows the last colon of {kind} {text!r}; expected name[:key=value...]")
    return MethodSpec(name, options)


def spelled(text: str) -> str:
    """Return the canonical spelling of a method spec; text that is none as it is."""
    try:
        return str(parse_method(text))
    except UsageError:
        return text


def without_engine(text: str) -> str:
    """Return a method spec without its engine; text that is none as it is."""
    try:
        spec = parse_method(text)
    except UsageError:
        return text
    return canonical(spec.name, {name: value for name, value in spec.options.items() if name != "engine"})


def told_without_engine(specs: Iterable[str]) -> dict[str, str]:
    """Return methods by their specs without engines: but for those that differ in the engine alone."""
    short = {each: without_engine(each) for each in specs}
    names = list(short.values())
    return {name: spec for spec, name in short.items() if names.count(name) == 1}


def unknown(kind: str, name: str, available: Iterable[str], of: str = "") -> UsageError:
    """Return the error for an unknown `name` `of` something: the nearest match in any case, then all there are."""
    names = list(available)
    whose = f" of {of}" if of else ""
    return UsageError(f"unknown {kind} {name!r}{whose}{_hint(name, names)} (available: {', '.join(names)})")


def _hint(name: str, names: Iterable[str]) -> str:
    """Say what an unknown name most likely stands for, if any: a list without commas, or the nearest name."""
    if spec_advice.is_rest_of_value(name):
        return f'{spec_advice.QUOTE}key="value", {spec_advice.IN_A_SHELL}'
    by_lower = {each.lower(): each for each in names}
    words = name.lower().split()
    if len(words) > 1 and by_lower.keys() >= set(words):
        return f"; a list has commas: {','.join(by_lower[word] for word in words)}"
    near = get_close_matches(name.lower(), by_lower, 1)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""


def listed(names: Iterable[object], most: int = NAMED, separator: str = ", ") -> str:
    """Return the first few names, and how many there are beyond them."""
    every = list(map(str, names))
    more = f" and {len(every) - most} more" if every[most:] else ""
    return separator.join(every[:most]) + more


def counted(number: int, what: str) -> str:
    """Return how many there are of something, `1 image` or `2 images`."""
    return f"{number} {what}{'s' if number != 1 else ''}"


def differences(mine: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    """Return one `key: theirs, not mine` per value that differs; tuples are comma lists, what is empty is `none`."""
    return [f"{key}: {_text(theirs[key])}, not {_text(mine[key])}" for key in mine if mine[key] != theirs[key]]


def _text(value: object) -> str:
    return (",".join(map(str, value)) if isinstance(value, tuple) else str(value)) or "none"


def _unquoted(part: str) -> str:
    return part[1:-1] if re.fullmatch(_QUOTED, part) else part


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[,:]", value) or value != value.strip() else value
