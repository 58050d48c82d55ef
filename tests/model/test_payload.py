"""Numbers and ids in every form that senders use."""

import pytest
from pydantic import ValidationError

from bot.model.payload import Amount, Count, Id, Payload


class Numbers(Payload):
    count: Count = 0
    amount: Amount = 0
    id: Id = "x"


@pytest.mark.parametrize(
    ("given", "count"),
    [(1204, 1204), (1204.0, 1204), ("1204", 1204), (" 1204 ", 1204), ("1204.0", 1204), (-0.0, 0)],
)
def test_a_count_is_a_whole_number(given: object, count: int) -> None:
    read = Numbers.model_validate({"count": given}).count
    assert (read, type(read)) == (count, int)


@pytest.mark.parametrize(
    ("given", "amount"), [(84, 84), (84.5, 84.5), ("84", 84), ("84.25", 84.25), ("-0", 0)]
)
def test_an_amount_is_a_number(given: object, amount: float) -> None:
    assert Numbers.model_validate({"amount": given}).amount == amount


@pytest.mark.parametrize(("given", "text"), [(42, "42"), (42.0, "42"), (" x ", "x"), (0, "0")])
def test_an_id_may_be_a_number(given: object, text: str) -> None:
    assert Numbers.model_validate({"id": given}).id == text


@pytest.mark.parametrize("field", ["count", "amount"])
@pytest.mark.parametrize(
    "given",
    [
        *(None, True, "", " ", "1,204", "1_204", "1 204", "1e3", "0x1f"),
        *("\uff11\uff12", "+1", "--1", "1."),
        *("inf", "nan", "-1", -1, 10**16, "9" * 41, float("inf"), float("nan"), [1], {"n": 1}),
    ],
)
def test_a_value_that_is_not_a_number_or_too_large_is_refused(field: str, given: object) -> None:
    with pytest.raises(ValidationError):
        Numbers.model_validate({field: given})


@pytest.mark.parametrize("given", [1204.5, "1204.5", 1e300])
def test_a_fraction_is_not_a_count(given: object) -> None:
    with pytest.raises(ValidationError):
        Numbers.model_validate({"count": given})


@pytest.mark.parametrize("given", [True, 4.2, None, "", " ", [], "x" * 201, 10**201])
def test_a_value_that_is_not_an_id_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        Numbers.model_validate({"id": given})
