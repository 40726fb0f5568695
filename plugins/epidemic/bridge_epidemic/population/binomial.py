"""Random numbers of one replicate, and binomial draws made of them: exact, for up to 1e8 people and more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge import compiled

Stream = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_11, _17, _23, _27, _30, _31, _41, _45, _19 = (np.uint64(bits) for bits in (11, 17, 23, 27, 30, 31, 41, 45, 19))

#: Expected numbers below are found by inversion, others by rejection: BTRS needs n p >= 10.
INVERTED = 10.0

#: log(k!) - ((k + 1/2) log(k + 1) - (k + 1) + log(2 pi)/2) of the first k, and series beyond.
STIRLING = np.array(
    [math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi)) for k in range(16)]
)


@compiled(error_model="numpy", nogil=True)
def mixed(x: Any) -> Any:
    """One output of splitmix64 for a state that was already advanced (G. L. Steele et al., OOPSLA 2014, 453)."""
    x = (x ^ (x >> _30)) * _FIRST
    x = (x ^ (x >> _27)) * _SECOND
    return x ^ (x >> _31)


@compiled(error_model="numpy", nogil=True)
def begin(stream: Stream, seed: np.uint64, replicate: np.uint64) -> None:
    """Set a stream (4 words) to where that of a seed's replicate begins, whatever is drawn beside it."""
    state = mixed(mixed(seed + _GOLDEN) + _GOLDEN * (replicate + np.uint64(1)))
    for word in range(4):
        state += _GOLDEN
        stream[word] = mixed(state)


@compiled(error_model="numpy", nogil=True)
def following(stream: Stream) -> Any:
    """The next 64 bits of xoshiro256++ (D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36, 2021)."""
    s0, s1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    total = s0 + s3
    found = ((total << _23) | (total >> _41)) + s0
    shifted = s1 << _17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    stream[0], stream[1], stream[2], stream[3] = s0, s1, s2, (s3 << _45) | (s3 >> _19)
    return found


@compiled(error_model="numpy", nogil=True)
def uniform(stream: Stream) -> float:
    """A number between 0 and 1, neither included: the middle of one of 2^53 intervals."""
    return float(np.int64(following(stream) >> _11) + 0.5) * 1.1102230246251565e-16


@compiled(error_model="numpy", nogil=True)
def _correction(k: float) -> float:
    """What Stirling's approximation of log(k!) lacks."""
    if k < 16:
        return float(STIRLING[int(k)])
    x = 1 / (k + 1)
    return (1 / 12 - (1 / 360 - x * x / 1260) * x * x) * x


@compiled(error_model="numpy", nogil=True)
def _inverted(stream: Stream, left: float, n: float, odds: float, none: float) -> float:
    """By inversion of a uniform number `left`; `none` is the probability of 0."""
    while True:
        share, k = none, 0.0
        while left > share and k < n and k < 200:  # more than 200 has a probability of 1e-170: rounding, draw again
            left -= share
            k += 1
            share *= odds * (n - k + 1) / k
        if left <= share:
            return k
        left = uniform(stream)


@compiled(error_model="numpy", nogil=True)
def _rejected(stream: Stream, n: float, p: float) -> float:
    """BTRD: transformed rejection with decomposition, for p <= 1/2 and n p >= 10 (W. Hörmann, J. Stat. Comput. Simul.
    46, 101, 1993): mostly one uniform number and no logarithm."""
    q = 1 - p
    ratio, variance = p / q, n * p * q
    spread = math.sqrt(variance)
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = n * p + 0.5
    squeeze = 0.92 - 4.2 / b
    while True:
        v = uniform(stream)
        if v <= 0.86 * squeeze:
            u = v / squeeze - 0.43
            return math.floor((2 * a / (0.5 - abs(u)) + b) * u + centre)
        if v >= squeeze:
            u = uniform(stream) - 0.5
        else:
            u = v / squeeze - 0.93
            u = math.copysign(0.5, u) - u
            v = uniform(stream) * squeeze
        room = 0.5 - abs(u)
        k = math.floor((2 * a / room + b) * u + centre)
        if k < 0 or k > n:
            continue
        v *= (2.83 + 5.1 / b) * spread / (a / (room * room) + b)
        if _under(v, k, n, p, ratio, variance):
            return k


@compiled(error_model="numpy", nogil=True)
def _under(v: float, k: float, n: float, p: float, ratio: float, variance: float) -> bool:
    """Whether v is not more than the probability of k over that of the mode."""
    mode = math.floor((n + 1) * p)
    away = float(abs(k - mode))  # its square is no 64-bit integer among 1e10 people
    if away <= 15:
        f = 1.0
        for i in range(int(min(k, mode)) + 1, int(max(k, mode)) + 1):
            f *= (n + 1) * ratio / i - ratio
        return v <= f if k > mode else v * f <= 1
    v = math.log(v)
    rho = away / variance * (((away / 3 + 0.625) * away + 1 / 6) / variance + 0.5)
    normal = -away * away / (2 * variance)
    if v < normal - rho:
        return True
    if v > normal + rho:
        return False
    bound = (
        (mode + 0.5) * math.log((mode + 1) / (ratio * (n - mode + 1)))
        + (n + 1) * math.log((n - mode + 1) / (n - k + 1))
        + (k + 0.5) * math.log(ratio * (n - k + 1) / (k + 1))
        + _correction(mode)
        + _correction(n - mode)
        - _correction(k)
        - _correction(n - k)
    )
    return v <= bound


@compiled(error_model="numpy", nogil=True)
def binomial(stream: Stream, n: float, p: float) -> float:
    """How many of n (a whole number) are hit, each with probability p."""
    if n <= 0 or p <= 0:
        return 0.0
    if p >= 1:
        return n
    if n == 1:
        return 1.0 if uniform(stream) <= p else 0.0
    least = min(p, 1 - p)
    expected = n * least
    if expected >= INVERTED:
        hit = _rejected(stream, n, least)
    else:
        drawn = uniform(stream)
        if drawn <= 1 - expected:  # (1 - p)^n is not less
            hit = 0.0
        else:
            hit = _inverted(stream, drawn, n, least / (1 - least), math.exp(n * math.log1p(-least)))
    return hit if p <= 0.5 else n - hit


@compiled(error_model="numpy", nogil=True)
def known_rest(stream: Stream, n: float, p: float, log_rest: float) -> float:
    """The same for 0 < p <= 1/2, with log(1 - p) known."""
    expected = n * p
    if expected >= INVERTED:
        return _rejected(stream, n, p)
    drawn = uniform(stream)
    if drawn <= 1 - expected:
        return 0.0
    return _inverted(stream, drawn, n, p / (1 - p), math.exp(n * log_rest))


@compiled(error_model="numpy", nogil=True)
def exponential(stream: Stream, n: float, hazard: float) -> float:
    """How many of n (a whole number) leave under a hazard summed over a step: each with 1 - exp(-hazard)."""
    if hazard > 0.5:
        return binomial(stream, n, -math.expm1(-hazard))
    bound = n * hazard
    if bound < INVERTED:
        drawn = uniform(stream)
        if drawn <= 1 - bound:  # exp(-bound) is not less
            return 0.0
        return _inverted(stream, drawn, n, _less_one(hazard), math.exp(-bound))
    p = -_less_one(-hazard)
    if n * p >= INVERTED:
        return _rejected(stream, n, p)
    return _inverted(stream, uniform(stream), n, p / (1 - p), math.exp(-bound))


@compiled(error_model="numpy", nogil=True)
def _less_one(x: float) -> float:
    """The same as exp(x) - 1: by its series where that is as exact."""
    if abs(x) > 0.01:
        return math.expm1(x)
    return x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6)))))
