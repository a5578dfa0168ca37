"""A plain Python function as a model: how far a used electric car goes."""


def driving_range(capacity, state_of_health, consumption, winter_share):
    """Return the distance on one charge, and how much of it a cold day takes.

    Parameters
    ----------
    capacity : ndarray (n,) or float
        Nominal capacity [kWh].
    state_of_health : ndarray (n,) or float
        Share of the capacity that is left.
    consumption : ndarray (n,) or float
        Energy use [kWh/km].
    winter_share : ndarray (n,) or float
        Share of the energy that heating takes on a cold day.
    """
    distance = capacity * state_of_health / consumption
    return {"distance": distance, "winter_loss": distance * winter_share}
