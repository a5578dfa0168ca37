"""Slow plain-Python twins of the basic kernels: what they compute, written as it is read."""

import math


def philox4x32(counter, key):
    """Salmon et al. (2011), section 3.3, with Python's integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product_0, product_1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            (product_1 >> 32) ^ c1 ^ k0,
            product_1 & 0xFFFFFFFF,
            (product_0 >> 32) ^ c3 ^ k1,
            product_0 & 0xFFFFFFFF,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def halves(number):
    """Low and high 32 bits."""
    return number & 0xFFFFFFFF, number >> 32


def vehicle_words(seed, stream, draw, vehicle, block):
    """Four words of (seed, stream, draw, vehicle, block)."""
    key = philox4x32((*halves(stream), 0, 0), halves(seed))[:2]
    return philox4x32((*halves(vehicle), *halves(draw + (block << 56))), key)


def unit52(high, low):
    """52 bits as a number inside (0, 1)."""
    return ((high * 2**32 + low) // 2**12 + 0.5) / 2**52


def weibull_survival(age, shape, scale):
    return 0.0 if age >= 90 else math.exp(-((age / scale) ** shape))


def logistic_survival(age, median_age, scale):
    if age >= 90:
        return 0.0
    return (1 + math.exp(-median_age / scale)) / (1 + math.exp((age - median_age) / scale))


def gompertz_survival(age, first_hazard, growth):
    if age >= 90:
        return 0.0
    return math.exp(-first_hazard * (age if growth == 0 else math.expm1(growth * age) / growth))


def tabulated_survival(age, table):
    last = len(table) - 1
    if age >= last:
        return 0.0 if table[last] == 0 else table[last] * (table[last] / table[last - 1]) ** (age - last)
    year = math.floor(age)
    return table[year] * (year + 1 - age) + table[year + 1] * (age - year)


def capacity_loss(age, degradation, exponent, knee_age, decay, sharpness, knee):
    """Equation (2) and its readings."""
    linear = degradation * age**exponent
    if knee == "none":
        return linear
    if knee == "shifted":
        return linear * math.exp(sharpness * max(0.0, age - decay * knee_age))
    if knee == "rate":
        return linear * math.exp(sharpness * decay * max(0.0, age - knee_age))
    return linear if age <= knee_age else linear * math.exp(sharpness * (age - decay * knee_age))
