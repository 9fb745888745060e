import pytest

from waystation.errors import Fault
from waystation.routing.verdict import judge, judge_transport


@pytest.mark.parametrize(
    ("status", "kind", "retry"),
    [
        (400, "caller", False),
        (401, "key", True),
        (402, "key", True),
        (403, "key", True),
        (404, "caller", False),
        (408, "failed", True),
        (409, "caller", False),
        (413, "caller", False),
        (422, "caller", False),
        (429, "limited", True),
        (500, "failed", True),
        (502, "failed", True),
        (503, "failed", True),
        (504, "failed", True),
        (529, "failed", True),
        (302, "failed", True),
    ],
)
def test_statuses(status: int, kind: str, retry: bool) -> None:
    verdict = judge(status, Fault("upstream_error", status=status, message="the reason"))
    assert (verdict.kind, verdict.retry) == (kind, retry)
    assert "the reason" in verdict.fault.text()


def test_a_refusal_of_our_account_is_never_the_caller_s() -> None:
    for status in (401, 402, 403):
        fault = judge(status, Fault("invalid_request", status=status, message="no credit")).fault
        assert (fault.code, fault.status) == ("upstream_account_unavailable", 503)
        assert "no credit" in fault.text()
    quota = Fault("upstream_account_unavailable", reason="insufficient_quota")
    verdict = judge(429, quota)
    assert (verdict.kind, verdict.fault) == ("key", quota)


def test_a_limit_keeps_the_upstream_s_words_and_wait() -> None:
    verdict = judge(429, Fault("rate_limit_exceeded", message="30 per minute", retry_after=12))
    assert verdict.retry_after_seconds == 12
    fault = verdict.fault
    assert (fault.code, fault.status, fault.text()) == ("upstream_saturated", 429, "30 per minute")
    assert judge(429, Fault("upstream_saturated")).fault.text("zh").startswith("当前分组上游负载")


def test_errors_inside_a_200_count_by_their_own_status() -> None:
    assert judge(200, Fault("bad_upstream_response", reason="HTML")).kind == "failed"
    assert judge(200, Fault("upstream_error", reason="x")).kind == "failed"
    assert judge(200, Fault("invalid_request", reason="too long")).kind == "caller"
    assert judge(200, Fault("rate_limit_exceeded")).kind == "limited"
    assert judge(200, Fault("invalid_request", status=403)).kind == "key"


@pytest.mark.parametrize(
    ("kind", "retry", "unreached"),
    [
        ("resolve", True, True),
        ("forbidden", True, True),
        ("connect", True, True),
        ("connect_timeout", True, True),
        ("tls", True, True),
        ("reset", True, False),
        ("first_byte_timeout", True, False),
        ("idle_timeout", True, False),
        ("total_timeout", False, False),
        ("protocol", True, False),
        ("too_large", True, False),
    ],
)
def test_transport(kind: str, retry: bool, unreached: bool) -> None:
    verdict = judge_transport(kind, Fault("upstream_error", reason=kind))
    assert (verdict.kind, verdict.retry, verdict.unreached) == ("failed", retry, unreached)
