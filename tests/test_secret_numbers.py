"""What tells a number that is not to be told."""

from decimal import Decimal
from fractions import Fraction

import pytest

from symnet.computing.exact import Undefined
from symnet.diagnosis.secret_numbers import SecretNumbers


@pytest.mark.parametrize(
    ("value", "tells"),
    [
        (Fraction(1, 3), True),
        (Fraction(-1, 3), True),
        (Fraction(33, 100), True),
        (Decimal("0.33333333333333333333"), True),
        (Fraction(34, 100), False),
        (Fraction(3, 10), False),  # one digit alone
        (Fraction(2, 3), False),
    ],
)
def test_a_third_is_told_by_its_roundings(value, tells):
    assert SecretNumbers([Fraction(1, 3)]).is_told_by(value, 6) is tells


def test_rounding_and_cutting_off_both_tell():
    secrets = SecretNumbers([Fraction(2, 3)])
    assert secrets.is_told_by(Fraction(67, 100), 6)
    assert secrets.is_told_by(Fraction(66, 100), 6)


def test_what_is_shown_in_few_digits_may_tell_though_it_is_another_number():
    assert SecretNumbers([Decimal("0.46258739")]).is_told_by(Decimal("0.46258744"), 6)
    assert not SecretNumbers([Decimal("0.46258739")]).is_told_by(Decimal("0.46258744"), 9)


def test_a_number_without_value_is_a_secret_too():
    undefined = Undefined("1/0")
    assert SecretNumbers([undefined]).is_told_by(undefined, 6)
    assert not SecretNumbers([Fraction(1)]).is_told_by(undefined, 6)
    assert not SecretNumbers([undefined]).is_told_by(Fraction(1), 6)


def test_a_text_has_its_secrets_taken_out():
    masked = SecretNumbers([Fraction(2), Fraction(1, 3), Fraction(-5, 4)]).masked
    assert masked("lost a factor 2 or ½ at x2") == "lost a factor two or ½ at x2"
    assert masked("right, given your y = 0.3333, z = 1/3 and w = -1.25") == "right, given your y = □, z = □ and w = -□"
    assert masked("0.25, 1/4, 22, w12, 2.5 and 1.2.2") == "0.25, 1/4, 22, w12, 2.5 and 1.2.2"
