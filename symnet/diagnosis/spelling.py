"""How people type mathematics, and one plain spelling for all of it.

∂L/∂w₁₁, \\frac{\\partial L}{\\partial w_{11}} and dL/dw_11 are typed for one thing.  ``plain`` writes indices after _,
exponents after ^, takes LaTeX apart and leaves one sign of each kind; ``spelled`` also writes Greek letters out, so
that two spellings of a name become equal.  Nothing here knows what a name means.
"""

from __future__ import annotations

import re
import unicodedata

from symnet.algebra.signs import LOWERED as _LOWERED
from symnet.algebra.signs import MINUS, OVER, PRIMES, TIMES
from symnet.algebra.signs import RAISED as _RAISED
from symnet.notation.maths import Accent, Brackets, Fraction, Letter, Maths, Number, Operator, Row, Script, Times, Word
from symnet.notation.names import GREEK

_LOWER = re.compile(f"[{''.join(_LOWERED)}]+(?:,[{''.join(_LOWERED)}]+)*")
_RAISE = re.compile(f"[{''.join(_RAISED)}]+")
_LETTERS = "".join(GREEK.values())
_NAMES_OF_LETTERS = {letter: name for name, letter in reversed(GREEK.items())}
_ONE_SIGN = str.maketrans(
    {
        **dict.fromkeys(MINUS, "-"),
        **dict.fromkeys(TIMES, "*"),
        **dict.fromkeys(OVER, "/"),
        **dict.fromkeys(PRIMES, "'"),
        "″": "''",
        "∆": "Δ",
        "≃": "≈",
        "≅": "≈",
        "⟵": "←",
        "\u200b": None,
        "\u2061": None,
        "\u2062": "*",
        "\ufeff": None,
    }
)
_MARKS = {"\u0302": "_hat", "\u0304": "_bar", "\u0305": "_bar", "\u0303": "_tilde", "\u0307": "_dot"}
_OPENED = re.compile(r"\\(hat|bar|tilde|dot)\s*(?:\{([^{}]*)\}|(\w))")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_STYLED = re.compile(r"\\(?:mathrm|mathit|mathbf|text|textrm|operatorname|boldsymbol|rm|it)\b\s*")
_COMMANDS = {
    "partial": "∂", "nabla": "∇", "cdot": "*", "times": "*", "div": "/", "prime": "'", "approx": "≈", "leftarrow": "←",
    "gets": "←", "left": "", "right": "", "displaystyle": "", "quad": " ", "varepsilon": "ε", "ell": "l", "ldots": "…",
    "dots": "…", "ln": " ln", "log": " log", "exp": " exp", "tanh": " tanh", "sin": " sin", "cos": " cos",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SPACE_IN_LATEX = re.compile(r"\\[,;:! ]|\$|~(?=\\)")
_SUPERSCRIPT_FIRST = re.compile(r"(\^\([^()]*\)|\^\w+)(_\w[\w,]*)")
_INDICES = re.compile(r"(?<=\w)\[\s*(\w+(?:\s*,\s*\w+)*)\s*\]")
_BRACED = re.compile(r"([_^])\s*(?:\{([^{}]*)\}|\(([^()+-]*)\))")


def plain(text: str) -> str:
    """The text with one sign of each kind, indices after _ and exponents after ^, spaces single."""
    if text.isascii() and "\\" not in text and "{" not in text and "[" not in text:
        return " ".join(text.replace("`", "'").split())
    text = text.translate(_ONE_SIGN)
    text = _LOWER.sub(lambda found: "_" + "".join(_LOWERED.get(c, c) for c in found[0]), text)
    text = _RAISE.sub(lambda found: "^" + "".join(_RAISED[c] for c in found[0]), text)
    text = unicodedata.normalize("NFKD", text).translate(_ONE_SIGN)
    text = "".join(_MARKS.get(c, c) for c in text if c in _MARKS or not unicodedata.combining(c))
    if "\\" in text or "$" in text:
        text = _without_latex(text)
    for _ in range(3):  # an index may have an index
        text = _BRACED.sub(lambda found: found[1] + _closed(found), text)
    text = _INDICES.sub(lambda found: "_" + "_".join(found[1].replace(" ", "").split(",")), text)
    return " ".join(text.replace("^'", "'").split())


def _closed(found: re.Match[str]) -> str:
    """What stood in braces after _ or ^; the layer in an exponent, ^(2), keeps its brackets."""
    inside = found[2] if found[2] is not None else found[3]
    if found[1] == "^" and found[2] is None:
        return f"({inside})"
    return inside if re.fullmatch(r"[\w,.'\s()+-]*", inside) and inside.strip() else f"({inside})"


def _without_latex(text: str) -> str:
    text = _SPACE_IN_LATEX.sub(" ", text)
    text = _STYLED.sub("", text)
    text = _OPENED.sub(lambda found: f"{found[2] or found[3]}_{found[1]}", text)
    for _ in range(4):  # fractions in fractions
        text = _FRACTION.sub(lambda found: f"({found[1]})/({found[2]})", text)
    return _COMMAND.sub(lambda found: _COMMANDS.get(found[1], GREEK.get(found[1], found[1])), text)


def spelled(text: str) -> str:
    """The plain text of a name with Greek letters written out, no spaces, and the index before the exponent."""
    text = "".join(plain(text).split())
    if not text.isascii():
        text = "".join(_NAMES_OF_LETTERS.get(c, c) for c in text)
    return _SUPERSCRIPT_FIRST.sub(r"\2\1", text.replace("{", "").replace("}", ""))


def bare(text: str) -> str:
    """A spelled name without what only separates: w_1_2, w_12 and w12 are w12."""
    return re.sub(r"[_,^()\[\]{}.]", "", text)


def as_printed(node: Maths) -> str:
    """How a name that is printed so would be typed: as ``spelled`` writes what stands on the sheet."""
    match node:
        case Number(text) | Letter(text) | Word(text):
            return spelled(text)
        case Operator(sign, _):
            return "," if sign == "," else sign
        case Times():
            return ""
        case Row(items):
            return "".join(map(as_printed, items))
        case Script(base, sub, sup):
            lower = "" if sub is None else f"_{as_printed(sub)}"
            upper = "" if sup is None else "'" if sup == Word("′") else f"^{as_printed(sup)}"
            return f"{as_printed(base)}{lower}{upper}"
        case Brackets(body, left, right):
            return f"{left}{as_printed(body)}{right}"
        case Accent(body, mark):
            return f"{as_printed(body)}_{mark}"
        case Fraction(above, below):
            return f"{as_printed(above)}/{as_printed(below)}"
        case _:
            return ""
