"""Where the words of an SVG lie, as boxes, from what it says of each."""

import math
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import NamedTuple

from mcsim.report.sheet.letters import width

TEXT = "{http://www.w3.org/2000/svg}text"


class Word(NamedTuple):
    """A line of text: its words, the middle of its box, half of its length and of its height, and its angle."""

    text: str
    x: float
    y: float
    long: float
    high: float
    turn: float

    def corners(self):
        """The four corners."""
        cosine, sine = math.cos(self.turn), math.sin(self.turn)
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            along, down = a * self.long, b * self.high
            yield self.x + cosine * along - sine * down, self.y + sine * along + cosine * down

    def within(self, wide, high, slack=0.5):
        """Whether it lies in a picture of a size."""
        return all(-slack <= x <= wide + slack and -slack <= y <= high + slack for x, y in self.corners())

    def meets(self, other):
        """Whether two boxes overlap: no line along a side of either parts them."""
        for one in (self, other):
            for angle in (one.turn, one.turn + math.pi / 2):
                across = [
                    sorted(x * math.cos(angle) + y * math.sin(angle) for x, y in word.corners())
                    for word in (self, other)
                ]
                if across[0][-1] <= across[1][0] or across[1][-1] <= across[0][0]:
                    return False
        return True


def words_in(svg):
    """The words of an SVG, capitals high."""
    found = []
    for one in ET.fromstring(svg).iter(TEXT):
        text, size = "".join(one.itertext()), float(one.get("font-size"))
        long = float(one.get("textLength", width(text, size)))
        x, y, turn = float(one.get("x")), float(one.get("y")), 0.0
        x += {None: 0.5, "middle": 0.0, "end": -0.5}[one.get("text-anchor")] * long
        y -= 0.365 * size
        if one.get("transform"):
            right, down, degrees = map(float, re.findall(r"-?[\d.]+", one.get("transform")))
            turn = math.radians(degrees)
            x, y = (
                right + math.cos(turn) * x - math.sin(turn) * y,
                down + math.sin(turn) * x + math.cos(turn) * y,
            )
        found.append(Word(text, x, y, 0.5 * long, 0.365 * size, turn))
    return found


def wrong_words(svg):
    """What lies outside of the picture or over something else."""
    wide, high = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    words = words_in(svg)
    outside = [word.text for word in words if not word.within(wide, high)]
    return outside, [(a.text, b.text) for a, b in combinations(words, 2) if a.meets(b)]
