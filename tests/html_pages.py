"""Pages read back element by element, and pages of what somebody might type, for the tests of pages."""

from html.parser import HTMLParser

from symnet.notation.line import Line
from symnet.notation.maths import PLUS, Letter, Word, row
from symnet.paper.document import (
    Answer,
    Display,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Space,
    Table,
    Task,
    Working,
)
from symnet.paper.drawing import Drawing, Label

VOID = {"meta", "wbr", "br", "img"}


class Page(HTMLParser):
    """Elements as (name, attributes, text in them), their order, and whether every one is closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), "an attribute twice"
        self.elements.append([tag, dict(attributes), ""])
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attributes):
        self.elements.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2] += data
        if not any(element[0] in ("style", "title") for element in self.open):
            self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def all(self, *tags):
        return [element for element in self.elements if element[0] in tags]

    def texts(self, *tags):
        return [text for _, _, text in self.all(*tags)]


NASTY = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'&amp;&lt;<b>&",
    "]]><!-- --!><![CDATA[",
    "</title></style></math></svg></details></main>",
    "\u202eevil\u202c \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
    "👩‍🔬 emoji 🧮",
    "x" * 300,
    "Title " * 50,
    "null \x00 bell \x07 \x1b[31m \x7f \x85 \ufffe \ud800 end",
    "{{7*7}} ${x} `x` %s \\n",
]


def document_of(text):
    """A page that has a text in every kind of place."""
    drawing = Drawing(100, 50, (Label(10, 10, "a"),))
    blocks = (
        Heading((text,)),
        Paragraph((text, Letter("x"), text)),
        Task(1, (text,), text),
        Display(row(Letter(text), PLUS, Word(text))),
        Working((Line(Letter(text), (("=", Word(text)),), why=text),)),
        Table(((text,), (Letter(text),)), (((text,), (text,)),), frozenset({1})),
        Figure(drawing, text, (text,)),
        Answer((Paragraph((text,)),), 1),
        Space(1),
        Folded((Paragraph((text,)),)),
    )
    return Document(text, blocks, text)
