"""What is not published: folders of the machine of whoever made a run."""

from __future__ import annotations

import pytest

from srbench.boards.content import Refused
from srbench.boards.private import Private, of, short_specs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("read from /home/jane/models/net.onnx: failed", "read from net.onnx: failed"),
        ("'/home/jane/net.onnx', \"/srv/a/b.png\"", "'net.onnx', \"b.png\""),
        ("~/models/net.onnx", "net.onnx"),
        (r"C:\Users\jane\net.onnx", "net.onnx"),
        ("onnx:file=/home/jane/net.onnx:range=255", "onnx:file=net.onnx:range=255"),
        ("in /home/jane/models/", "in models"),
        ("https://example.org/a/b.html", "https://example.org/a/b.html"),
        ("set5/baby.png and either/or", "set5/baby.png and either/or"),
        ("./models/net.onnx", "./models/net.onnx"),
        ("10 ms/Mpx, /s", "10 ms/Mpx, /s"),
    ],
)
def test_hidden(text: str, expected: str) -> None:
    """Of an absolute path its last part stays; addresses, relative paths and fractions stay as they are."""
    assert Private().hidden(text) == expected


def test_known_paths() -> None:
    """Paths that run.json names may hold spaces; their folders are taken out, too."""
    info = {"command": ["srbench", "run"], "plan": {"datasets": ["/home/Jane Doe/my set"], "plugins": []}}
    private = of([info])
    assert private.hidden("no HR in /home/Jane Doe/my set/a b.png") == "no HR in my set/a b.png"
    assert private.hidden("/home/Jane Doe/other/c.png") == "Jane Doe/other/c.png"


def test_content() -> None:
    """Texts anywhere in content are cleaned; all else is as it was."""
    content = ({"/home/a/b": 1.0}, (Refused("a", "at /home/jane/a"), None))
    assert Private().without(content) == ({"b": 1.0}, (Refused("a", "at a"), None))


def test_short_specs() -> None:
    """A file goes by its name; two of one name by as much of their folders as tells them apart."""
    specs = ["onnx:file=/a/one/net.onnx:range=1", "onnx:file=/a/two/net.onnx", "torch:file=/b/x.pth", "bicubic"]
    assert list(short_specs(specs).values()) == [
        "onnx:file=one/net.onnx:range=1",
        "onnx:file=two/net.onnx",
        "torch:file=x.pth",
        "bicubic",
    ]
