"""Changes of files as a patch that ``git apply`` takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exai_audit.edits.edit import FileChange
from exai_audit.files.visible import visible

_CONTEXT = 3
_MISSING_END = b"\\ No newline at end of file\n"
_ESCAPES = {ord("\t"): "\\t", ord("\n"): "\\n", ord('"'): '\\"', ord("\\"): "\\\\"}
_COLORS = {"+": "32", "-": "31", "@": "36"}
Opcode = tuple[str, int, int, int, int]


def patch(changes: Iterable[FileChange]) -> bytes:
    """Return the changes as one patch, empty where there are none; bytes are those of the files."""
    return b"".join(line for change in changes for line in _file_lines(change))


def shown(made: bytes, *, color: bool) -> str:
    """Return a patch for a terminal: nothing in it is obeyed, and lines have their colors."""
    lines = made.decode("utf-8", "replace").split("\n")
    return "\n".join(_colored(visible(line), color) for line in lines)


def _colored(line: str, color: bool) -> str:
    if not color or not line:
        return line
    if line.startswith(("diff ", "--- ", "+++ ")):
        return f"\x1b[1m{line}\x1b[0m"
    code = _COLORS.get(line[0])
    return f"\x1b[{code}m{line}\x1b[0m" if code else line


def _file_lines(change: FileChange) -> Iterator[bytes]:
    old, new = _name(f"a/{change.path}"), _name(f"b/{change.path}")
    yield b"diff --git %s %s\n" % (old, new)
    if change.before is None:
        yield b"new file mode 100644\n"
    elif change.after is None:
        yield b"deleted file mode 100644\n"
    before, after = _lines(change.before), _lines(change.after)
    if before != after:
        yield b"--- %s\n" % (b"/dev/null" if change.before is None else old)
        yield b"+++ %s\n" % (b"/dev/null" if change.after is None else new)
        for group in _groups(before, after):
            yield from _hunk(group, before, after)


def _lines(data: bytes | None) -> list[bytes]:
    """Split as git does: at newlines only."""
    lines = (data or b"").split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _groups(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[list[Opcode]]:
    """Yield the hunks; equal lines at both ends are not compared with all others."""
    most = min(len(before), len(after))
    head = next((i for i in range(most) if before[i] != after[i]), most)
    tail = next((i for i in range(most - head) if before[-1 - i] != after[-1 - i]), most - head)
    first = max(0, head - _CONTEXT)
    cut = max(0, tail - _CONTEXT)
    from difflib import SequenceMatcher  # slow to load, and no scan needs it

    matcher = SequenceMatcher(
        None, before[first : len(before) - cut], after[first : len(after) - cut], autojunk=False
    )
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        shifted = [(tag, a + first, b + first, c + first, d + first) for tag, a, b, c, d in group]
        yield [*shifted, *_context_behind(shifted[-1], len(before))]


def _context_behind(last: Opcode, end: int) -> Iterator[Opcode]:
    """Yield the equal lines behind a hunk that ends where the comparison did, not the file.

    To git, a hunk without any behind it is one at the end of the file.
    """
    tag, _, old, _, new = last
    length = min(_CONTEXT, end - old)
    if tag != "equal" and length:
        yield "equal", old, old + length, new, new + length


def _hunk(
    group: Sequence[Opcode], before: Sequence[bytes], after: Sequence[bytes]
) -> Iterator[bytes]:
    old, new = _range(group[0][1], group[-1][2]), _range(group[0][3], group[-1][4])
    yield f"@@ -{old} +{new} @@\n".encode()
    for tag, first, last, new_first, new_last in group:
        if tag == "equal":
            yield from (_line(b" ", line) for line in before[first:last])
        else:
            yield from (_line(b"-", line) for line in before[first:last])
            yield from (_line(b"+", line) for line in after[new_first:new_last])


def _range(start: int, end: int) -> str:
    """Return lines as a hunk's head names them: an empty range by the line before it."""
    count = end - start
    return f"{start + 1 if count else start},{count}"


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n" + _MISSING_END


def _name(path: str) -> bytes:
    """Return a path as git writes it: quoted, with escapes, where it is not plain ASCII."""
    data = path.encode("utf-8", "surrogateescape")
    plain = all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in data)
    if plain:
        return data
    return b'"%s"' % "".join(map(_escaped, data)).encode()


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
