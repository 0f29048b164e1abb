"""Maths in the LaTeX that MathJax and KaTeX read, and that Markdown lets through as it stands.

Some hosts read Markdown before maths: there a backslash before a comma, a brace or another backslash is lost, and ``_``
or ``*`` may start emphasis.  So a backslash stands before letters alone, no sign of Markdown's is used, and ``_``
stands after a letter or a digit or between spaces, where it opens nothing.
"""

from __future__ import annotations

from symnet.paper.printing.tex import COMMANDS, SIGNS, TeX

_SIGNS = SIGNS | {"<": r"\lt", ">": r"\gt", "|": r"\mid", "argmax": r"\mathop{\mathrm{argmax}}"}
_SIGNS |= {"argmin": r"\mathop{\mathrm{argmin}}"}
_BRACKETS = {"(": "(", ")": ")", "[": r"\lbrack ", "]": r"\rbrack ", "{": r"\lbrace ", "}": r"\rbrace ", "|": r"\vert "}
_BRACKETS |= {"⌈": r"\lceil ", "⌉": r"\rceil ", "⌊": r"\lfloor ", "⌋": r"\rfloor "}
_PLAIN = frozenset(" .,:;=+/()?-'")  # what needs no care among words, beside letters and digits


class MathJax(TeX):
    signs = _SIGNS
    brackets = _BRACKETS
    thin = r"\thinspace "
    medium = r"\enspace "
    new_row = r"\cr"

    def letter(self, text: str) -> str:
        if text in COMMANDS:
            return COMMANDS[text]
        return text if len(text) == 1 and text.isascii() and text.isalnum() else _styled("mathit", text)

    def word(self, text: str) -> str:
        if text == "|":
            return r"\vert "
        if text in ("(", ")", "/") or (text.isascii() and text.isdigit()):
            return text
        return _styled("mathrm", text) if text.replace("_", "").isalnum() else words(text)

    def words(self, text: str) -> str:
        return words(text)

    def index(self, base: str, sub: str) -> str:
        touches = base[-1:].isascii() and base[-1:].isalnum()
        return f"{base}_{{{sub}}}" if touches else f"{base} _ {{{sub}}}"


def words(text: str) -> str:
    """Words among maths, whatever they contain."""
    pieces, plain = [], ""
    for c in text:
        if c in _PLAIN or (c.isalnum() and c not in COMMANDS):
            plain += c
        elif c == "_" or c in COMMANDS or (c in _SIGNS and not c.isascii()):
            pieces.append((plain, COMMANDS.get(c) or _SIGNS.get(c, r"\underline{\ }")))
            plain = ""
        elif " " < c <= "~":
            plain += chr(ord(c) + 0xFEE0)  # the same sign in full width, which no one reads as a command
        else:
            plain += c if c.isprintable() else " "
    pieces.append((plain, ""))
    found = [piece for part, sign in pieces for piece in (rf"\text{{{part}}}" if part else "", sign) if piece]
    return found[0] if len(found) == 1 else f"{{{' '.join(found)}}}"


def _styled(style: str, text: str) -> str:
    """A word of letters and digits in one style; other signs stand as words."""
    parts, plain = [], ""
    for c in [*text, ""]:
        if c and c.isascii() and c.isalnum():
            plain += c
            continue
        parts.append(rf"\{style}{{{plain}}}" if plain else "")
        parts.append(COMMANDS.get(c) or (words(c) if c else ""))
        plain = ""
    together = [part for part in parts if part]
    return together[0] if len(together) == 1 else f"{{{''.join(together)}}}"


maths = MathJax().maths
