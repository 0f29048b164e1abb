"""Moodle XML: one category of Cloze questions, a question a variant.

A blank is ``{4:NUMERICAL:=20:0.01#Right.~%0%-30:0.01#…~*#…}``: its weight, the right number with its tolerance, each
wrong number that a slip gives with what is said of it, and what is said of any other.  Moodle takes the first number
that fits.  It finds blanks by regular expressions anywhere in the text, and undoes HTML entities once in what is said
(``qtype_multianswer_extract_question`` in question/type/multianswer/questiontype.php).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from fractions import Fraction
from html import escape

from symnet.classroom.export.bank import Bank, Item
from symnet.classroom.export.blanks import Blank, written
from symnet.classroom.export.lines import title
from symnet.classroom.export.page import Page, table, text, words
from symnet.paper.document import Text

TO = "moodle"
LONGEST_NAME = 250  # signs of a question's or a category's name
_RIGHT = "Right."
_OTHER = "This is not right, and none of the usual slips gives it."


def render(bank: Bank) -> tuple[str, tuple[str, ...]]:
    """The file, and what could not be asked: nothing."""
    category = f"$course$/symnet/{_name(bank.title).replace('/', '//')}"
    questions = "\n".join(_question(bank, item) for item in bank.items)
    return (
        f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<question type="category">
<category>{_text(category)}</category>
</question>
{questions}
</quiz>
""",
        (),
    )


def _question(bank: Bank, item: Item) -> str:
    shown, key = Page(), Page()
    question = shown.blocks(item.given) + (f"\n<p>{words(bank.rule)}</p>" if bank.rule else "")
    question += "\n" + "\n".join(_parts(item))
    feedback = key.blocks(item.key)
    end = f" ({item.code})" if item.code else ""
    name = _name(bank.title, LONGEST_NAME - len(end)) + end
    code = f"\n<idnumber>{escape(item.code)}</idnumber>" if item.code else ""
    return f"""<question type="cloze">
<name>{_text(name)}</name>
<questiontext format="html">
{_text(question)}{_files(shown)}
</questiontext>
<generalfeedback format="html">
{_text(feedback)}{_files(key)}
</generalfeedback>
<penalty>0.3333333</penalty>
<hidden>0</hidden>{code}
</question>"""


def _parts(item: Item) -> Iterator[str]:
    for i, part in enumerate(item.parts, 1):
        number = f"<strong>{i}.</strong> " if len(item.parts) > 1 else ""
        yield f"<p>{number}{text(part.text)}</p>"
        for grid in part.grids:
            yield table(grid.header, [[_cell(cell) for cell in cells] for cells in grid.rows])
        if part.others or not part.grids:
            yield table((), [[text((blank.label, blank.after)), f"= {cloze(blank)}"] for blank in part.others])


def _cell(cell: Text | Blank) -> str:
    return cloze(cell) if isinstance(cell, Blank) else text(cell, r"\displaystyle ")


def cloze(blank: Blank) -> str:
    """The blank as Moodle reads it."""
    alternatives = [
        f"={_number(blank.number, blank.tolerance)}#{_said(_RIGHT)}",
        *(f"%0%{_number(wrong.number, wrong.tolerance)}#{_said(wrong.says)}" for wrong in blank.wrong),
        f"*#{_said(_OTHER)}",
    ]
    return f"{{{blank.weight}:NUMERICAL:{'~'.join(alternatives)}}}"


def _number(number: Fraction, tolerance: Fraction) -> str:
    return f"{written(number)}:{written(tolerance)}"


def _said(sentence: str) -> str:
    """A sentence inside a blank: HTML whose entities are undone once, where ~ and } would end it."""
    html = words(sentence).replace("~", "&#126;").replace("&", "&amp;")
    return html.replace("}", r"\}").replace("#", r"\#")


def _name(said: str, longest: int = LONGEST_NAME) -> str:
    """A name on one line; Moodle takes < and what follows it for a tag, unless a space does."""
    return re.sub(r"<(?=\S)", "< ", title(said))[:longest].strip()


def _text(content: str) -> str:
    """<text> with whatever is in it."""
    safe = content.replace("]]>", "]]]]><![CDATA[>")
    return f"<text><![CDATA[{safe}]]></text>"


def _files(page: Page) -> str:
    return "".join(
        f'\n<file name="{name}" path="/" encoding="base64">{b64encode(content).decode()}</file>'
        for name, content in page.files.items()
    )
