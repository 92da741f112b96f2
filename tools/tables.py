"""What is tabulated: each function with its intervals, degree and format. autograd/kernels/math says what for."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Callable

from functions import LN2, PI, SQRT_2_PI, cos, erf, erfc, exp, mills, normal_tail, rounded, sigmoid, sin, tanh, ulp
from minimax import Fit, points

ONE, HALF = Decimal(1), Decimal("0.5")
POINTS_PER_COEFFICIENT = 30
CENTRES = 5  # that are tried in each interval; the one with the best fit is taken


def nonzero(low, high, coefficients):
    return [x for x in points(Decimal(low), Decimal(high), POINTS_PER_COEFFICIENT * (coefficients + 1)) if x != 0]


# ---- Piecewise polynomials: see piecewise_polynomial.hpp for what the numbers mean


@dataclass
class Piecewise:
    name: str
    text: str
    f: Callable
    intervals: int
    degree: int
    scale: Decimal  # of the argument, before the index is read from the bits of offset + scale a
    end: Decimal  # the domain is [0, end]
    equal: bool = False  # intervals of equal length, else a fixed number of them between powers of two
    identity: bool = False  # f(a) is about a on the first interval, where a is taken for the value
    value_below_start: bool = False  # no value is larger than the beginning of its interval, but the first
    value_bits: int = 24
    relative: bool = False  # the coefficients are divided by the value
    # Where to look for the centre, as a part of the interval. The rounding error of d (c_0 + ...) is largest at the ends,
    # and counts most at the upper one, where a decreasing function is smaller.
    centre_at: str = "0.5"

    def __post_init__(self):
        self.scale, self.end = rounded(Decimal(self.scale), 24), rounded(Decimal(self.end), 24)
        self.offset = Decimal(3 * 2**22) if self.equal else ONE
        self.per_octave = self.intervals // 4
        self.shift = 0 if self.equal else 23 - (self.per_octave.bit_length() - 1)

    def cut(self, i):
        """Where interval i begins."""
        if self.equal:
            return max(i - HALF, Decimal(0)) / self.scale
        octave, part = divmod(i, self.per_octave)
        return (2**octave * (1 + Decimal(part) / self.per_octave) - 1) / self.scale

    def build(self):
        # The end has the last index, also after rounding.
        assert self.end * (1 + Decimal(2) ** -20) < self.cut(self.intervals)
        self.centres, self.values, self.coefficients = [], [], []
        self.error = Decimal(0)
        for i in range(self.intervals):
            low, high = self.cut(i), min(self.cut(i + 1), self.end)
            identity = self.identity and i == 0
            if identity or (self.equal and i == 0):
                found = [(Decimal(0), Decimal(0) if identity else rounded(self.f(Decimal(0)), 24))]
            else:
                found = self.centre(low, high, low + (self.cut(i + 1) - low) * Decimal(self.centre_at))
            fits = [(*self.fit(*each, low, high, identity), *each) for each in islice(found, CENTRES)]
            error, coefficients, centre, value = min(fits, key=lambda fit: fit[0])
            self.centres.append(centre)
            self.values.append(value)
            self.coefficients.append(coefficients)
            self.error = max(self.error, error)
        # The bits of 1 are not zeros: the first interval has another index than 0.
        first = 0 if self.equal else (127 * self.per_octave) % self.intervals
        for column in (self.centres, self.values, self.coefficients):
            column[:] = column[self.intervals - first :] + column[: self.intervals - first]
        if self.value_below_start:
            self.values[first] = Decimal(100)
        return self

    def centre(self, low, high, middle):
        """Floats c near the middle where f(c) is nearly a number of `value_bits` bits (Gal and Bachelis, 1991), and those
        numbers. Tried are, outwards from the middle, all floats, or all values where those are fewer."""
        f = self.f
        enough = Decimal(1) / (1000 if self.value_bits == 24 else 100)
        most = low * (1 - Decimal(2) ** -20) if self.value_below_start and f(middle) > low else None
        if most is not None:
            middle = self.inverse(most, middle, high - low)
        c, value = rounded(middle, 24), rounded(f(middle), self.value_bits)
        c_step, value_step = ulp(c, 24), ulp(value, self.value_bits)
        floats_are_fewer = abs(f(c + c_step) - f(c)) > value_step
        start_c, start_value = c, value
        range_ = sorted((f(low), f(middle), f(high)))
        for k in range(100000):
            away = (k + 1) // 2 * (1 if k % 2 else -1) if most is None else -k
            if floats_are_fewer:
                c = start_c + away * c_step
                value = rounded(f(c), self.value_bits)
            else:
                value = start_value + away * value_step
                if not range_[0] < value < range_[2]:
                    continue
                c = rounded(self.inverse(value, c, high - low), 24)
            if abs(f(c) - value) <= enough * ulp(value, 24) and low < c < high and (most is None or value <= most):
                yield c, value

    def inverse(self, value, start, length):
        """c with f(c) = value, by Newton's method, with a difference for the derivative."""
        h = length * Decimal("1e-12")
        c = start
        for _ in range(8):
            y = self.f(c)
            step = (value - y) * h / (self.f(c + h) - y)
            c += step
            if abs(step) < c * Decimal("1e-10"):
                return c
        return c

    def fit(self, centre, value, low, high, identity):
        """The largest error of f in ulps, and the coefficients of (f(centre + d) - value) / d."""
        ds = nonzero(low - centre, high - centre, self.degree)
        fs = [self.f(centre + d) for d in ds]
        unit = value if self.relative else ONE
        targets = [(y - (d if identity else value)) / d / unit for d, y in zip(ds, fs)]
        fit = Fit(ds, targets, [abs(d) * unit / ulp(y, 24) for d, y in zip(ds, fs)], self.degree)
        coefficients = fit.round_to(24)
        return fit.largest, coefficients


def silu_tail(a):
    return a * sigmoid(-a)


def gelu_tail(a):
    return a * normal_tail(a)


AVX512 = [
    Piecewise("tanh_table", "tanh a, which from 9.1 on is 1 to half an ulp.", tanh, 16, 6, "1.64383566", "9.1",
              identity=True),
    Piecewise("erf_table", "erf a, which from 4 on is 1 to half an ulp.", erf, 16, 6, "3.7406483", "4", identity=True),
    Piecewise("mills_table", "Φ(-a) e^(a²/2), with values of 12 bits and coefficients relative to them.", mills, 16, 6,
              "1.0256411", "14.5", value_bits=12, relative=True),
    Piecewise("sigmoid_table", "σ(-a).", lambda a: sigmoid(-a), 16, 5, "2.03", "7.625", equal=True),
    Piecewise("silu_table", "a σ(-a).", silu_tail, 16, 5, "2.35", "6.59375", equal=True),
    Piecewise("gelu_table", "a Φ(-a).", gelu_tail, 32, 7, "5.1", "6.171875", equal=True),
]
AVX2 = [
    Piecewise("tanh_table", "tanh a, which from 9.1 on is 1 to half an ulp.", tanh, 8, 7, "1.64835", "9.1",
              identity=True, value_below_start=True),
    Piecewise("sigmoid_table", "σ(-a).", lambda a: sigmoid(-a), 8, 7, "1", "7.49", equal=True, centre_at="0.63"),
    Piecewise("mills_table", "Φ(-a) e^(a²/2).", mills, 8, 7, "1.0344818", "14.5", centre_at="0.6"),
]


def powers_of_two(count):
    """2^(j/count)."""
    return [(Decimal(j) / count * LN2).exp() for j in range(count)]


# ---- Polynomials


@dataclass
class Polynomial:
    name: str
    text: str
    bits: int
    count: int  # of coefficients
    low: Decimal
    high: Decimal
    target: Callable
    weight: Callable  # the error of the result for an error of the polynomial
    given: tuple = ()  # the first coefficients, where they are given

    def build(self):
        free, power = self.count - len(self.given), len(self.given)
        xs = nonzero(self.low, self.high, free)
        rest = [self.target(x) - sum((c * x**k for k, c in enumerate(self.given)), Decimal(0)) for x in xs]
        fit = Fit(xs, [r / x**power for r, x in zip(rest, xs)], [abs(x) ** power * self.weight(x) for x in xs], free)
        self.coefficients = [*self.given, *fit.round_to(self.bits)]
        self.error = fit.largest
        return self


SLACK = Decimal("1e-6")  # reduced arguments may be a little larger, as they are rounded
HALF_LN2, QUARTER_PI, THIRD = LN2 / 2 + SLACK, PI / 4 + SLACK, ONE / 3 + SLACK


def of_square(f):
    """f(x) as a function of x²."""
    return lambda z: f(z.sqrt())


def log1p(x):
    return (1 + x).ln()


def log_of_quotient(s):
    """ln((1 + s) / (1 - s))."""
    return ((1 + s) / (1 - s)).ln()


def exp_rest(r):
    return (exp(r) - 1 - r) / r**2


def exp_weight(r):
    return r**2 / exp(r)


def exponentials(bits, suffix):
    single = bits == 24
    yield Polynomial(
        "exp" + suffix, "(e^r - 1 - r) / r² for |r| <= ln 2 / 2, by the error of e^r",
        bits, 5 if single else 11, -HALF_LN2, HALF_LN2, exp_rest, exp_weight, (HALF,))
    yield Polynomial(
        "tanh" + suffix, "(tanh x - x) / x³ of x² <= 1, by the error of tanh x",
        bits, 7 if single else 16, Decimal(0), ONE,
        of_square(lambda x: (tanh(x) - x) / x**3), of_square(lambda x: x**3 / tanh(x)))
    if not single:
        return
    yield Polynomial(
        "expm1" + suffix, "(e^r - 1 - r) / r² for |r| <= ln 2 / 2, by the error of e^r - 1",
        bits, 6, -HALF_LN2, HALF_LN2, exp_rest, lambda r: r**2 / abs(exp(r) - 1), (HALF,))
    # For the exponentials that begin with a table of 2^(j/16) or 2^(j/8).
    for part, count, coefficients in (("sixteenth", 16, 2), ("eighth", 8, 3)):
        yield Polynomial(
            "exp_of_" + part, f"(e^r - 1 - r) / r² for |r| <= ln 2 / {2 * count}, by the error of e^r",
            bits, coefficients, -HALF_LN2 / count, HALF_LN2 / count, exp_rest, exp_weight)


def logarithm(bits, suffix):
    if bits == 24:
        return Polynomial(
            "log" + suffix, "(ln(1 + f) - f) / f² for |f| <= 1/3, by the error of ln(1 + f)",
            bits, 9, -THIRD, THIRD, lambda f: (log1p(f) - f) / f**2, lambda f: f**2 / abs(log1p(f)), (-HALF,))
    return Polynomial(
        "log" + suffix, "(ln((1 + s) / (1 - s)) - 2 s) / s³ of s² <= 1/25, by the error of the logarithm",
        bits, 8, Decimal(0), ONE / 25 + SLACK / 10,
        of_square(lambda s: (log_of_quotient(s) - 2 * s) / s**3), of_square(lambda s: s**3 / log_of_quotient(s)))


def trigonometric(bits, suffix):
    count = 4 if bits == 24 else 7
    yield Polynomial(
        "sin" + suffix, "(sin x - x) / x³ of x² <= (π/4)², by the error of sin x",
        bits, count, Decimal(0), QUARTER_PI**2,
        of_square(lambda x: (sin(x) - x) / x**3), of_square(lambda x: x**3 / sin(x)))
    yield Polynomial(
        "cos" + suffix, "(cos x - 1 + x²/2) / x⁴ of x² <= (π/4)², by the error of cos x",
        bits, count, Decimal(0), QUARTER_PI**2,
        of_square(lambda x: (cos(x) - 1 + x**2 / 2) / x**4), of_square(lambda x: x**4 / cos(x)))


def erf_and_gelu(bits, suffix):
    single = bits == 24
    yield Polynomial(
        "erf" + suffix, "erf x / x - 1 of x² <= 1, by the error of erf x",
        bits, 7 if single else 13, Decimal(0), ONE,
        of_square(lambda x: erf(x) / x - 1), of_square(lambda x: x / erf(x)))
    end = Decimal(4 if single else 6)
    yield Polynomial(
        "log_erfc" + suffix, f"ln(1 - erf x) for 1 <= x <= {end}, by the error of erf x",
        bits, 8 if single else 19, ONE, end, lambda x: erfc(x).ln(), lambda x: erfc(x) / erf(x))
    k = Decimal("2.9805908203125" if single else "3.3505859375")
    end = Decimal("14.5" if single else "38.8")

    def scaled_mills(t):
        a = k * (1 + t) / (1 - t)
        return (a + k) * mills(a)

    yield Polynomial(
        "gelu" + suffix, f"(a + k) Φ(-a) e^(a²/2) of t = (a - k) / (a + k), 0 <= a <= {end} and k = {k}",
        bits, 12 if single else 27, -ONE, (end - k) / (end + k), scaled_mills, lambda t: 1 / scaled_mills(t))


def gelu_by_logarithm():
    """For gelu of float where fma() is fast, and its slope: see Avx2Float."""
    linear, quadratic = Decimal(-2545) / 4096, Decimal(-29) / 64
    # What is subtracted n times is ln 2 rounded to float; n is about p / ln 2.
    excess = rounded(LN2, 24) / LN2 - 1

    def log_rest(d):
        a = d + 3
        p = a * (linear + quadratic * a)
        return (2 * normal_tail(a)).ln() - p + p * excess

    yield Polynomial(
        "log_tail", f"ln(2 Φ(-a)) - a ({linear} - {-quadratic} a) of a - 3, 0 <= a <= 6, by the error of Φ(-a)",
        24, 13, Decimal(-3), Decimal(3), log_rest, lambda d: ONE)
    bound = Decimal("0.47")
    yield Polynomial(
        "exp_of_log_tail", f"(e^r - 1 - r) / r² for |r| <= {bound}, by the error of e^r",
        24, 5, -bound, bound, exp_rest, exp_weight)
    k, end = Decimal("2.5"), Decimal(15)

    def from_quotient(t):
        return k * (1 + t) / (1 - t)

    def scaled_mills(t):
        a = from_quotient(t)
        return (a + k) * mills(a)

    def slope_weight(t):
        a = from_quotient(t)
        return 1 / (a + k) / max(HALF, a / SQRT_2_PI)

    yield Polynomial(
        "gelu_slope", "(a + k) Φ(-a) e^(a²/2) of t = (a - k) / (a + k), "
        f"0 <= a <= {end} and k = {k}, by the error of gelu's slope, relative to its larger term",
        24, 8, -ONE, (end - k) / (end + k), scaled_mills, slope_weight)


def polynomials():
    for bits, suffix in ((24, "_float"), (53, "_double")):
        yield from exponentials(bits, suffix)
        yield logarithm(bits, suffix)
        yield from trigonometric(bits, suffix)
        yield from erf_and_gelu(bits, suffix)
        if bits == 24:
            yield from gelu_by_logarithm()
