"""Numbers of hand work: exact where they are rational, correctly rounded where not, and never a way to hang.

The judges are Python's ``fractions`` and mpmath, at many more digits than are asked for.
"""

from __future__ import annotations

import operator
import random
import time
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symnet
from symnet.algebra.equations import Equation, symbol
from symnet.algebra.parsing import parse
from symnet.computing import exact
from symnet.computing.exact import DomainError, digits_carried
from symnet.computing.program import EquationError, Program, identifier

SETTINGS = settings(deadline=None, derandomize=True, max_examples=200)
RATIONALS = st.fractions(-1000, 1000, max_denominator=10_000)
IN_MPMATH = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "tanh": mpmath.tanh,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "erf": mpmath.erf,
}
ARGUMENTS = [
    Fraction(text)
    for text in (
        "1", "-1", "1/3", "-2/7", "0.1", "-0.5", "2", "3.7", "-12.25", "25", "100", "-100", "1e-3", "-1e-10", "1e-30",
        "1e-60", "0.999999999", "1.000000000000001", "22/7", "355/113", "-400", "1e5", "123456789/1000",
    )
]  # fmt: skip


def high(x):
    """The number in mpmath's present precision."""
    if isinstance(x, Fraction):
        return mpmath.mpf(x.numerator) / x.denominator
    return mpmath.mpf(str(x))


def rounded(x, digits):
    """An mpmath number correctly rounded to a Decimal, by way of an exact fraction; ties to even."""
    sign, mantissa, exponent, _ = x._mpf_
    fraction = Fraction(int(mantissa)) * Fraction(2) ** int(exponent) * (-1) ** sign
    if not fraction:
        return fraction
    scale = Fraction(10) ** (digits - 1 - int(mpmath.floor(mpmath.log10(abs(x)))))
    scaled = abs(fraction * scale)
    scale *= 10 if scaled < 10 ** (digits - 1) else Fraction(1, 10) if scaled >= 10**digits else 1
    return Fraction(round(fraction * scale)) / scale


# -- exact where it is rational ---------------------------------------------------------------------------------------


@SETTINGS
@given(a=RATIONALS, b=RATIONALS, c=RATIONALS)
def test_sums_products_and_quotients_of_rationals_are_exact(a, b, c):
    assert exact.add(a, b, c) == a + b + c
    assert exact.multiply(a, b, c) == a * b * c
    if b:
        assert exact.divide(a, b) == a / b
    assert all(isinstance(x, Fraction) for x in (exact.add(a, b), exact.multiply(a, b), exact.divide(a, b or c or 1)))


@SETTINGS
@given(base=RATIONALS, exponent=st.integers(-6, 6))
def test_whole_powers_of_rationals_are_exact(base, exponent):
    if base or exponent >= 0:
        assert exact.power(base, Fraction(exponent)) == base**exponent
        assert exact.integer_power(base, exponent) == base**exponent


@SETTINGS
@given(root=st.fractions(0, 100, max_denominator=100), p=st.integers(1, 4), q=st.integers(2, 5))
def test_roots_that_are_rational_are_exact(root, p, q):
    result = exact.power(root**q, Fraction(p, q))
    assert isinstance(result, Fraction)
    assert result == root**p


def test_negative_powers_of_perfect_squares_are_exact():
    assert exact.power(Fraction(4, 9), Fraction(-1, 2)) == Fraction(3, 2)
    assert exact.power(Fraction(8, 27), Fraction(-2, 3)) == Fraction(9, 4)


@pytest.mark.parametrize(
    ("function", "at", "value"),
    [
        (exact.exp, 0, 1),
        (exact.log, 1, 0),
        (exact.tanh, 0, 0),
        (exact.sin, 0, 0),
        (exact.cos, 0, 1),
        (exact.erf, 0, 0),
    ],
)
def test_functions_are_exact_where_their_value_is_rational(function, at, value):
    result = function(Fraction(at))
    assert isinstance(result, Fraction)
    assert result == value


def test_zero_to_the_zero_is_one():
    assert exact.power(Fraction(0), Fraction(0)) == 1
    assert exact.integer_power(Fraction(0), 0) == 1


def test_exact_zero_times_digits_is_exactly_zero():
    with digits_carried(30):
        root = exact.power(Fraction(2), Fraction(1, 2))
        product = exact.multiply(Fraction(0), root)
        assert isinstance(product, Fraction)
        assert product == 0
        assert isinstance(exact.divide(Fraction(0), root), Fraction)


def test_a_swollen_rational_is_carried_in_digits():
    with digits_carried(30):
        small, large = Fraction(2**500, 3**300), Fraction(2**2000, 3**1000)
        assert exact.small(small) is small
        assert isinstance(exact.small(large), Decimal)
        assert abs(Fraction(exact.small(large)) / large - 1) < Fraction(1, 10**29)


# -- digits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [12, 30, 75])
@pytest.mark.parametrize("name", IN_MPMATH)
def test_functions_have_the_digits_carried(name, digits):
    for x in ARGUMENTS:
        if name == "log" and x <= 0:
            continue
        with digits_carried(digits):
            ours = exact.real(getattr(exact, name)(x))
        with mpmath.workdps(3 * digits + 70):
            right = IN_MPMATH[name](high(x))
            # One unit in the last place, and what the argument's own rounding brings in.
            with digits_carried(digits):
                carried = high(exact.real(x))
            spread = abs(IN_MPMATH[name](carried) - right)
            assert abs(high(ours) - right) <= 2 * abs(right) * mpmath.mpf(10) ** (1 - digits) + spread, x


@pytest.mark.parametrize("digits", [5, 12, 20, 60])
@pytest.mark.parametrize("name", [*IN_MPMATH, "sqrt"])
def test_decimal_of_a_carried_value_is_correctly_rounded(name, digits):
    for x in ARGUMENTS:
        if (name == "log" and x <= 0) or (name == "sqrt" and x < 0):
            continue
        with digits_carried(2 * digits + 80):
            carried = exact.power(x, Fraction(1, 2)) if name == "sqrt" else getattr(exact, name)(x)
            ours = Fraction(exact.decimal(carried, digits))
        with mpmath.workdps(3 * digits + 120):
            function = mpmath.sqrt if name == "sqrt" else IN_MPMATH[name]
            right = rounded(function(high(x)), digits)
        assert ours == right, x


@SETTINGS
@given(x=st.fractions(), digits=st.integers(1, 40))
def test_decimal_of_a_rational_is_correctly_rounded(x, digits):
    ours = exact.decimal(x, digits)
    assert len(ours.as_tuple().digits) <= digits
    # Within half a unit of the last digit.
    assert x == 0 or abs(Fraction(ours) - x) * 2 <= Fraction(10) ** (ours.adjusted() - digits + 1)


def test_decimal_rounds_ties_to_even_unless_told():
    assert exact.decimal(Fraction(25, 10), 1) == 2
    assert exact.decimal(Fraction(35, 10), 1) == 4
    assert exact.decimal(Fraction(25, 10), 1, ROUND_HALF_UP) == 3
    assert exact.decimal(Fraction(-29, 10), 1, ROUND_DOWN) == -2
    assert exact.decimal(Fraction(2, 3), 5) == Decimal("0.66667")
    assert exact.decimal(Fraction(999_999), 3) == Decimal("1.00e6")


def test_pi_has_the_digits_carried():
    for digits in (10, 30, 100, 500):
        with digits_carried(digits):
            ours = exact.pi()
        with mpmath.workdps(digits + 50):
            assert Fraction(ours) == rounded(+mpmath.pi, digits)


def test_tanh_keeps_its_digits_near_zero_and_far_from_it():
    with digits_carried(30), mpmath.workdps(200):
        for exponent in (*range(-40, 3), -100, -1000):
            x = Fraction(7, 3) * Fraction(10) ** exponent
            error = abs(high(exact.tanh(x)) / mpmath.tanh(high(x)) - 1)
            assert error < mpmath.mpf(10) ** -28, exponent
        assert exact.tanh(Fraction(-(10**20))) == -1


@SETTINGS
@given(base=st.fractions(Fraction(1, 1000), 1000), exponent=st.fractions(-20, 20, max_denominator=1000))
def test_powers_have_the_digits_carried(base, exponent):
    with digits_carried(40):
        ours = exact.power(base, exponent)
    with mpmath.workdps(100):
        right = mpmath.power(high(base), high(exponent))
        assert abs(high(ours) / right - 1) < mpmath.mpf(10) ** -35


# -- rounding by hand -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "places", "shown"),
    [
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("1.5", 0, "2"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("0.125", 2, "0.13"),
        ("-0.125", 2, "-0.13"),
        ("0.12499999", 2, "0.12"),
        ("1.005", 2, "1.01"),
        ("2.675", 2, "2.68"),
        ("0.49999999999999999999", 0, "0"),
        ("999.995", 2, "1000.00"),
        ("1/3", 4, "0.3333"),
        ("-2/3", 4, "-0.6667"),
        ("0.00004", 4, "0"),
        ("-0.00004", 4, "0"),
        ("7", 3, "7"),
    ],
)
def test_rounding_by_hand_takes_a_five_away_from_zero(x, places, shown):
    result = exact.rounded_by_hand(Fraction(x), places)
    assert isinstance(result, Fraction)
    assert result == Fraction(shown)
    with digits_carried(40):
        digits = exact.rounded_by_hand(exact.real(Fraction(x)), places)
    assert digits == result


@SETTINGS
@given(x=st.decimals(-1000, 1000, places=6), places=st.integers(0, 6))
def test_rounding_by_hand_is_pythons_round_half_up(x, places):
    right = x.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert exact.rounded_by_hand(Fraction(x), places) == Fraction(right)
    assert exact.rounded_by_hand(x, places) == Fraction(right)


# -- written ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0E-50", "0"),
        ("1", "1"),
        ("-1.50", "-1.5"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1.20E+3", "1200"),
        ("0.1", "0.1"),
        ("0.000123", "0.000123"),
        ("1E-7", "0.0000001"),
        ("1E-8", "1e-8"),
        ("-1.25E-8", "-1.25e-8"),
        ("1E+20", "100000000000000000000"),
        ("1E+21", "1e21"),
        ("1.5E+21", "1.5e21"),
        ("-12345678901234567890123", "-1.2345678901234567890123e22"),
        ("123.456000", "123.456"),
    ],
)
def test_written_numbers_have_no_idle_zeros(number, text):
    assert exact.written(Decimal(number)) == text


@SETTINGS
@given(st.integers(-(10**30), 10**30), st.integers(-60, 60))
def test_written_numbers_read_back_as_themselves(digits, exponent):
    number = Decimal(digits).scaleb(exponent) if digits else Decimal(0)
    number = Decimal((number.as_tuple().sign, number.as_tuple().digits, exponent))
    text = exact.written(number)
    assert Fraction(text) == Fraction(number)
    assert "E" not in text
    assert not text.endswith(".")
    assert text == exact.written(number.normalize() if len(number.as_tuple().digits) <= 28 else number)


def test_brief_numbers_have_six_digits():
    assert exact.brief(Fraction(-1, 3)) == "-0.333333"
    assert exact.brief(Fraction(10**40)) == "1e40"


# -- what does not exist ----------------------------------------------------------------------------------------------

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: exact.divide(Fraction(1), Fraction(0)), "division by zero"),
        (lambda: exact.divide(Fraction(0), Fraction(0)), "division by zero"),
        (lambda: exact.divide(Decimal(1), Decimal(0)), "division by zero"),
        (lambda: exact.divide(Fraction(0), Decimal(0)), "division by zero"),
        (lambda: exact.power(Fraction(0), Fraction(-1)), "division by zero"),
        (lambda: exact.power(Fraction(0), -HALF), "division by zero"),
        (lambda: exact.power(Decimal(0), Fraction(-3)), "division by zero"),
        (lambda: exact.integer_power(Fraction(0), -1), "division by zero"),
        (lambda: exact.integer_power(Decimal(0), -1), "division by zero"),
        (lambda: exact.power(Fraction(-1), HALF), "square root of a negative number"),
        (lambda: exact.power(Decimal(-2), HALF), "square root of a negative number"),
        (lambda: exact.power(Fraction(-8), Fraction(1, 3)), "negative number"),
        (lambda: exact.power(Fraction(-2), Decimal("0.3")), "negative number"),
        (lambda: exact.log(Fraction(0)), "log of zero"),
        (lambda: exact.log(Decimal(0)), "log of zero"),
        (lambda: exact.log(Fraction(-1, 3)), "log of a negative number"),
        (lambda: exact.exp(Fraction(10) ** 16), "too large"),
        (lambda: exact.exp(-(Fraction(10) ** 16)), "close to zero"),
    ],
)
def test_what_does_not_exist_says_why(call, why):
    with digits_carried(30), pytest.raises(DomainError, match=why) as caught:
        call()
    assert str(caught.value).isprintable()


def test_even_powers_of_negative_digits_exist():
    with digits_carried(30):
        assert exact.power(Decimal("-1.5"), Fraction(2)) == Decimal("2.25")
        assert exact.power(Decimal("-1.5"), Decimal(3)) == Decimal("-3.375")
        assert exact.power(Fraction(-2), Decimal(3)) == -8


# -- enormous results -------------------------------------------------------------------------------------------------


def finishes(call, seconds=1.0):
    """The value, or the ArithmeticError, and soon."""
    started = time.process_time()
    with digits_carried(40):
        try:
            result = call()
        except ArithmeticError as error:
            result = error
    assert time.process_time() - started < seconds
    return result


BIG = Fraction(10) ** 300
ENORMOUS = {
    "exp of 10^15": lambda: exact.exp(Fraction(10) ** 15),
    "exp of 10^300": lambda: exact.exp(BIG),
    "exp of -10^300": lambda: exact.exp(-BIG),
    "exp of exp": lambda: exact.exp(exact.exp(Fraction(1000))),
    "power of powers": lambda: exact.power(BIG, BIG),
    "power to digits": lambda: exact.power(Decimal("1e300"), Decimal("1e300")),
    "power to half digits": lambda: exact.power(Decimal("1e300"), Decimal("1e300") + Decimal("0.5")),
    "negative power": lambda: exact.power(BIG, -BIG),
    "root of high degree": lambda: exact.power(BIG, 1 / BIG),
    "fractional power": lambda: exact.power(Fraction(3), Fraction(10**40 + 1, 10**20)),
    "integer power": lambda: exact.integer_power(Fraction(3), 10**30),
    "integer power of digits": lambda: exact.integer_power(Decimal("1.5"), 10**30),
    "negative integer power": lambda: exact.integer_power(Decimal("0.1"), 10**30),
    "power near one": lambda: exact.power(1 + 1 / BIG, BIG),
    "power of a decimal near one": lambda: exact.integer_power(Decimal("1.0000000000000001"), 10**30),
    "sin far out": lambda: exact.sin(BIG),
    "cos farther out": lambda: exact.cos(Decimal("1e2000")),
    "sin beyond": lambda: exact.sin(Decimal("1e1000000")),
    "cos of nearly nothing": lambda: exact.cos(Decimal("1e-100000000")),
    "sin of nearly nothing": lambda: exact.sin(Decimal("1e-100000000")),
    "tanh far out": lambda: exact.tanh(BIG),
    "tanh of nearly nothing": lambda: exact.tanh(Decimal("1e-100000000")),
    "erf far out": lambda: exact.erf(BIG),
    "erf of nearly nothing": lambda: exact.erf(Decimal("1e-100000000")),
    "log of enormous": lambda: exact.log(Decimal("1e100000000")),
    "log of nearly nothing": lambda: exact.log(Decimal("1e-100000000")),
    "rounded by hand": lambda: exact.rounded_by_hand(Decimal("1e100000000"), 4),
    "nothing rounded by hand": lambda: exact.rounded_by_hand(Decimal("1e-100000000"), 4),
    "sum of far apart": lambda: exact.add(Decimal("1e100000000"), Fraction(1)),
    "sum with a fraction": lambda: exact.add(Decimal("1e-100000000"), Fraction(1, 3)),
    "product": lambda: exact.multiply(*[Decimal("1e100000000")] * 1000),
    "quotient": lambda: exact.divide(Decimal("1e-300000000"), Decimal("1e10000000000")),
    "compared": lambda: operator.gt(Decimal("1e100000000"), Fraction(1, 3)),
    "large root": lambda: exact.power(Fraction(3**5000), Fraction(1, 64)),
    "exact power of a swollen one": lambda: exact.power(Fraction(2**2000, 3**1200), Fraction(1000)),
    "written": lambda: exact.written(Decimal("1e100000000")),
    "decimal": lambda: exact.decimal(Decimal("1e-100000000"), 12),
}


@pytest.mark.parametrize("name", ENORMOUS)
def test_enormous_results_come_or_are_refused_at_once(name):
    result = finishes(ENORMOUS[name])
    assert isinstance(result, (Fraction, Decimal, str, bool, ArithmeticError))


@pytest.mark.parametrize(
    "formula",
    [
        "exp(exp(exp(exp(x))))", "((x^1000)^1000)^1000", "(((x^1000)^1000)^1000)^1000", "x^x^x^x^x",
        "exp(x)^exp(exp(x)^x)",
        "relu(exp(exp(x)) - 1/3)", "max(exp(exp(x)), 1/3)", "max(1/3, -exp(exp(x)))", "sin(exp(exp(x)))",
        "1/(exp(-exp(exp(x))))", "erf(exp(-exp(x)))", "step(exp(-exp(exp(x))) - 1/7)", "log(exp(exp(exp(x))))",
        "sigmoid(-exp(exp(x)))", "softplus(exp(exp(x)))", "gelu(-exp(exp(x)))", "tanh(exp(-exp(exp(x))))",
        "abs(1/3 - exp(-exp(exp(x))))", "cos(exp(-exp(exp(x))))", "sin(exp(-exp(exp(x))))", "erf(exp(-exp(exp(x))))",
        "sign(exp(exp(x)) - 2/3)", "min(exp(-exp(exp(x))), 1/3)", "leaky_relu(1/3 - exp(exp(x)))",
    ],
)  # fmt: skip
def test_enormous_formulas_come_or_are_refused_at_once(formula):
    program = Program([Equation(symbol("y"), parse(formula, {"x"}))])
    for x in (Fraction(3), Fraction(7, 2), Fraction(-20), Fraction(100, 3)):
        values = {identifier("x"): x}
        finishes(lambda: program.run(values))  # noqa: B023
        assert set(values) <= {identifier("x"), identifier("y"), "__builtins__"}


def test_the_equation_without_a_value_is_named():
    with pytest.raises(EquationError, match="y: log of zero"), digits_carried(30):
        Program([Equation(symbol("y"), parse("log(x)", {"x"}))]).run({identifier("x"): Fraction(0)})


def test_exp_of_ten_thousand_is_no_accident():
    with digits_carried(40), mpmath.workdps(60):
        assert abs(high(exact.exp(Fraction(10_000))) / mpmath.exp(10_000) - 1) < mpmath.mpf(10) ** -38


def test_random_formulas_have_the_digits_of_mpmath():
    generator = random.Random(5)
    for _ in range(100):
        a, b = (Fraction(generator.randint(1, 99), generator.randint(1, 9)) for _ in range(2))
        formula = parse("sqrt(a)*exp(-b) + log(a + b)^2/tanh(b) - sin(a)*cos(b) + erf(a/100) + pi", {"a", "b"})
        values = {identifier("a"): a, identifier("b"): b}
        with digits_carried(40):
            Program([Equation(symbol("y"), formula)]).run(values)
        with mpmath.workdps(80):
            p, q = high(a), high(b)
            right = mpmath.sqrt(p) * mpmath.exp(-q) + mpmath.log(p + q) ** 2 / mpmath.tanh(q)
            right += mpmath.erf(p / 100) + mpmath.pi - mpmath.sin(p) * mpmath.cos(q)
            assert abs(high(values[identifier("y")]) - right) < mpmath.mpf(10) ** -36 * (1 + abs(right))


# -- digits that cancel -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "at"),
    [(exact.log, 1), (exact.exp, 0), (exact.cos, 0), (exact.sin, 0), (exact.tanh, 0), (exact.erf, 0)],
)
def test_a_value_near_an_exact_one_never_makes_it_exact(function, at):
    # 1 + exp(-300) is 1 to 30 digits: its logarithm is not exactly 0.
    with digits_carried(30):
        assert isinstance(function(exact.add(Fraction(at), exact.exp(Fraction(-300)))), Decimal)


def solved(formula, x):
    """(L, ∂L/∂x) of L = formula, at 12 digits."""
    solution = symnet.loads(f"[given]\nx = '{x}'\n[equations]\nL = '{formula}'").solve()
    with mpmath.workdps(20):
        return high(solution.forward["L"]), high(solution.gradients["x"])


@pytest.mark.parametrize(
    ("formula", "x", "function"),
    [
        ("softplus(x)", -300, lambda x: mpmath.log(1 + mpmath.exp(x))),
        ("log(sigmoid(x))", 300, lambda x: -mpmath.log(1 + mpmath.exp(-x))),
        ("-log(1 - sigmoid(x))", -300, lambda x: mpmath.log(1 + mpmath.exp(x))),
        ("log(erf(x))", 15, lambda x: mpmath.log(mpmath.erf(x))),
        ("log(tanh(x))", 150, lambda x: mpmath.log(mpmath.tanh(x))),
        ("1 - sigmoid(x)", 300, lambda x: 1 / (1 + mpmath.exp(x))),
        ("1 - tanh(x)", 300, lambda x: 1 - mpmath.tanh(x)),
        ("sqrt(1 + exp(x)) - 1", -90, lambda x: mpmath.sqrt(1 + mpmath.exp(x)) - 1),
        ("gelu(x)", -40, lambda x: x * mpmath.ncdf(x)),
        ("gelu(x) + 1", -60, lambda x: x * mpmath.ncdf(x) + 1),
        ("sigmoid(x) + exp(-x)", 300, lambda x: 1 / (1 + mpmath.exp(-x)) + mpmath.exp(-x)),
        ("1 + sigmoid(x) + 2exp(-x)", 300, lambda x: 1 + 1 / (1 + mpmath.exp(-x)) + 2 * mpmath.exp(-x)),
    ],
)  # fmt: skip
def test_solutions_are_right_to_twelve_digits_where_digits_cancel(formula, x, function):
    value, slope = solved(formula, x)
    with mpmath.workdps(1500):
        h = mpmath.mpf(10) ** -500
        right = (function(mpmath.mpf(x)), (function(x + h) - function(x - h)) / (2 * h))
    for ours, theirs in zip((value, slope), right, strict=True):
        assert mpmath.almosteq(ours, theirs, rel_eps=1e-11, abs_eps=0), (mpmath.nstr(ours, 15), mpmath.nstr(theirs, 15))


@pytest.mark.parametrize(
    "formula", ["exp(log(x)) - x", "log(exp(x)) - x", "sqrt(x)*sqrt(x) - x", "sin(x)^2 + cos(x)^2 - 1"]
)
@pytest.mark.parametrize("x", [3, 5, 7])
def test_what_cancels_altogether_is_zero_and_no_ghost_of_rounding(formula, x):
    assert solved(formula, x) == (0, 0)


# -- the same everywhere ----------------------------------------------------------------------------------------------

LEAST_32_BIT = -425_000_000  # decimal.MIN_EMIN where a word of the machine has 32 bits, as in a browser


def test_the_exponents_that_are_carried_fit_into_32_bits_and_are_the_same_on_every_machine():
    with digits_carried(40):
        carried = getcontext().copy()
    assert carried.Emin == -carried.Emax
    assert carried.Emin > LEAST_32_BIT
    assert carried.Etiny() > LEAST_32_BIT  # what is smaller than that is refused and not rounded off


@pytest.mark.parametrize(("exponent", "says"), [(1, "result is too large"), (-1, "the result is too close to zero")])
def test_a_product_beyond_them_is_refused_and_not_taken_for_zero(exponent, says):
    program = Program([Equation(symbol("y"), parse("x*x*x*x*x*x*x*x*x*x", {"x"}))])
    with digits_carried(40), pytest.raises(EquationError, match=says):
        program.run({identifier("x"): exact.exp(Fraction(exponent * 10**8))})
