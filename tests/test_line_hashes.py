"""Line hashes: those that GitHub computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_audit.files.line_hashes import line_hashes

_GREETING = [
    "e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1", "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1",
]  # fmt: skip


# Expected are the hashes of github/codeql-action: those of src/fingerprints.test.ts, the later
# ones computed with the algorithm of src/fingerprints.ts.
@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        ),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", _GREETING),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", _GREETING),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", _GREETING),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", _GREETING),
        ("a\r \nb", ["67c066a59e652f5e:1", "cc4c43d77869440f:1", "8ee5a81e681643c1:1"]),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [
                *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
                "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1",
            ],
        ),
    ],
)  # fmt: skip
def test_hashes_are_those_of_github(text: str, hashes: list[str]) -> None:
    expected = dict(enumerate(hashes, 1))
    assert line_hashes(text.encode(), expected.keys()) == expected


def test_characters_outside_the_first_plane_count_as_two() -> None:
    expected = {1: "5e0b76489806dc04:1", 2: "663892a2854dcea5:1"}
    assert line_hashes("😀\nਊb\n".encode(), {1, 2}) == expected


def test_bytes_that_are_no_utf_8_and_byte_order_marks_are_characters() -> None:
    assert line_hashes(b"\xef\xbb\xbfx = 'caf\xe9'\n", {1}) == {1: "6eab5f6c3173456e:1"}


@given(st.text(alphabet="ab \n", max_size=400), st.text(alphabet="xy\n", max_size=50))
def test_what_stands_above_does_not_count(text: str, above: str) -> None:
    lines = text.count("\n") + 1
    moved = above.count("\n") + 1
    before = line_hashes(text.encode(), range(1, lines + 1))
    after = line_hashes(f"{above}\n{text}".encode(), range(moved + 1, moved + lines + 1))
    assert [value.split(":")[0] for value in before.values()] == [
        value.split(":")[0] for value in after.values()
    ]


def test_only_the_lines_asked_for() -> None:
    assert list(line_hashes(b"a\nb\nc\n", {2, 99})) == [2]
    assert line_hashes(b"a\n", ()) == {}
