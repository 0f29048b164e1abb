"""The pictures of worksheets/README.md, the first page of every key: python tests/make_gallery.py

Needs the extra pdf.  A training sheet is carried out for its picture.
"""

from pathlib import Path

import typst

import symnet
from symnet.paper.formats import typst as format

FOLDER = Path(__file__).parent.parent / "worksheets"
PIXELS_AN_INCH = 40


def picture(path):
    """The PNG of the first page."""
    exercise = symnet.load(path)
    sheet = exercise.worksheet(run=exercise.trains and not exercise.questions)
    pages = typst.compile(format.render(sheet.key).encode(), format="png", ppi=PIXELS_AN_INCH)
    return pages[0] if isinstance(pages, list) else pages


if __name__ == "__main__":
    (FOLDER / "pictures").mkdir(exist_ok=True)
    for path in sorted(FOLDER.glob("*.toml")):
        (FOLDER / "pictures" / f"{path.stem}.png").write_bytes(picture(path))
        print(path.stem, flush=True)
