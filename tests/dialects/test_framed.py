"""What stands where a stream was asked for."""

import pytest

from waystation.dialects.framed import fault_of_plain


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b'{"error":{"message":"slow down","code":429}}', "upstream_saturated", "slow down"),
        (b'[{"error":{"message":"slow down","code":429}}]', "upstream_saturated", "slow down"),
        (b"<html>busy</html>", "bad_upstream_response", "HTML"),
        (b'{"error":', "bad_upstream_response", "not valid JSON"),
        (b"[" * 100_000, "bad_upstream_response", "nested too deeply"),
        (b'{"error":{"message":"no sk-secret"}}', "upstream_error", "no "),
    ],
)
def test_it_is_read_as_far_as_it_tells(body: bytes, code: str, said: str) -> None:
    fault = fault_of_plain(body, ("sk-secret",))
    assert fault.code == code
    assert said in fault.text()
    assert "sk-secret" not in fault.text()
