"""Plain-Python twin of the cascade: every cohort is pushed forward by itself, with its own dates of leaving."""

import math


def leave(amount, year, stay, last):
    """Return {year: amount} of what enters in a year and stays `stay` years, up to the last year."""
    whole = math.floor(stay)
    part = stay - whole
    found = {}
    for when, share in ((year + whole, 1 - part), (year + whole + 1, part)):
        if when <= last and share > 0:
            found[when] = found.get(when, 0.0) + share * amount
    return found


def cascade(retired, s):
    """Return (recycled, disposed, repurposed, in_use) by year for one draw and one substance.

    retired: list by year; s: mapping with the shares and stays of one draw.
    """
    last = len(retired) - 1
    recycled, disposed, repurposed = ([0.0] * len(retired) for _ in range(3))
    in_use = [0.0] * len(retired)

    def dispose(year, amount):
        disposed[year] += amount

    def store(year, amount):
        repurposed[year] += amount
        gone = leave(amount, year, s["second_life_years"], last)
        for when in range(year, last + 1):
            in_use[when] += amount - sum(out for at, out in gone.items() if at <= when)
        for when, out in gone.items():
            recycled[when] += s["second_collection"] * out
            dispose(when, (1 - s["second_collection"]) * out)

    for year, amount in enumerate(retired):
        dispose(year, (1 - s["collection"]) * amount)
        collected = s["collection"] * amount
        reused = s["reuse"] * collected
        gone = leave(reused, year, s["reuse_years"], last)
        for when in range(year, last + 1):
            in_use[when] += reused - sum(out for at, out in gone.items() if at <= when)
        for when, out in gone.items():
            dispose(when, (1 - s["collection"]) * out)
            back = s["collection"] * out
            store(when, s["repurpose_after_reuse"] * back)
            recycled[when] += (1 - s["repurpose_after_reuse"]) * back
        store(year, s["repurpose"] * (collected - reused))
        recycled[year] += (1 - s["repurpose"]) * (collected - reused)
    return recycled, disposed, repurposed, in_use
