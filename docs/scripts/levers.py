"""Every policy as a lever: what it acts on, today's value, what it reaches, since when, and the evidence.

Usage: python docs/scripts/levers.py [--write]
"""

import argparse
from collections.abc import Iterator

from blocks import table, tell

import mcsim
from mcsim.distributions import Constant
from mcsim.study import Input, Study
from mcsim.study.overlay import Overlay, laid_over, overlays_for

# What the source's table of policies calls it, and of what each lever reaches the input that holds today's value.
POLICIES = {
    "lever-collection": "collection of batteries in Mexico",
    "lever-capacity": "recycling in Mexico",
    "lever-take-back": "producers take batteries back",
    "lever-incentive": "incentives for collection",
    "lever-soh-export": "minimum state of health, US",
    "lever-soh-import": "minimum state of health, Mexico",
    "lever-age-limit": "limits on the age of imports",
    "lever-tariff": "tariff on combustion vehicles",
    "lever-combustion-ban": "ban of combustion vehicles",
    "lever-repair-us": "right to repair, US alone",
    "lever-repair-both": "right to repair, both countries",
    "lever-second-life": "second life",
    "lever-battery-passport": "digital battery information",
    "lever-customs-records": "customs records",
    "lever-clean-grid": "cleaner grid",
    "lever-charging": "charging",
}
TODAY = {
    "collection_reached": "collection_rate",
    "capacity_reached": "recycling_capacity",
    "take_back_reached": "take_back_share",
    "take_back_new_reached": "take_back_share",
    "soh_export_minimum": "minimum_soh_export",
    "soh_import_minimum": "minimum_soh_import",
    "age_limit_oldest": "import_age_maximum",
    "combustion_ban_cut": "combustion_import_cut",
    "combustion_ban_substitution": "combustion_substitution",
    "repair_us_reached": "us_repair_probability",
    "repair_both_reached": "mx_repair_probability",
    "second_life_reached": "second_life_share",
    "clean_grid_decline": "mx_grid_decline",
    "irregular_reached": "irregular_today",
    "tariff_rate": "tariff_today",
}
WHEN = ("start", "ramp")


def levers() -> list[tuple[Overlay, Study]]:
    """Return the shipped levers over the fleet, in the order of the policies."""
    fleet = mcsim.load("fleet")
    found = {overlay.name: overlay for overlay in overlays_for(fleet) if not overlay.members}
    return [(found[name], laid_over(fleet, found[name])) for name in POLICIES]


def _told(item: Input) -> str:
    """Return a distribution as text, a constant as its number."""
    text = str(item.distribution)
    return text[len("constant(") : -1] if isinstance(item.distribution, Constant) else text


def _rows() -> Iterator[list[str]]:
    fleet = {item.name: item for item in mcsim.load("fleet").inputs}
    for overlay, study in levers():
        inputs = {name: study.inputs[name] for name in overlay.inputs}
        (strength,) = overlay.strengths
        lead = strength.removesuffix("_strength")
        when = [_told(inputs[f"{lead}_{part}"]) for part in WHEN]
        first = [POLICIES[overlay.name], f"`{overlay.name}`"]
        for name, item in inputs.items():
            if name in (strength, *(f"{lead}_{part}" for part in WHEN)):
                continue
            today = TODAY.get(name)
            known = inputs.get(today or "", fleet.get(today or ""))
            evidence = "; ".join(filter(None, (item.source, item.note)))
            yield [*first, f"`{name}`", item.unit, "" if known is None else _told(known), _told(item), *when, evidence]
            first, when = ["", ""], ["", ""]


def blocks() -> dict[str, str]:
    """Return the table of the page."""
    header = ["policy", "lever", "input", "unit", "today", "with the lever", "start [yr]", "ramp [yr]", "evidence"]
    return {"levers": table(header, list(_rows()), words=len(header))}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The table of docs/levers.md.")
    parser.add_argument("--write", action="store_true", help="write it into the page")
    tell("levers.md", blocks(), parser.parse_args().write)
