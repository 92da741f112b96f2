"""Polynomials of least maximal error whose coefficients are floats or doubles."""

from decimal import Decimal

from functions import rounded


def points(low, high, count):
    """`count` points of [low, high], denser at the ends like Chebyshev's, but rational: equal on every machine."""
    return [low + (high - low) * s * s * (3 - 2 * s) for s in (Decimal(k) / (count - 1) for k in range(count))]


def solve(rows):
    """The solution of linear equations, each row [a_1 .. a_n, b], by elimination with pivots."""
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            for c in range(i, n + 1):
                rows[r][c] -= factor * rows[i][c]
    x = [Decimal(0)] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][c] * x[c] for c in range(i + 1, n))) / rows[i][i]
    return x


def alternating(errors, count):
    """The places of `count` errors of alternating sign that hold the largest, or fewer where there are not so many."""
    places = []
    for i, error in enumerate(errors):
        if places and (error > 0) == (errors[places[-1]] > 0):
            if abs(error) > abs(errors[places[-1]]):
                places[-1] = i
        else:
            places.append(i)
    # Those that are left over go so that no place with a smaller error than the last ones' stays.
    while len(places) > count:
        sizes = [abs(errors[i]) for i in places]
        smallest = sizes.index(min(sizes))
        if len(places) == count + 1:
            del places[0 if sizes[0] < sizes[-1] else -1]
        elif smallest in (0, len(places) - 1):
            del places[smallest]
        else:
            first = smallest - (sizes[smallest - 1] < sizes[smallest + 1])
            del places[first : first + 2]
    return places


class Fit:
    """c_0 + c_1 x + ... that minimises max |weight (target - polynomial)| over the points, by Remez's exchange."""

    def __init__(self, xs, targets, weights, count):
        self.xs, self.targets, self.weights, self.count = xs, list(targets), list(weights), count
        self.powers = [[Decimal(1)] * len(xs)]
        while len(self.powers) < count:
            self.powers.append([p * x for p, x in zip(self.powers[-1], xs)])
        self.places = None

    def errors(self, coefficients):
        return [
            w * (t - sum(c * p for c, p in zip(coefficients, powers)))
            for w, t, powers in zip(self.weights, self.targets, zip(*self.powers))
        ]

    def equation(self, i, sign):
        """weight polynomial + sign level = weight target at point i."""
        w = self.weights[i]
        return [*(w * p[i] for p in self.powers[: self.count]), sign, w * self.targets[i]]

    def exchange(self):
        """The coefficients; starts from the places where the error of the last fit was largest."""
        count = self.count + 1
        last = len(self.xs) - 1
        places = self.places or [round(Decimal(k * last) / self.count) for k in range(count)]
        for _ in range(100):
            *coefficients, level = solve([self.equation(i, Decimal((-1) ** k)) for k, i in enumerate(places)])
            errors = self.errors(coefficients)
            self.largest = max(abs(e) for e in errors)
            found = alternating(errors, count)
            if self.largest <= abs(level) * (1 + Decimal("1e-15")) or found == places or len(found) < count:
                self.places = places
                return coefficients
            places = found
        raise ArithmeticError("the exchange does not end")

    def round_to(self, bits):
        """Rounds c_0, c_1, ... in this order, and fits those that follow anew each time: they make up for its error.
        These multiply x (1 + ...), so that what is left of the target is divided by x and the weight multiplied."""
        coefficients = []
        while self.count > 0:
            c = rounded(self.exchange()[0], bits)
            coefficients.append(c)
            self.targets = [(t - c) / x for t, x in zip(self.targets, self.xs)]
            self.weights = [w * abs(x) for w, x in zip(self.weights, self.xs)]
            self.count -= 1
            self.places = None
        self.largest = max(abs(w * t) for w, t in zip(self.weights, self.targets))
        return coefficients
