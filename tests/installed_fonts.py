"""Machines that have other fonts than this one: what is printed must be as right on any of them."""

import os
from pathlib import Path

from symnet.paper import outlines

KINDS = ["as found", "hidden", "with Chinese"]
_SQUARES = [range(0x3000, 0x3100), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4), range(0xFF00, 0xFF61)]
_CONFIGURATION = "<?xml version='1.0'?><fontconfig>{first}{folders}<cachedir>{cache}</cachedir></fontconfig>"
_OF_THE_MACHINE = "<include ignore_missing='yes'>/etc/fonts/fonts.conf</include>"


def installed(kind, folder, monkeypatch):
    """This machine as if no font were installed but what Matplotlib brings, or one more that has Chinese.

    Matplotlib, Typst and programs that ask fontconfig (a browser) know no other afterwards.
    """
    _forget()
    if kind == "as found":
        return
    from matplotlib import font_manager

    brought = _brought()
    known = [font for font in font_manager.fontManager.ttflist if font.fname.startswith(brought)]
    if kind == "with Chinese":
        file = folder / "Squares.ttf"
        _squares(file)
        known.append(font_manager.ttfFontProperty(font_manager.get_font(file)))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", known)
    monkeypatch.setenv("MPL_IGNORE_SYSTEM_FONTS", "1")
    monkeypatch.setenv("FONTCONFIG_FILE", _configuration(folder, folder, first=""))
    _hide_from_typst(folder, monkeypatch)


def with_some_font(folder):
    """The environment for a browser, which does not start on a machine without fonts: Matplotlib's beside its own."""
    return {"FONTCONFIG_FILE": _configuration(folder, first=_OF_THE_MACHINE)} | os.environ


def _brought():
    from matplotlib import get_data_path

    return os.path.join(get_data_path(), "fonts")


def _configuration(folder, *others, first):
    """The path of a file that tells fontconfig of Matplotlib's fonts and of those in other folders."""
    file = folder / "fonts.conf"
    folders = "".join(f"<dir>{path}</dir>" for path in (os.path.join(_brought(), "ttf"), *others))
    file.write_text(_CONFIGURATION.format(first=first, folders=folders, cache=folder / "cache"), encoding="utf-8")
    return str(file)


def _forget():
    for remembered in (outlines.outline, outlines.brought, outlines._fonts):
        remembered.cache_clear()


def no_longer_installed():
    _forget()


def _hide_from_typst(folder, monkeypatch):
    """Typst asks no variable for the folders of the system's fonts."""
    try:
        import typst
    except ImportError:
        return
    compile_itself = typst.compile

    def compiled(source, *, ignore_system_fonts=False, font_paths=(), **options):
        paths = [*font_paths, *([] if ignore_system_fonts else [str(folder)])]
        return compile_itself(source, ignore_system_fonts=True, font_paths=paths, **options)

    monkeypatch.setattr(typst, "compile", compiled)


def _squares(file: Path):
    """A font in which every Chinese, Japanese or Korean sign is the same square."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    for corner in ((50, 800), (950, 800), (950, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap({c: "square" for signs in _SQUARES for c in signs})
    font.setupGlyf({".notdef": square, "square": square})
    font.setupHorizontalMetrics({".notdef": (1000, 50), "square": (1000, 50)})
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=880, usWinAscent=880, usWinDescent=120)
    font.setupPost()
    font.save(file)
