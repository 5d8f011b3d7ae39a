"""What makes a finding the same one after lines moved, code was reformatted or a file renamed.

Rule, path, symbol and evidence make it; size findings are known by their symbol alone, project-wide
ones by what they speak of. Equal fingerprints are to be counted, not merged. The evidence is the
code that the finding spans, without what a formatter may change: blanks, line breaks, comments, the
kind of quotes, the comma before a closing bracket.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

from exai_audit.files.source import SourceFile
from exai_audit.finding import Family, Finding

_PIECE = re.compile(
    r"""(?P<string>\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<nothing>\#[^\n]*|\\\n|\s+)|(?P<other>.)""",
    re.DOTALL,
)
_SPARE_COMMA = re.compile(r",(?=[)\]}])")
_DIGITS = 16


class Fingerprints:
    """Fingerprints of findings, worked out from the files that they stand in.

    Args:
        read: returns a file by its path below the root, None where it cannot be read.
    """

    def __init__(self, read: Callable[[str], SourceFile | None]) -> None:
        self._read = read

    def of(self, finding: Finding, path: str = "") -> str:
        """Return a finding's fingerprint; ``path`` is the name that its file had, if another."""
        if finding.project_wide:
            return finding.fingerprint
        identity = (finding.code, path or finding.path, finding.symbol, self.evidence(finding))
        return digest(*identity)

    def evidence(self, finding: Finding) -> str:
        """Return the finding's code as far as no formatter changes it; empty for size findings."""
        if finding.family is Family.SIZE or not finding.evidence:
            return ""
        source = self._read(finding.path)
        return normalised(spanned(source, finding) if source else finding.evidence)


def digest(*identity: str) -> str:
    """Return the fingerprint of what identifies a finding."""
    text = "\0".join(identity).encode("utf-8", "surrogatepass")
    return sha256(text).hexdigest()[:_DIGITS]


def spanned(source: SourceFile, finding: Finding) -> str:
    """Return the code from a finding's start to its end."""
    lines = [source.line(number) for number in range(finding.line, finding.end_line + 1)]
    if not lines:
        return finding.evidence
    lines[-1] = lines[-1][: finding.end_column - 1]
    lines[0] = lines[0][finding.column - 1 :]
    return "\n".join(lines)


def normalised(code: str) -> str:
    """Return ``code`` without what a formatter may change."""
    pieces = (_plain(match) for match in _PIECE.finditer(code))
    return _SPARE_COMMA.sub("", "".join(pieces))


def _plain(match: re.Match[str]) -> str:
    if match["nothing"]:
        return ""
    if match["other"]:
        return match["other"]
    text = match["string"]
    marks = 3 if text[:3] in ('"""', "'''") and len(text) > 5 else 1
    inner = text[marks:-marks].replace('\\"', '"').replace("\\'", "'")
    return f'"{inner}"'
