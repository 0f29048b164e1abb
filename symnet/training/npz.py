"""Reading a NumPy archive that anybody may have made: what is in it is looked at before any of its numbers are.

Zeros shrink a thousandfold in an archive, so a file of a megabyte may hold a gigabyte.  The head of each array says its
type and shape; where these are not those of the network the file is refused with nothing but heads read.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from symnet.algebra.equations import Length
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network

ABOUT = "symnet"  # the entry that holds the equations
PARAMETER = "parameter "  # before the name of each of the others
LONGEST_TEXT = 16_000_000  # bytes of equations, in UTF-32 as NumPy keeps text
HEAD = 65_536  # bytes in which the head of an array ends


def read_npz(file: IO[bytes], network: Network) -> tuple[str, dict[str, Any]]:
    """(the text of its equations, {name: array}); raises Mistake for other shapes, and whatever NumPy raises."""
    shapes = {w.name: shape_of(w) for w in network.parameters}
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            _check_head(archive, entry, shapes)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        found = {key.removeprefix(PARAMETER): arrays[key] for key in arrays.files if key != ABOUT}
        return str(arrays[ABOUT]), found


def _check_head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shapes: Mapping[str, tuple[Any, ...]]) -> None:
    key = entry.filename.removesuffix(".npy")
    with archive.open(entry) as file:
        head = io.BytesIO(file.read(HEAD))
    version = np.lib.format.read_magic(head)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(head)
    size = math.prod(shape) * dtype.itemsize
    if key == ABOUT:
        if size > LONGEST_TEXT:
            raise ValueError("too long a text")
        return
    name = key.removeprefix(PARAMETER).rpartition(" ")[2]  # what is kept "of W1", for going on, has its shape
    if name not in shapes:
        if size > LONGEST_TEXT:
            raise Mistake(f"it holds {shown(name)}, which is not a parameter of this network")
        return  # of a small file the equations say best what is different
    wanted = shapes[name]
    fits = len(wanted) == len(shape) and all(
        isinstance(length, Length) or int(length) == given for length, given in zip(wanted, shape, strict=True)
    )
    if size > LONGEST_TEXT and not fits:
        raise Mistake(f"parameter {name} has shape {shape}; it must be ({', '.join(map(str, wanted))})")
