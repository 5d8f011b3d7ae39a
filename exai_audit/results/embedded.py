"""A JSON report inside an HTML page: packed, so that the page is the data, too."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode, b64encode

_OPENING = '<script type="application/octet-stream" id="result">'
_BLOCK = re.compile(re.escape(_OPENING) + r"([A-Za-z0-9+/=]+)</script>")
_GZIP = 16 + zlib.MAX_WBITS


def embedded(text: str) -> str:
    """Return a script element that holds ``text``, compressed; a browser does not run it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    packed = packer.compress(text.encode()) + packer.flush()
    return f"{_OPENING}{b64encode(packed).decode()}</script>"


def extracted(page: str, most: int) -> str | None:
    """Return the text that a page holds, None where it holds none.

    Args:
        most: more bytes than this are not unpacked.

    Raises:
        ValueError: what it holds is damaged or too large.
    """
    found = _BLOCK.search(page)
    if found is None:
        return None
    unpacker = zlib.decompressobj(_GZIP)
    try:
        data = unpacker.decompress(b64decode(found[1], validate=True), most)
    except zlib.error as error:
        raise ValueError(f"the data in the page are damaged: {error}") from error
    if not unpacker.eof:
        raise ValueError("the data in the page are cut off or too large")
    return data.decode("utf-8")
