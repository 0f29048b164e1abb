"""Title, language and maker of a PDF that TeX makes, written straight into it: no package, every letter as it is.

The PDF has no tags; ``--engine typst`` makes one that has.
"""

from __future__ import annotations

from symnet.ours import MARK

# pdfTeX, LuaTeX, and XeTeX, whose driver also takes what tectonic writes.
_ABOUT = r"""\def\about{/Title <%s> /Creator (%s)}
\def\catalog{/Lang (en) /ViewerPreferences << /DisplayDocTitle true >>}
\ifdefined\pdfinfo \pdfinfo{\about}\pdfcatalog{\catalog}
\else\ifdefined\pdfextension \pdfextension info{\about}\pdfextension catalog{\catalog}
\else \AtBeginDocument{\special{pdf:docinfo << \about\space >>}\special{pdf:put @catalog << \catalog\space >>}}
\fi\fi
"""


def about(title: str) -> str:
    """The lines for the preamble; the title is in hexadecimal, so nothing in it is read by TeX."""
    words = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    return _ABOUT % (f"FEFF{words.encode('utf-16-be', 'replace').hex().upper()}", MARK)
