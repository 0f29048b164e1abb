r"""Words that TeX has no letters for, on a page of LaTeX.

In the text such a word is ``\drawn{0645.0631}``, its signs by number, and words from right to left are
``\rtl{\drawn{…} \drawn{…}}``.  ``with_outlines`` says how they are drawn, for the preamble; what no font has, and on a
page whose preamble is not ours (``framed``) every such word, is shown by the numbers of its signs.
"""

from __future__ import annotations

import re

from symnet.paper.outlines import Outline, outline
from symnet.paper.scripts import RIGHT_TO_LEFT, as_seen, clusters, is_seen

_WORD = re.compile(r"\\drawn\{([0-9A-F.]+)\}")
_RUN = re.compile(r"\\rtl\{((?:\\drawn\{[0-9A-F.]+\}|\\allowbreak\{\}| )*)\}")
_NUMBER_BEFORE_NUMBER = re.compile(r"\\fbox\{\\tiny U\+[0-9A-F]+\}(?=\\fbox\{\\tiny U\+)")
_BREAK = r"\allowbreak{}"
_WIDTH_OF_X = 5.28  # hundredths of a thousandth of an em, in Computer Modern

# The text of a word, its width, height and depth in thousandths of an em, and its path.  Bold is a little wider all
# around.  A reader that copies finds the text, each sign of it as wide as its share of the word: it belongs to letters
# that are not seen.
_PREAMBLE = r"""\usepackage{pgf}
\makeatletter
\newdimen\drawnunit
\ifdefined\TeXXeTstate
  \TeXXeTstate=1
  \newcommand{\rtl}[1]{\leavevmode\beginR #1\endR}
  \newcommand{\ltrbox}[1]{\hbox{\beginL #1\endL}}
\else
  \newcommand{\rtl}[1]{\leavevmode{\textdir TRT #1}}
  \newcommand{\ltrbox}[1]{\hbox bdir 0 {\textdir TLT #1}}
\fi
\ifdefined\pdfliteral
  \newcommand{\copied}[2]{\pdfliteral page{/Span <</ActualText <FEFF#2>>> BDC 3 Tr #1 Tz}%
    \rlap{\normalfont x}\pdfliteral page{100 Tz 0 Tr EMC}\hfil}
\else
  \newcommand{\copied}[2]{}
\fi
\newcommand{\drawn}[1]{\leavevmode\ltrbox{\csname drawn #1\endcsname}}
\newcommand{\outline}[2]{\expandafter\newcommand\csname drawn #1\endcsname{\filled#2}}
\newcommand{\filled}[5]{%
  \drawnunit=\dimexpr\f@size pt/1000\relax
  \rlap{\hbox to #2\drawnunit{#1}}%
  \def\M##1 ##2 {\pgfsys@moveto{##1\drawnunit}{##2\drawnunit}}%
  \def\L##1 ##2 {\pgfsys@lineto{##1\drawnunit}{##2\drawnunit}}%
  \def\C##1 ##2 ##3 ##4 ##5 ##6 {\pgfsys@curveto{##1\drawnunit}{##2\drawnunit}{##3\drawnunit}{##4\drawnunit}%
    {##5\drawnunit}{##6\drawnunit}}%
  \def\Z{\pgfsys@closepath}%
  \pgfpicture\pgfsetbaseline{0pt}%
  \pgfpathrectanglecorners{\pgfqpoint{0pt}{-#4\drawnunit}}{\pgfqpoint{#2\drawnunit}{#3\drawnunit}}%
  \pgfusepath{use as bounding box}%
  #5\pgfsetlinewidth{40\drawnunit}%
  \if b\expandafter\@car\f@series\@nil\pgfsys@fillstroke\else\pgfsys@fill\fi
  \endpgfpicture}
\makeatother
"""


def word(text: str) -> str:
    """A word to be drawn."""
    return rf"\drawn{{{'.'.join(f'{ord(c):04X}' for c in text)}}}"


def run(words: list[list[str]]) -> str:
    """Words from right to left, each in one piece or in several between which a line may end."""
    parts = (_BREAK.join(word(RIGHT_TO_LEFT + piece) for piece in pieces) for pieces in words)
    return rf"\rtl{{{' '.join(parts)}}}"


def framed(latex: str) -> str:
    """The same with every sign that was to be drawn by its number."""
    return _between_numbers(_WORD.sub(lambda found: _codes(_text(found[1])), _RUN.sub(r"\1", latex)))


def with_outlines(body: str) -> tuple[str, str]:
    """What the preamble needs, "" for nothing, and the body in which what cannot be drawn is framed."""
    outlines: dict[str, Outline] = {}

    def pieces(found: re.Match[str]) -> str:
        drawn = _drawable(_text(found[1]))
        outlines.update({piece: path for piece, path in drawn if path is not None})
        shown = ""
        for i, (piece, path) in enumerate(drawn):
            beside_number = i > 0 and None in (path, drawn[i - 1][1])
            shown += _BREAK * beside_number + (word(piece) if path else _codes(piece))
        return shown

    def words(found: re.Match[str]) -> str:
        return found[0] if r"\drawn" in _WORD.sub(pieces, found[1]) else found[1]

    body = _between_numbers(_WORD.sub(pieces, _RUN.sub(words, body)))
    if not outlines:
        return "", body
    return _PREAMBLE + "".join(_defined(text, path) for text, path in outlines.items()), body


def _drawable(text: str) -> list[tuple[str, Outline | None]]:
    """The word in the longest pieces that one font can draw, and the signs that none can."""
    turned = text[:1] == RIGHT_TO_LEFT
    pieces: list[tuple[str, Outline | None]] = []
    rest = clusters(text)
    while rest:
        for end in range(len(rest), 0, -1):
            piece = RIGHT_TO_LEFT * turned + "".join(rest[:end])
            path = outline(piece)
            if path is not None or end == 1:
                pieces.append((piece, path))
                rest = rest[end:]
                break
    return pieces


def _defined(text: str, path: Outline) -> str:
    name = ".".join(f"{ord(c):04X}" for c in text)
    signs = as_seen(text)
    stretched = f"{path.width / len(signs) / _WIDTH_OF_X:.0f}"
    copied = "".join(rf"\copied{{{stretched}}}{{{c.encode('utf-16-be').hex().upper()}}}" for c in signs)
    moves = "".join("\n" * (kind == "M") + f"\\{kind}" + "".join(f"{n} " for n in at) for kind, at in path.moves)
    lengths = f"{{{path.width}}}{{{path.height}}}{{{path.depth}}}"
    return f"\\outline{{{name}}}{{{{{copied}}}{lengths}{{%{moves}}}}}\n"


def _text(numbers: str) -> str:
    return "".join(chr(int(number, 16)) for number in numbers.split("."))


def _codes(text: str) -> str:
    return "".join(rf"\fbox{{\tiny U+{ord(c):04X}}}" for c in text if is_seen(c))


def _between_numbers(latex: str) -> str:
    """The same with a place to end a line between any two numbers.

    They are several times as wide as the signs that they stand for, and none of them looks like a full stop, before
    which no line ends.
    """
    return _NUMBER_BEFORE_NUMBER.sub(lambda number: number[0] + _BREAK, latex)
