"""The functions that are tabulated, to 40 digits and more in decimal arithmetic of 60, and numbers of given formats."""

from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60

EPSILON = Decimal(10) ** -60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628621")
LN2 = Decimal(2).ln()
SQRT_2_PI = (2 * PI).sqrt()


def series(term, ratio):
    """term (1 + r_1 (1 + r_2 (1 + ...))) with r_k = ratio(k)."""
    total, k = term, 0
    while abs(term) > EPSILON * abs(total):
        k += 1
        term *= ratio(k)
        total += term
    return total


def exp(x):
    return x.exp()


def sigmoid(x):
    e = (-abs(x)).exp()
    return (1 if x >= 0 else e) / (1 + e)


def tanh(x):
    e = (-2 * x).exp()
    return (1 - e) / (1 + e)


def sin(x):
    return series(x, lambda k: -x * x / (2 * k * (2 * k + 1)))


def cos(x):
    return series(Decimal(1), lambda k: -x * x / (2 * k * (2 * k - 1)))


def erf(x):
    """2/√π e^(-x²) Σ_k 2^k x^(2k+1) / (2k+1)!!, whose terms are all of one sign."""
    return series(2 * x / PI.sqrt(), lambda k: 2 * x * x / (2 * k + 1)) * (-x * x).exp()


def mills(a):
    """Φ(-a) e^(a²/2) for a >= 0, Mills' ratio over √(2π): by the series of Φ, or Laplace's continued fraction."""
    if a < 4:
        return (a * a / 2).exp() / 2 - series(a, lambda k: a * a / (2 * k + 1)) / SQRT_2_PI
    fraction = a
    for k in range(int(3000 / a**2) + 40, 0, -1):
        fraction = a + k / fraction
    return 1 / (fraction * SQRT_2_PI)


def normal_tail(a):
    """Φ(-a)."""
    return mills(a) * (-a * a / 2).exp()


def erfc(x):
    return 2 * normal_tail(x * Decimal(2).sqrt())


# ---- Numbers of a given format


def exponent(x):
    """e of 2^e <= |x| < 2^(e+1)."""
    x = abs(Fraction(x))
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if x >= Fraction(2) ** e else e - 1


def rounded(x, bits):
    """The number of so many significant bits that is nearest to x, ties to even; exact as a Decimal."""
    if x == 0:
        return Decimal(0)
    unit = Fraction(2) ** (exponent(x) - bits + 1)
    return exact(round(Fraction(x) / unit) * unit)


def exact(x):
    """A Fraction whose denominator is a power of two, as a Decimal of as many digits as it takes."""
    shift = x.denominator.bit_length() - 1
    with_digits = getcontext().copy()
    with_digits.prec = 2000
    return with_digits.multiply(Decimal(x.numerator), with_digits.power(Decimal("0.5"), shift))


def ulp(x, bits):
    """The unit in the last place of numbers of so many bits around x."""
    return Decimal(2) ** (exponent(x) - bits + 1)


def literal(x, bits):
    """The shortest decimal that reads back as the float or double x."""
    if bits == 53:
        return repr(float(x))
    for digits in range(1, 10):
        text = f"{float(x):.{digits}g}"
        if rounded(Decimal(text), 24) == x:
            break
    assert rounded(Decimal(text), 24) == x
    return (text if "." in text or "e" in text else text + ".0") + "f"
