"""Show the families that a study file may name: their arguments, what they are, and an example of each.

Run: python -m mcsim.distributions
"""

from mcsim.distributions import FAMILIES, SHARES


def main() -> None:
    """Print one paragraph per family, read from the registry."""
    for family in (*FAMILIES.values(), *SHARES.values()):
        print(f"{family.usage()}\n    {family.meaning().removeprefix('Return ')}")
        print(f"    such as {family.examples[0]}" + ("; a word in tables, too" if family.from_row else ""))


if __name__ == "__main__":
    main()
