"""What recycling recovers by the mix of routes: a mean of the routes with shares that sum to one."""

import numpy as np
import pytest

from mcsim.studies.fleet import levers

ROUTES = np.array([[[0.1, 0.9], [0.5, 0.3], [0.8, 0.6]]])  # pyro, hydro, direct; two materials
EMPTY = levers.Recovery(ROUTES, np.zeros((1, 2)), np.zeros((1, 2)))


def shares(**values):
    return {name: np.array([value]) for name, value in values.items()}


@pytest.mark.parametrize(
    ("hydro", "direct", "weights"),
    [(0.0, 0.0, [1, 0, 0]), (0.25, 0.5, [0.25, 0.25, 0.5]), (1.0, 0.0, [0, 1, 0]), (1.5, 0.5, [0, 0.75, 0.25])],
)
def test_the_host_recovers_the_mean_of_its_routes(hydro, direct, weights):
    found = levers._host_routes(EMPTY, shares(host_hydro_share=hydro, host_direct_share=direct))
    np.testing.assert_allclose(found.host, np.array([weights]) @ ROUTES[0], rtol=1e-14)


@pytest.mark.parametrize("hydro", [0.0, 0.3, 1.0])
def test_packs_taken_back_recover_the_mean_of_two_routes(hydro):
    found = levers._home_routes(EMPTY, shares(home_hydro_share=hydro))
    np.testing.assert_allclose(found.home, [(1 - hydro) * ROUTES[0, 0] + hydro * ROUTES[0, 1]], rtol=1e-14)
    assert (found.home >= ROUTES[0, :2].min(axis=0)).all()
    assert (found.home <= ROUTES[0, :2].max(axis=0)).all()
