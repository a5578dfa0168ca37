"""Monte Carlo uncertainty and sensitivity toolkit."""

from pathlib import Path

# In a source tree kernels/, distributions/ and studies/ lie beside this folder; an installed wheel has them inside it.
_root = Path(__file__).resolve().parent.parent
if (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))

__version__ = "0.1.0"
