"""Makes the fonts that pages carry: `python tests/make_fonts.py`, with fontTools, brotli and Debian's fonts-lmodern.

Not part of the tests: run it again only to give the fonts more characters.
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

LATIN_MODERN = Path("/usr/share/texmf/fonts/opentype/public")
FONTS = Path(__file__).parent.parent / "symnet" / "paper" / "formats" / "fonts"
ASCII = range(0x20, 0x7F)
MATHS = {
    *ASCII,
    *range(0x391, 0x3AA),  # Greek
    *range(0x3B1, 0x3CA),
    *range(0x1D434, 0x1D468),  # italic letters, which browsers take for <mi>x</mi>
    *range(0x1D6FC, 0x1D71C),  # italic Greek, and an italic ∂
    *range(0x2061, 0x2065),  # invisible signs
    *map(ord, "\u00a0\u0302\u0303\u0304\u0307ˆ˜¯˙ϑϕϵℎℓ𝟏·×÷±−∘∗⊤∂∇′″≈≤≥≠∈←→⟶√∑∏∞…⋯⌈⌉⌊⌋"),
}
MATHS -= {0x3A2, 0x1D455}  # not characters


def make(source: str, name: str, characters: set[int]) -> None:
    """A font of some characters of another, under a name of its own, as the licence asks."""
    options = subset.Options()
    options.layout_features = ["ssty", "kern", "liga"]
    options.hinting = False
    options.flavor = "woff2"
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = TTFont(LATIN_MODERN / source, recalcTimestamp=False)
    if "FFTM" in font:
        del font["FFTM"]
    missing = sorted(hex(c) for c in characters - set(font.getBestCmap()))
    assert not missing, missing
    if "math" in source:
        _keep_only_primes(font)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    file_name = name.replace(" ", "-")
    for number, text in {1: name, 3: f"{name}, a subset of {source}", 4: name, 6: file_name}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
        font["name"].setName(text, number, 1, 0, 0)
    cff = font["CFF "].cff
    cff.fontNames = [file_name]
    cff.topDictIndex[0].FullName = cff.topDictIndex[0].FamilyName = name
    path = FONTS / f"{file_name.lower()}.woff2"
    subset.save_font(font, path, options)
    print(path.name, path.stat().st_size, "bytes")


def _keep_only_primes(font: TTFont) -> None:
    """Of the letters drawn anew for scripts (ssty), which would double the font, keep those that differ in kind."""
    primes = {font.getBestCmap()[ord(prime)] for prime in "′″"}
    substitutions = font["GSUB"].table
    for record in substitutions.FeatureList.FeatureRecord:
        for index in record.Feature.LookupListIndex if record.FeatureTag == "ssty" else ():
            for table in substitutions.LookupList.Lookup[index].SubTable:
                table.alternates = {glyph: others for glyph, others in table.alternates.items() if glyph in primes}
    for script in substitutions.ScriptList.ScriptRecord:
        script.ScriptTag = "DFLT"  # for browsers that do not shape a formula as the script "math"


if __name__ == "__main__":
    make("lm-math/latinmodern-math.otf", "Symnet Math", MATHS)
    make("lm/lmroman10-italic.otf", "Symnet Italic", set(ASCII))
