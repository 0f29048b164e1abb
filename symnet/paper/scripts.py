"""Words of any script: which signs belong together, which way they run, and where a line may end between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

RIGHT_TO_LEFT = "\u200f"  # the mark before a word that stands among words from right to left
_JOINER = "\u200d"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # of a sign's look
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MIRRORED = _CLOSING | {after: before for before, after in _CLOSING.items()}
# From a letter that runs to the left to the last one, or to a number, with no letter that runs to the right between.
_BACKWARDS = re.compile(r"R(?:[^L]*(?:R|NT*))?")
_KINDS = {"R": "R", "AL": "R", "AN": "R", "L": "L", "EN": "N", "ET": "T"}


def is_seen(c: str) -> bool:
    """Whether a sign has a shape of its own: no control character, mark of direction, joiner or choice of a look."""
    kind = unicodedata.category(c)
    return not (kind == "Cc" or (kind == "Cf" and unicodedata.bidirectional(c) != "AN") or _SELECTORS.match(c))


def clusters(word: str) -> list[str]:
    """The signs with the marks on them, a joined emoji and a flag as one; what is not seen and joins nothing is out."""
    if word.isascii() and word.isprintable():
        return list(word)
    found: list[str] = []
    for c in word:
        after = found[-1] if found else ""
        half = bool(_FLAG.match(c) and after and _FLAG.fullmatch(after))
        if after and (half or after[-1] == _JOINER or _SKIN.match(c) or _belongs(c)):
            found[-1] += c
        elif is_seen(c):
            found.append(c)
    return found


def _belongs(c: str) -> bool:
    return unicodedata.category(c)[0] == "M" or c in (_JOINER, "\u200c") or "\U000e0020" <= c <= "\U000e007f"


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it runs from right to left, as on a page that runs to the right.

    The rules are Unicode's (UAX 9) for text without marks of direction: a number after such a letter belongs to it,
    and so does a bracket that was opened among them.
    """
    kinds = ""
    for c in text:
        kind = unicodedata.bidirectional(c)
        kinds += (kinds[-1:] or "-") if kind == "NSM" else _KINDS.get(kind, "-")
    start = 0
    while found := _BACKWARDS.search(kinds, start):
        first, end = found.span()
        while end < len(text) and text[end] in _unclosed(text[first:end]):
            end += 1
        if first > start:
            yield text[start:first], False
        yield text[first:end], True
        start = end
    if start < len(text):
        yield text[start:], False


def _unclosed(text: str) -> str:
    """The bracket that would close the last open one."""
    awaited: list[str] = []
    for c in text:
        if c in _CLOSING:
            awaited.append(_CLOSING[c])
        elif awaited and c == awaited[-1]:
            awaited.pop()
    return awaited[-1] if awaited else ""


def segments(word: str, known: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """A word in pieces, each with whether it is ``known``, that is whether all its clusters are.

    Letters side by side are one piece, so that no word is half in one font and half in another; signs that fill a
    square, as Chinese, are each a piece.
    """
    piece, kind, all_known = "", "", True
    for cluster in clusters(word):
        is_known = known(cluster)
        its_kind = "square" if _is_square(cluster) else "letter" if cluster[0].isalpha() else f"sign {is_known}"
        if piece and (its_kind != kind or kind == "square"):
            yield piece, all_known
            piece, all_known = "", True
        piece, kind, all_known = piece + cluster, its_kind, all_known and is_known
    if piece:
        yield piece, all_known


def may_end_between(before: str, after: str, long: bool) -> bool:
    """Whether a line may end between two pieces of a word: anywhere in a long one, and beside Chinese.

    Beside Chinese no line begins with a full stop or ends with an opening bracket.
    """
    if not (_is_square(before[-1]) or _is_square(after)):
        return long
    kinds = unicodedata.category(before[-1]), unicodedata.category(after[0])
    ends, ended = (kind in ("Pe", "Pf", "Po", "Lm") for kind in kinds)
    begun, begins = (kind in ("Ps", "Pi") for kind in kinds)
    return (ends or not ended) and (begins or not begun)


def as_seen(word: str) -> list[str]:
    """The clusters of a word as they stand from left to right, where it is marked as running to the left."""
    found = clusters(word)
    if not word.startswith(RIGHT_TO_LEFT):
        return found
    turned: list[str] = []
    for cluster in found:  # towards the left, but the digits of a number after each other
        digit = cluster.isdigit()
        count = next((i for i, other in enumerate(turned) if not other.isdigit()), len(turned)) if digit else 0
        turned.insert(count, _MIRRORED.get(cluster, cluster))
    return turned


def _is_square(cluster: str) -> bool:
    return unicodedata.east_asian_width(cluster[0]) in "WF" and unicodedata.category(cluster[0])[0] != "S"
