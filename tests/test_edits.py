"""Edits applied to bytes: what they do not name stays, or the edit is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_audit.edits.apply import changes, edited
from exai_audit.edits.edit import Edit, FileChange, RefusedEditError
from exai_audit.files.source import decode
from exai_audit.location import FILE_START, Span

PATH = "a.py"


def edit(text: str, line: int, column: int, end_line: int, end_column: int) -> Edit:
    return Edit(PATH, Span(line, column, end_line, end_column), text)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_newlines_mark_and_end_are_kept(newline: str, mark: bytes, end: str) -> None:
    before = mark + f"a = 1\n\x0c\nb = 'é\u2028'; c = 5{end}".replace("\n", newline).encode()
    after = edited(before, [edit("x(\n5)", 3, 15, 3, 16), edit("import q\n", 1, 1, 1, 1)])
    expected = f"import q\na = 1\n\x0c\nb = 'é\u2028'; c = x(\n5){end}".replace("\n", newline)
    assert after == mark + expected.encode()


def test_an_encoding_is_kept() -> None:
    before = "# coding: latin-1\ns = 'é'; t = 5\n".encode("latin-1")
    after = edited(before, [edit("ü", 2, 6, 2, 7)])
    assert after == "# coding: latin-1\ns = 'ü'; t = 5\n".encode("latin-1")
    with pytest.raises(RefusedEditError, match=r"a\.py: its encoding lacks a character"):
        edited(before, [edit("→", 2, 6, 2, 7)])


@pytest.mark.parametrize(
    ("data", "edits", "why"),
    [
        (b"a\r\nb\n", [edit("c", 1, 1, 1, 2)], "mixes newlines"),
        (b"ab\n", [edit("c", 1, 1, 1, 2), edit("d", 1, 1, 1, 3)], "two edits overlap"),
        (b"ab\n", [edit("c", 1, 1, 1, 4)], r"a\.py:1:1: the edit lies outside"),
        (b"ab\n", [edit("c", 3, 1, 3, 1)], "lies outside"),
        (b"ab\n", [edit("c", 1, 2, 1, 1)], "lies outside"),
        (b"\xff\n", [edit("c", 1, 1, 1, 1)], "cannot be decoded"),
        (b"# coding: no-such\n", [edit("c", 1, 1, 1, 1)], "cannot be decoded"),
        (b"# coding: utf-7\nx = '+AGE-'\n", [edit("y", 2, 1, 2, 2)], "is ambiguous"),
    ],
)
def test_what_cannot_be_done_is_refused(data: bytes, edits: list[Edit], why: str) -> None:
    with pytest.raises(RefusedEditError, match=why):
        edited(data, edits)


def test_same_edits_are_one_and_insertions_keep_their_order() -> None:
    twice = [edit("import q\n", 1, 1, 1, 1)] * 2
    assert edited(b"a\n", [*twice, edit("import p\n", 1, 1, 1, 1)]) == b"import q\nimport p\na\n"


def test_changes_of_several_files_one_of_them_new() -> None:
    held = {"a.py": b"a = 5\n", "b.py": b"b = 6\n"}
    edits = [
        Edit("b.py", Span(1, 5, 1, 6), "6"),
        Edit("c.py", FILE_START, "c = 7\n"),
        Edit("a.py", Span(1, 5, 1, 6), "4"),
    ]
    assert changes(edits, held.get) == (
        FileChange("a.py", b"a = 5\n", b"a = 4\n"),
        FileChange("c.py", None, b"c = 7\n"),
    )


TEXT = st.text(alphabet="ab =é\n\x0c\u2028", max_size=40)


@given(TEXT, st.data(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_bytes_outside_of_an_edit_are_equal(
    text: str, data: st.DataObject, newline: str, encoding: str
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new = data.draw(TEXT)
    before = text.replace("\n", newline).encode(encoding)
    after = edited(before, [Edit(PATH, _span(text, start, end), new)])
    expected = f"{text[:start]}{new}{text[end:]}"
    own = newline if "\n" in text else "\n"
    assert after == expected.replace("\n", own).encode(encoding)
    assert decode(PATH, after).text == expected


def _span(text: str, start: int, end: int) -> Span:
    return Span(*_place(text[:start]), *_place(text[:end]))


def _place(before: str) -> tuple[int, int]:
    line = before.count("\n")
    return line + 1, len(before) - (before.rfind("\n") + 1) + 1
