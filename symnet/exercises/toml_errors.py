"""What is wrong with a text that is not TOML, where, and what would be right.

Python's own reader says where it stopped; what a person meant is seen in that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from symnet.algebra.mistakes import shown

LONGEST = 1_000  # characters of a line that is looked at
LONGEST_LIST = 100  # lines
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_KEY = r"\s*(?P<key>[^=#\[\]{}\"']+?|\"[^\"]*\"|'[^']*')\s*"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ASSIGNED = re.compile(rf"{_KEY}=(?P<value>.*)")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_POINT_MISSING = re.compile(r"([+-]?)(?:(\.\d+)|(\d+)\.)(?!\d)")
_ZEROS = re.compile(r"([+-]?)0+(\d[\d.]*)")
_DIVIDED = re.compile(r"[+-]?[\d.]+\s*/\s*[\d.]+")
_MINUS = re.compile(r"[−–](?=[\d.])")
_CURLY = re.compile("[“”„‟«»]")
_HEADER = re.compile(r"\s*(\[{1,2})([^\[\]#]*)(\]{0,2})\s*(#.*)?")
_COMMENT = re.compile(r"\s*(//|%|--|/\*|;)")
_WORD = re.compile(r"[^\W\d]\w*")


def explained(toml: str, error: ValueError) -> str:
    """One line on what is wrong: ``line 7: w13 = 1,5: a decimal number has a point; write w13 = 1.5``."""
    found = _AT.search(str(error))
    lines = toml.split("\n")
    number = int(found[1]) if found else _last_that_says_something(lines)
    why = str(error)
    if "overwrite a value" in why or "twice" in why or "already" in why or "mutate" in why:
        return _repeated(lines, number, why)
    line = lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""
    if not line.strip() or line.lstrip().startswith("#"):  # the reader went on until it found no end
        number, line = _opened(lines, number)
    before = _left_open(lines[:number])
    if before and (before != number or '"""' in lines[before - 1] or "'''" in lines[before - 1]):
        number, line = before, lines[before - 1].rstrip("\r")
        if '"""' in line or "'''" in line:
            return f"line {number}: {_quoted(line)}: the three quotes are never closed"
    hint = next(_hints(line[:LONGEST]), "")
    if not hint:
        hint = _AT.sub("", why).replace(" (at end of document)", "").strip()
        hint = f"not TOML: {hint[:1].lower()}{hint[1:]}"
    return _printable(f"line {number}: {_quoted(line)}: {hint}")


def _hints(line: str) -> Iterator[str]:
    """What is wrong with a line, the likeliest first."""
    if curly := _CURLY.search(line):
        yield f"quotes are straight; write {_quoted(_CURLY.sub(chr(34), line))} (here is {curly[0]})"
    if _COMMENT.match(line):
        yield "a comment begins with #"
    header = _HEADER.fullmatch(line)
    if header and len(header[1]) != len(header[3]):
        yield f"a table is headed by its name in brackets; write {header[1]}{header[2].strip()}{']' * len(header[1])}"
    if re.fullmatch(r"\s*[\w.-]+\]{1,2}\s*", line):
        name = line.strip().rstrip("]")
        yield f"a table is headed by its name in brackets; write [{name}]"
    if header and not _BARE.fullmatch(header[2].strip()):
        yield f"{_quoted(header[2])} is no name of a table"
    assigned = _ASSIGNED.match(line)
    if assigned is None or assigned["key"].rstrip().endswith(":"):
        yield from _without_equals(line)
        return
    key, value = assigned["key"].strip(), _without_comment(assigned["value"]).strip()
    if not key.startswith(('"', "'")) and not _BARE.fullmatch(key.replace(".", "").replace(" ", "") or "?"):
        yield f'a name with other signs than a-z, digits and _ stands in quotes; write "{key}" = {value}'
    if not key.startswith(('"', "'")) and " " in key:
        yield f"a name with a space in it stands in quotes, and is none of an exercise; write {'_'.join(key.split())}"
    yield from _of_value(key, value)


def _of_value(key: str, value: str) -> Iterator[str]:
    """What is wrong behind the equals sign."""
    if re.fullmatch(r"[^\"'\[{]+[;,]", value) or re.fullmatch(r"\"[^\"]*\"[;,]", value):
        yield f"a line ends without {value[-1]}; write {key} = {value[:-1]}"
    if not value:
        yield f'nothing stands behind =; write {key} = 1, or {key} = "a formula"'
    if _COMMA.fullmatch(value):
        yield f"a decimal number has a point; write {key} = {value.replace(',', '.')}"
    if value[:1] not in "[{\"'" and _MINUS.sub("-", value) != value and not _WORD.search(value):
        yield f"the minus sign is -; write {key} = {_MINUS.sub('-', value)}"
    if (found := _POINT_MISSING.fullmatch(value)) is not None:
        right = f"{found[1]}0{found[2]}" if found[2] else f"{found[1]}{found[3]}.0"
        yield f"a number has digits on both sides of its point; write {key} = {right}"
    if (found := _ZEROS.fullmatch(value)) is not None:
        yield f"a number does not begin with a 0 too many; write {key} = {found[1]}{found[2]}"
    if _DIVIDED.fullmatch(value):
        yield f'a fraction stands in quotes; write {key} = "{value}"'
    if (share := re.fullmatch(r"([+-]?[\d.]+)\s*%", value)) is not None:
        yield f'write {key} = "{share[1]}/100"'
    if value in ("True", "False"):
        yield f"write {key} = {value.lower()}"
    quote = value[:1]
    if quote in "\"'" and quote:
        inside = value[1:]
        if quote not in inside:
            yield f"the quotes are never closed; write {key} = {_quoted(value)}{quote}"
        if quote == '"' and "\\" in value:
            yield f"a backslash in double quotes is doubled; write {key} = {value.replace(chr(92), chr(92) * 2)}"
        if behind := value[1:].partition(quote)[2].strip():
            yield f"each key has a line of its own, and behind {_quoted(value[: len(value) - len(behind)])} stands more"
    if quote == "[" and value.count("[") > value.count("]"):
        yield "a list is never closed; a ] is missing, or a comma between its items"
    if quote == "{" and value.count("{") > value.count("}"):
        yield "a { is never closed; such a table stands on one line"
    if quote and quote in "[{":
        if re.search(r"\d,\d", value) and quote == "[" and re.search(r"(?<![\d.])\d+,\d+\s*,\s+\d", value):
            yield "a decimal number has a point"
        if re.search(r"\d\s+[-\d]", value):
            yield "the items of a list stand between commas"
        if word := re.search(r"[\[,{=]\s*([^\W\d][\w ]*)\s*[\],}]", value):
            yield f'words stand in quotes; write "{word[1].strip()}"'
        return
    if quote not in "\"'" and re.fullmatch(r"\S+\s+\S+\s*=.*", value):
        yield "each key has a line of its own"
    if quote not in "\"'" and (_WORD.search(value) or re.search(r"[-+*/^()·²√]", value)):
        yield f'words and formulas stand in quotes; write {key} = "{value}"'


def _left_open(lines: list[str]) -> int:
    """The number of the line whose quotes or brackets are still open at the end of these lines; 0 where none is."""
    closing, opened = "", 0  # what would close it, and where it was opened
    for i, line in enumerate(lines, 1):
        at = 0
        while at < len(line):
            if closing in ('"""', "'''"):
                end = line.find(closing, at)
                if end < 0:
                    break
                at, closing = end + 3, ""
            elif line[at : at + 3] in ('"""', "'''"):
                closing, opened, at = line[at : at + 3], i, at + 3
            elif line[at] in "\"'":
                end = line.find(line[at], at + 1)
                if end < 0:
                    return i
                at = end + 1
            elif line[at] == "#":
                break
            else:
                at += 1
        value = _without_comment(line.partition("=")[2]).strip()
        if not closing and value[:1] == "[" and value.count("[") > value.count("]"):
            rest = "\n".join(lines[i : i + LONGEST_LIST])
            if rest.count("]") <= rest.count("["):
                return i
    return opened if closing else 0


def _without_equals(line: str) -> Iterator[str]:
    colon = re.fullmatch(r"\s*([\w.-]+)\s*:(?!=)\s*(\S.*)", line)
    if colon:
        yield f"a value stands behind =; write {colon[1]} = {colon[2]}"
    arrow = re.fullmatch(r"\s*([\w.-]+)\s*(?::=|<-|←|≔)\s*(\S.*)", line)
    if arrow:
        yield f"a value stands behind =; write {arrow[1]} = {arrow[2]}"
    if line.count("=") == 0 and line.strip():
        yield 'a line is a key, =, and its value, as in w = 2 or y = "w*x"; a comment begins with #'


def _without_comment(value: str) -> str:
    """The value without a comment behind it, where no quotes are open."""
    quote = ""
    for i, c in enumerate(value):
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        elif c == "#":
            return value[:i]
    return value


def _repeated(lines: list[str], number: int, why: str) -> str:
    """A name or a table that stands twice, with both lines."""
    line = lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""
    header = _HEADER.fullmatch(line)
    if header and header[2].strip():
        name = header[2].strip()
        first = next((i for i, one in enumerate(lines[: number - 1], 1) if _heads(one, name)), 0)
        also = f" and on line {first}" if first else ""
        return f"line {number}: the table [{name}] stands here{also}; put all of it under one"
    seen: dict[str, int] = {}
    for i, one in enumerate(lines, 1):
        if one.lstrip().startswith("["):
            seen.clear()
        key, equals, _ = one.partition("=")
        name = key.strip().strip("\"'")
        if equals and name in seen and not name.startswith("#"):
            return f"line {i}: {shown(name)} stands twice in one table, here and on line {seen[name]}; keep one"
        seen[name] = i
    return f"line {number}: {_quoted(line)}: a name stands twice in one table; keep one"


def _heads(line: str, name: str) -> bool:
    found = _HEADER.fullmatch(line.rstrip("\r"))
    return found is not None and found[2].strip() == name


def _opened(lines: list[str], number: int) -> tuple[int, str]:
    """The last line before that which says something."""
    for i in range(min(number, len(lines)), 0, -1):
        line = lines[i - 1].rstrip("\r")
        if line.strip() and not line.lstrip().startswith("#"):
            return i, line
    return number, ""


def _last_that_says_something(lines: list[str]) -> int:
    return _opened(lines, len(lines))[0]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _quoted(line: str) -> str:
    """A piece of a line as it stands, safe to print and not too long."""
    return shown(line.strip(), 60)[1:-1]
