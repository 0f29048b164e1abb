"""What stands above the questions of a sheet in LaTeX."""

from __future__ import annotations

from symnet.paper.document import Document
from symnet.paper.layout import Layout
from symnet.paper.printing.latex import escape

BLANK = r"\underline{\hspace{5cm}}"
SHORT_BLANK = r"\underline{\hspace{3cm}}"
PICTURES = ("png", "pdf", "jpg")  # that TeX can show


def head(layout: Layout) -> str:
    """What stands above the title: the logo at the right, or the date."""
    left, right = list(layout.head), ""
    if layout.logo is not None:
        name = layout.logo.read(PICTURES).name
        right = rf"\includegraphics[height=1.5cm,width=6cm,keepaspectratio]{{{name}}}"
    elif layout.date and len(left) > 1:
        right = escape(left.pop())
    if not left and not right:
        return ""
    lines = r"\\ ".join(map(escape, left))
    return (
        rf"\begin{{minipage}}[b]{{0.6\textwidth}}\raggedright {lines}\strut\end{{minipage}}"
        rf"\hfill\begin{{minipage}}[b]{{0.38\textwidth}}\raggedleft {right}\end{{minipage}}\par"
        "\n\\vspace{2pt}\\hrule\\bigskip\n"
    )


def name_line(document: Document) -> str:
    """What is filled in by hand, or is known."""
    first, *others = document.layout.name or ("",)
    filled = f"{escape(first)}: {escape(document.student) or BLANK}" if first else escape(document.student)
    return r"\quad ".join((filled, *(rf"\mbox{{{escape(label)}: {SHORT_BLANK}}}" for label in others)))
