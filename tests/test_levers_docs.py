"""The page on policies as levers says what their files say, of every lever."""

import sys
from pathlib import Path

from mcsim.studies import fleet

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_table_of_levers_is_what_the_files_say(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "scripts"))
    import blocks
    import levers

    assert blocks.find_blocks((DOCS / "levers.md").read_text(encoding="utf-8")) == levers.blocks()
    files = {path.stem for path in Path(fleet.__file__).parent.glob("lever-*.toml")}
    assert set(levers.POLICIES) == files
    inputs = {name for overlay, _ in levers.levers() for name in overlay.inputs}
    assert set(levers.TODAY) <= inputs
    for name in ("blocks", "levers"):
        sys.modules.pop(name)
