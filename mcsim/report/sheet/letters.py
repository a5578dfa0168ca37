"""How wide words are: a table of the advance widths of DejaVu Sans, the letters of the report's pictures."""

from __future__ import annotations

import math
import unicodedata
from functools import cache, lru_cache

FAMILY = "DejaVu Sans, Verdana, Geneva, sans-serif"  # Verdana is the nearest where DejaVu is not installed
EM = 2048.0  # units of the table in a letter's size
LINE = 1.2  # from one line to the next, of the size
# Over and under the base line, of the size: capitals (words are centred by them), and what hangs below.
CAPITALS, BELOW = 0.73, 0.24
# Advance width -> letters; with an accent a letter is as wide as without, as nearly as a picture needs.
_WIDE = {
    563: "'", 569: "ijlı", 604: "IJ", 651: " ,.\N{NO-BREAK SPACE}·‘’", 690: "/:;\\|¦", 721: "f", 739: "-",
    799: "()[]", 803: "t", 821: "!¡²³¹₂₀₁₃₄", 842: "r", 942: '"', 965: "ªº", 1024: "*_`§¨¯°´¸–", 1061: "“”", 1067: "s",
    1075: "z", 1087: "?¿", 1126: "c", 1141: "L", 1178: "F", 1186: "k", 1212: "vxyγ", 1235: "P", 1251: "TY",
    1253: "o«»ðø", 1255: "a", 1260: "e", 1290: "ß", 1294: "EΣ", 1298: "hnuσ", 1300: "Sbdgpqþđ",
    1303: "$0123456789{}¢£¤¥µ¶μ€", 1305: "√", 1307: "β", 1343: "K", 1350: "α", 1401: "AVΔ", 1403: "XZ", 1405: "B",
    1423: "R", 1430: "C", 1499: "U", 1532: "N", 1540: "H", 1577: "D", 1587: "GÐ", 1597: "&", 1612: "OQØ", 1675: "w",
    1706: "∞", 1716: "#+<=>^~¬±×÷−≤≥≈→←", 1767: "M", 1946: "%", 1985: "¼½¾", 1995: "m", 2011: "æ", 2025: "W",
    2048: "@©®—…", 2095: "œ", 2191: "Œ", 2748: "‰",
}  # fmt: skip
_OF_LETTER = {letter: units / EM for units, letters in _WIDE.items() for letter in letters}
EVEN = 20  # steps of a width at which lines are tried for one length
OTHER = 1.0  # of a letter that is not in the table: as wide as it is high


@cache
def _letter(letter: str) -> float:
    if letter in _OF_LETTER:
        return _OF_LETTER[letter]
    plain = unicodedata.normalize("NFD", letter)[0]
    return 0.0 if unicodedata.combining(letter) else _OF_LETTER.get(plain, OTHER)


@lru_cache(4096)
def _line(text: str) -> float:
    return math.fsum(_letter(letter) for letter in text)


def width(text: str, size: float) -> float:
    r"""Return the width in points of the widest line of a text whose letters are `size` points high.

    Examples
    --------
    >>> round(width("0123", 10.0), 2), width("a line\nor", 8.0) == width("a line", 8.0)
    (25.45, True)
    """
    return size * max(map(_line, text.split("\n")))


def height(text: str, size: float) -> float:
    """Return the height in points of the lines of a text."""
    return LINE * size * (1 + text.count("\n"))


def fold(text: str, room: float, size: float) -> str:
    """Return a text on as many lines as it needs to be no wider than `room` points; a word is never cut.

    Examples
    --------
    >>> fold("first-order share of the variance", 100.0, 8.5).splitlines()
    ['first-order share', 'of the variance']
    """
    return "\n".join(_folded(line, room / size) for line in text.split("\n"))


@lru_cache(4096)
def _folded(line: str, room: float) -> str:
    """Return the lines of the least width that are no more than those of the whole room."""
    if _line(line) <= room:
        return line
    lines = _greedy(line, room)
    for part in range(1, EVEN):
        even = _greedy(line, room * part / EVEN)
        if len(even) == len(lines):
            return "\n".join(even)
    return "\n".join(lines)


def _greedy(line: str, room: float) -> list[str]:
    lines: list[str] = []
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _line(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
