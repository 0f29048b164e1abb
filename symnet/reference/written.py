"""The reference as somebody asked for it: in the terminal, in a file, or in a format of text."""

from __future__ import annotations

from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.files import write_all
from symnet.paper import formats
from symnet.paper.document import Document
from symnet.reference import all_topics, describe, terminal, whole


def as_asked(topic: str, name: str, output: str | None, to: str | None, bold: bool) -> str:
    """The text to print; "" where a file was written.  Raises Mistake."""
    if output is None and to is None:
        return terminal.render(describe(topic, name), bold)
    if output is not None and to is not None:
        raise Mistake("-o chooses the format by its ending, and --to prints; give one of them")
    document: Document = describe(topic, name) if name or (topic and topic not in all_topics()) else whole(topic)
    if output is not None:
        path = Path(output)
        formats.check_ending(path)
        write_all({path: formats.render(document, path)})
        return ""
    ending = f".{str(to).lower().lstrip('.')}"
    ending = {".markdown": ".md", ".text": ".txt", ".latex": ".tex", ".typst": ".typ"}.get(ending, ending)
    known = [known for known, module in formats.by_ending().items() if not hasattr(module, "ENGINES")]
    if ending not in known:
        words = [word[1:] for word in known]
        raise Mistake(f"--to is {shown(to)}{suggestion(ending[1:], words)}")
    text = formats.render(document, Path(f"reference{ending}"))
    return text if isinstance(text, str) else text.decode()
