"""A command-line program as a model: reads a JSON file, writes a JSON file, knows nothing of mcsim.

Usage: charging_program.py INPUT OUTPUT
"""

import json
import sys


def power_at(charge, rated, taper):
    """Return the power at a state of charge [kW]."""
    if charge <= taper:
        return rated
    return rated * max(0.1, 1.0 - (charge - taper) / (1.0 - taper))


def main(given, wanted):
    """Charge from 10 to 80 % in steps of a minute."""
    with open(given, encoding="utf-8") as file:
        inputs = json.load(file)
    level, minute, charge = 0.1, 0, []
    time = None
    while minute < 600:
        minute += 1
        power = power_at(level, inputs["rated_power"], inputs["taper"])
        level = min(1.0, level + power / 60.0 / inputs["usable_capacity"])
        if time is None and level >= 0.8:
            time = minute
        if minute in (10, 20, 30):
            charge.append(level)
    with open(wanted, "w", encoding="utf-8") as file:
        json.dump({"time_to_goal": time, "charge": charge}, file)


main(*sys.argv[1:])
