"""What users type is read as the grammar says, and every mistake gets one line that helps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.errors import UsageError
from srbench.specs import (
    MethodSpec,
    canonical,
    comma_list,
    differences,
    label_of,
    labelled,
    parse_method,
    spelled,
    split,
    unknown,
)

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", min_size=1)
VALUES = st.text(st.characters(blacklist_characters='"', blacklist_categories=["Cs"]))


def test_comma_lists_are_joined_in_order_without_repeats() -> None:
    """Several lists become one; spaces, empty items and repeats vanish, the first place counts."""
    assert comma_list([" bicubic, espcn ,,", "nearest,bicubic"]) == ["bicubic", "espcn", "nearest"]


def test_quotes_protect_commas_and_colons() -> None:
    """A comma or colon inside double quotes separates nothing."""
    assert comma_list(['a:path="x,y:z",b']) == ['a:path="x,y:z"', "b"]
    assert parse_method('a:path="x,y:z":n=2') == MethodSpec("a", {"path": "x,y:z", "n": "2"})


def test_a_quoted_value_may_be_empty_or_hold_spaces_and_equals() -> None:
    """Only the first `=` separates key from value, and quotes keep what is between them."""
    assert parse_method('a:b="":c=" x=y "').options == {"b": "", "c": " x=y "}


@pytest.mark.parametrize("text", ['a:b="x', 'a"', '"', 'a:b="x":c="'])
def test_an_open_quote_is_refused(text: str) -> None:
    """A double quote without its partner is an error that shows the text and how to quote."""
    for read in (lambda: split(text, ","), lambda: comma_list([text]), lambda: parse_method(text)):
        with pytest.raises(UsageError, match="unbalanced double quote") as caught:
            read()
        assert repr(text) in str(caught.value)
        assert 'key="value"' in str(caught.value)


@pytest.mark.parametrize(("text", "part"), [("a:b=1:b=2", "b=2"), ("a:b=1:b=1", "b=1"), ("a:b", "b"), ("a:=1", "=1")])
def test_bad_options_are_named(text: str, part: str) -> None:
    """A key given twice, an option without `=` and one without key are refused by name."""
    with pytest.raises(UsageError) as caught:
        parse_method(text)
    assert str(caught.value) == f"cannot read {part!r} in method {text!r}; expected name:key=value, each key once"


@pytest.mark.parametrize("text", ['a:b=c"d,e"f', 'a:b="c"d"e"', 'a:"b"=1', '"a:b,c=1"', '"a":b=1'])
def test_quotes_and_commas_stand_around_values_only(text: str) -> None:
    """A quote within a word, or a comma in a key, would mean something else when the spec is written in a list."""
    with pytest.raises(UsageError, match=r"expected name(:key=value|\[:key=value\.\.\.\])") as caught:
        parse_method(comma_list([text])[0])
    assert "method" in str(caught.value)


RUN = "command:run=convert {input} -resize {width}:{height} {output}"
IN_A_SHELL = ", and in a shell put single quotes around it all: '...'"


@pytest.mark.parametrize(
    ("text", "part", "spec"),
    [
        (RUN, "{height} {output}", 'command:run="convert {input} -resize {width}:{height} {output}"'),
        (
            "command:format=png:run=ffmpeg -i {input} -vf scale={width}:{height}:flags=lanczos {output}:timeout=3",
            "{height}",
            'command:format=png:run="ffmpeg -i {input} -vf scale={width}:{height}:flags=lanczos {output}":timeout=3',
        ),
        ("m:file=C:\\nets\\x.pth:n=2", "\\nets\\x.pth", 'm:file="C:\\nets\\x.pth":n=2'),
        ("C:\\nets\\x.pth", "\\nets\\x.pth", 'torch:file="C:\\nets\\x.pth"'),
        ("./a:b.onnx", "b.onnx", 'onnx:file="./a:b.onnx"'),
    ],
)
def test_a_value_that_lacks_quotes_is_shown_with_them(text: str, part: str, spec: str) -> None:
    """The spec as it was meant is in the line, ready to be typed: its value runs to where options begin again."""
    with pytest.raises(UsageError) as caught:
        parse_method(text)
    expected = f"cannot read {part!r} in method {text!r}; quote a value with : or , in it: {spec}{IN_A_SHELL}"
    assert str(caught.value) == expected
    assert parse_method(spec).options


def test_the_rest_of_a_value_that_a_comma_divided() -> None:
    """A part that stands for a name gets the same advice, and a shell that took the quotes away is named."""
    _, rest = comma_list(["command:run=convert {input} -crop 1,2 {output}"])
    with pytest.raises(UsageError, match=r'quote a value with : or , in it: key="value", and in a shell put single'):
        raise unknown("method", rest, ["bicubic"])


def test_double_quotes_within_a_value() -> None:
    """They would end it: single quotes do there."""
    with pytest.raises(UsageError, match="a value holds no double quotes: use single quotes within it"):
        parse_method('command:run="convert {input} -set comment "a b" {output}"')
    inside = parse_method("command:run=\"convert {input} -set comment 'a b' {output}\"")
    assert inside.options == {"run": "convert {input} -set comment 'a b' {output}"}


def test_an_address_is_no_method() -> None:
    """Nothing is downloaded for it."""
    with pytest.raises(UsageError, match="srbench downloads no models: download the file, and give its path"):
        parse_method("https://example.org/net.pth")


@pytest.mark.parametrize(
    ("text", "label", "spec"),
    [
        ("SPAN=onnx:file=x", "SPAN", "onnx:file=x"),
        (" SPAN+ (ours) \u00d74 = espcn:a=1 ", "SPAN+ (ours) \u00d74", "espcn:a=1"),
        ('"SPAN, ours"=espcn', "SPAN, ours", "espcn"),
        ("w/ TTA=./net.pth", "w/ TTA", "torch:file=net.pth"),
        ("espcn:weights=a=b", "", "espcn:weights=a=b"),
        ("./a=b.pth", "", "torch:file=a=b.pth"),
    ],
)
def test_a_label_stands_before_a_method(text: str, label: str, spec: str) -> None:
    """What is before the first `=`, if no colon is; it is no part of the spec, in any of its spellings."""
    (item,) = comma_list([text])
    found = parse_method(item)
    assert (found.label, str(found)) == (label, spec)
    assert spelled(item) == spec
    if label:
        assert parse_method(comma_list([label_of(label, spec)])[0]) == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("=espcn", "label '' of method '=espcn': it is empty; expected NAME=SPEC, such as SPAN=./span.onnx"),
        ('"a:b"=espcn', "label 'a:b' of method '\"a:b\"=espcn': it holds : or =; expected NAME=SPEC"),
        ('"a=b"=espcn', "label 'a=b' of method '\"a=b\"=espcn': it holds : or =; expected NAME=SPEC"),
        ("a\x1b[1m=espcn", "label 'a\\x1b[1m' of method 'a\\x1b[1m=espcn': it cannot be printed; expected NAME=SPEC"),
        ("a\nb=espcn", "label 'a\\nb' of method 'a\\nb=espcn': it cannot be printed; expected NAME=SPEC"),
        ("SPAN= ", "no method behind the label of 'SPAN= '; expected NAME=SPEC"),
    ],
)
def test_labels_that_none_may_have(text: str, line: str) -> None:
    """One printable line says what is wrong with a label."""
    with pytest.raises(UsageError) as caught:
        parse_method(text)
    assert str(caught.value).startswith(line)
    assert str(caught.value).isprintable()


def test_methods_alone_have_labels() -> None:
    """Metrics and protocols have no labels: what stands before `=` is part of the name."""
    assert parse_method("a=b", "metric").name == "a=b"
    assert labelled("espcn") == ("", "espcn")


@pytest.mark.parametrize("text", ["a:", "a:b=1:", "a: "])
def test_a_colon_with_nothing_after_it_is_refused(text: str) -> None:
    """Half a spec is a mistake, whatever it is the spec of."""
    for kind in ("method", "metric", "protocol"):
        with pytest.raises(UsageError, match=f"nothing follows the last colon of {kind} '{text}'"):
            parse_method(text, kind)


def test_a_value_without_its_key_gets_the_key() -> None:
    """Who knows which option takes the value names it."""
    with pytest.raises(UsageError, match="each key once; did you mean net=vgg"):
        parse_method("lpips:vgg", "metric", lambda name, value: "net" if (name, value) == ("lpips", "vgg") else "")


@pytest.mark.parametrize("text", ["", ":", "  "])
def test_an_empty_name_is_refused(text: str) -> None:
    """Nothing before the first colon names no method."""
    with pytest.raises(UsageError, match="empty method name"):
        parse_method(text)


@pytest.mark.parametrize("text", [":b=1", "::b=1:c=2", "a=b=1"])
def test_a_name_with_equals_is_refused(text: str) -> None:
    """What would be read as a label when it is read again is no name."""
    with pytest.raises(UsageError, match=r"method name 'b=1' in .* holds =; expected name"):
        parse_method(text)


def test_canonical_spelling_sorts_keys_and_quotes_only_where_it_must() -> None:
    """Two spellings of one spec become the same text."""
    assert str(parse_method('m:b="2":a="x:y"')) == str(parse_method('m:a="x:y":b=2')) == 'm:a="x:y":b=2'
    assert canonical("m", {}) == "m"
    assert canonical("m", {"scale": 0.5, "fast": True}) == "m:fast=True:scale=0.5"


@settings(deadline=None)
@given(NAMES, st.dictionaries(NAMES, VALUES, max_size=4))
def test_canonical_spelling_reads_back_as_itself(name: str, options: dict[str, str]) -> None:
    """Whatever the values hold (no quote can be inside), the canonical spec means the same spec, also in a list."""
    text = canonical(name, options)
    assert parse_method(text) == MethodSpec(name, options)
    assert str(parse_method(text)) == text
    assert split(f"first,{text},last", ",") == ["first", text, "last"]


def test_unknown_names_get_the_nearest_and_all() -> None:
    """The line for an unknown name offers the nearest one and lists what there is."""
    line = str(unknown("method", "bicubik", ["bicubic", "espcn", "nearest"]))
    assert line == "unknown method 'bicubik'; did you mean 'bicubic'? (available: bicubic, espcn, nearest)"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ESPCN", "; did you mean 'espcn'? ("),
        ("RCan", "; did you mean 'RCAN'? ("),
        ("espcn bicubic", "; a list has commas: espcn,bicubic ("),
        ("espcn rcam", "; did you mean 'espcn'? ("),
    ],
)
def test_case_and_lists_without_commas(name: str, hint: str) -> None:
    """The nearest name counts in any case, and names with spaces between them are a list."""
    assert str(unknown("method", name, ["bicubic", "espcn", "RCAN"])).startswith(f"unknown method {name!r}{hint}")


def test_differences_spell_empty_lists() -> None:
    """Nothing dangles where one of two lists is empty."""
    assert differences({"files": ()}, {"files": ("a", "b")}) == ["files: a,b, not none"]
    assert differences({"teacher": ""}, {"teacher": "plain"}) == ["teacher: plain, not none"]


def test_names_unlike_any_get_no_guess() -> None:
    """Where nothing is near, nothing is guessed."""
    assert str(unknown("method", "qqq", iter(["bicubic"]))) == "unknown method 'qqq' (available: bicubic)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:c=1:b=2", "a:b=2:c=1"),
        ('a:b="2"', "a:b=2"),
        (' a : b="x,y"', 'a:b="x,y"'),
        ("RCAN: the best", "RCAN: the best"),
        ("", ""),
        ('a"', 'a"'),
    ],
)
def test_spelled(text: str, expected: str) -> None:
    """A spec has one spelling, and what is none, such as a name given to `srbench score`, stays as it is."""
    assert spelled(text) == expected
