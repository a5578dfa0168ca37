"""What packs do after a crossing, uncovered: tables by which `mcsim.kernels.life.exports` follows them.

A pack that crosses goes on with the loss that it has: in another climate, and to the loss that ends packs there. Let
H_level be the cumulative hazard at home of reaching that loss (all crossings of a pack share its quantile); from the
crossing t_X on it grows as in the host country. So a pack's cumulative hazard is ``max(H, H_level(t_X) + H_host(t) -
H_host(t_X))``, with H what it had at home, and its survival is the smaller of its survival at the crossing and (its
table) x (one number), from `factor_after`. All packs of one kind share a table: the sums of
`mcsim.kernels.life.home.home_arm` over packs are convolutions of those factors with three rows of it.

Source: Kendall and Parés Olguín (2024), NCST-UCD-RR-24-39, sections Vehicle Lifetime and Expert Elicitation.
"""

from mcsim.kernels._jit import borrowing_kernel, inline_borrowing_kernel
from mcsim.kernels.life.records import FIRST_PACK, NEW, PACKS, USED_PACK

_NEGLIGIBLE = 1e-16
_SMALLEST = 1e-300
# Rows of `ExportedPacks.shifted`.
AT_NODES, BEGIN_WORN, END_WORN = 0, 1, 2


@inline_borrowing_kernel
def factor_after(kind, row, k, known, exported):
    """Return what a pack's survival after a crossing is over that of its table, k nodes after its installation.

    The table takes over at the level that packs at home have reached of the loss that ends them in the host country;
    given the survival `known` until then, that is level / (table x known).
    """
    past = exported.survival[row + kind, k] * known
    before = exported.level.survival[row, k] if kind == NEW else exported.used_level.survival[row, k]
    return before / past if past > _SMALLEST else 0.0


@borrowing_kernel
def fill_exported(host, fade, exported):
    """Fill what exports read of a chemistry, from its packs in the host country.

    Parameters
    ----------
    host : CountryPacks
        Of vehicles new there.
    fade : ndarray, shape (3, n + 2)
        Energy of a step relative to a new pack.
    exported : ExportedPacks
        Filled.
    """
    for pack in range(PACKS):
        table = host.uncovered if pack != USED_PACK else host.used
        row = 0 if pack == FIRST_PACK else 1
        for k in range(exported.survival.shape[1]):
            exported.survival[pack, k] = table.survival[row, k]
            exported.risk[pack, k] = table.risk[row, k]
        exported.end[pack] = fill_shifted(exported.survival[pack], fade[pack], row, exported.shifted[pack])


@borrowing_kernel
def fill_shifted(table, fade, first, shifted):
    """Fill a pack's survival as the sums take it: at the nodes, and at both ends of a step times its fade in that step.

    Parameters
    ----------
    table, fade : ndarray, shape (n + 2,)
        Survival at the nodes since installation; energy of a step relative to a new pack.
    first : int
        First node, since the begin of the step of installation, at which the pack is in service.
    shifted : ndarray, shape (3, n + 10)
        Filled: element 8 + k holds node k; 0 before the first node, so that eight packs can be added at a time.

    Returns
    -------
    int
        First node at which nothing of the table is left, or the last node.
    """
    n = table.size
    for row in range(3):
        for k in range(shifted.shape[1]):
            shifted[row, k] = 0.0
    for k in range(first, n):
        shifted[AT_NODES, 8 + k] = table[k]
        shifted[BEGIN_WORN, 8 + k] = table[k] * fade[k]
    for k in range(first, n - 1):
        shifted[END_WORN, 8 + k] = table[k + 1] * fade[k]
    end = n - 1
    while end > 1 and table[end - 1] < _NEGLIGIBLE:
        end -= 1
    return end
