"""Numbers are written in one way."""

import pytest

from playground.wording import decimal, metric


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 B"), (512, "512 B"), (999, "999 B"), (1_000, "1 kB"), (36_864, "36.9 kB"), (999_499, "999 kB"),
        (999_500, "1 MB"), (1_073_741_824, "1.07 GB"), (2.5e12, "2.5 TB"),
    ],
)  # fmt: skip
def test_a_size_has_three_digits_and_a_decimal_prefix(value, said):
    assert " ".join(metric(value, "B")) == said


@pytest.mark.parametrize(
    ("value", "sign", "said"),
    [
        (-1.596, False, "−1.60"),
        (1.6, False, "1.60"),
        (1.6, True, "+1.60"),
        (-0.001, False, "0.00"),
        (-0.001, True, "+0.00"),
    ],
)
def test_a_decimal_has_a_minus_that_is_no_hyphen_and_none_at_nought(value, sign, said):
    assert decimal(value, sign=sign) == said
