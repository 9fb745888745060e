import pytest

from tests.admission.asking import CHOICES, FACTS, Request, ask, row
from tests.admission.pocket_ledger import PocketLedger
from waystation.admission.rate_headers import duration, rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.ledger.messages import RateState, Refused
from waystation.meter.usage import Usage

RATE = RateState(
    requests_limit=60,
    requests_remaining=59,
    requests_reset_ms=1000,
    tokens_limit=1000,
    tokens_remaining=-5,
    tokens_reset_ms=90_001,
)


async def denied(ledger: PocketLedger, request: Request | None = None) -> NotAdmitted:
    with pytest.raises(NotAdmitted) as caught:
        await ask(ledger, request or Request())
    assert not ledger.held
    return caught.value


async def test_the_hold_says_all_the_ledger_must_know() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request(), idempotency=("key", "digest"), sends_at_once=True)
    (hold,) = ledger.asked
    assert (hold.id, hold.account_id, hold.token_id, hold.group) == ("r1", 7, 8, "g")
    assert (hold.nanos, hold.nanos_floor, hold.prompt_nanos) == (2_100_000, 132_000, 100_000)
    assert (hold.tokens, hold.sent, hold.owner) == (1100, True, "gateway")
    assert (hold.facts, hold.idempotency) == (FACTS, ("key", "digest"))
    assert (grant.hold_id, grant.nanos, grant.output_limit) == ("r1", 2_100_000, None)
    assert grant.was_sent
    assert grant.headers() == ()


async def test_the_limit_of_a_whole_answer_is_lowered_to_the_balance_and_told() -> None:
    ledger = PocketLedger(100_000 + 500 * 2000 + 1999)
    grant = await ask(ledger, Request())
    assert grant.output_limit == 500
    assert grant.headers() == ((b"x-waystation-output-limit", b"500"),)
    assert ledger.available == 0


async def test_below_the_floor_it_is_402_with_both_amounts() -> None:
    fault = await denied(PocketLedger(131_999))
    assert (fault.code, fault.status) == ("insufficient_user_quota", 402)
    assert "$0.000132" in fault.text("en")
    assert "$0.000131" in fault.text("en")
    assert fault.text("zh") == "余额不足：需要 $0.000132，可用 $0.000131。"
    grant = await ask(PocketLedger(132_000), Request())
    assert grant.output_limit == 16


async def test_an_overdrawn_account_has_nothing_available() -> None:
    assert "available $0." in (await denied(PocketLedger(-5))).text("en")


async def test_a_stream_s_limit_is_never_lowered() -> None:
    grant = await ask(PocketLedger(200_000), Request(stream=True))
    assert grant.output_limit is None
    assert grant.nanos == 200_000
    assert grant.extend_above == 40  # 80 % of the 50 tokens that are covered


async def test_no_ledger_is_503_and_not_401() -> None:
    ledger = PocketLedger(10**9)
    ledger.is_away = True
    fault = await denied(ledger)
    assert (fault.code, fault.status, fault.retry_after) == ("temporarily_unavailable", 503, 2)


@pytest.mark.parametrize(
    ("reason", "code", "status", "retry_after"),
    [
        ("account_unknown", "temporarily_unavailable", 503, 2),
        ("token_unknown", "temporarily_unavailable", 503, 2),
        ("account_disabled", "user_banned", 403, None),
        ("token_disabled", "token_disabled", 401, None),
        ("token_expired", "token_expired", 401, None),
        ("balance", "insufficient_user_quota", 402, None),
        ("budget", "token_quota_exhausted", 402, 4),
        ("rate", "rate_limit_exceeded", 429, 4),
        ("concurrency", "rate_limit_exceeded", 429, 4),
        ("slot", "upstream_saturated", 429, 4),
        ("idempotency_in_progress", "idempotency_in_progress", 409, None),
        ("idempotency_replayed", "idempotency_replayed", 409, None),
        ("idempotency_reused", "idempotency_key_reused", 422, None),
        ("resolved", "temporarily_unavailable", 503, 2),
        ("hold_unknown", "temporarily_unavailable", 503, 2),
    ],
)
async def test_each_refusal_has_its_fault(reason, code, status, retry_after) -> None:
    ledger = PocketLedger(10**9)
    ledger.refusal = Refused(
        "r1", reason, retry_after_ms=3001, detail="token day", other="r0", rate=RATE
    )
    fault = await denied(ledger)
    assert (fault.code, fault.status, fault.retry_after) == (code, status, retry_after)
    assert fault.rate is RATE
    text = fault.text("en")
    assert "{" not in text
    if status == 409:
        assert "r0" in text
    if code == "rate_limit_exceeded":
        assert "token day" in text
    if code == "token_quota_exhausted":
        assert "token's day budget" in text
        assert fault.text("zh") == "该令牌额度已用尽"


async def test_a_limit_without_a_wait_still_says_one() -> None:
    ledger = PocketLedger(0)
    ledger.refusal = Refused("r1", "concurrency", detail="account concurrency")
    assert (await denied(ledger)).retry_after == 1


async def test_rate_headers() -> None:
    assert rate_headers(None) == rate_headers(RateState()) == ()
    grant = await ask(PocketLedger(10**9, RATE), Request())
    assert dict(grant.headers()) == {
        b"x-ratelimit-limit-requests": b"60",
        b"x-ratelimit-remaining-requests": b"59",
        b"x-ratelimit-reset-requests": b"1s",
        b"x-ratelimit-limit-tokens": b"1000",
        b"x-ratelimit-remaining-tokens": b"0",
        b"x-ratelimit-reset-tokens": b"1m31s",
    }


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(-1, b"0ms"), (0, b"0ms"), (999, b"999ms"), (1001, b"2s"), (60_000, b"1m0s"),
     (7_205_000, b"2h0m5s")],
)  # fmt: skip
def test_durations(milliseconds: int, text: bytes) -> None:
    assert duration(milliseconds) == text


async def test_sent_is_told_once_and_may_be_taken_back() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request())
    grant.unsent()
    grant.mark_sent()
    grant.mark_sent()
    assert grant.was_sent
    grant.unsent()
    grant.unsent()
    assert not grant.was_sent
    assert ledger.told == [("sent", "r1"), ("unsent", "r1")]
    at_once = await ask(PocketLedger(10**9), Request(), sends_at_once=True)
    at_once.mark_sent()
    at_once.unsent()
    assert not at_once.was_sent


async def test_a_hold_that_was_swept_is_not_used() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request())
    assert await grant.confirmed()
    ledger.held.clear()
    assert not await grant.confirmed()


async def test_checkpoints_grow_and_stay_within_the_hold() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request())
    for nanos in (0, 10, 10, 5, 20, 10**12, 10**12):
        grant.checkpoint(nanos)
    grant.void(row())
    grant.checkpoint(10**13)
    assert [told[2] for told in ledger.told] == [10, 20, 2_100_000]


async def test_the_three_ends() -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request())
    grant.post(50, Usage(input_fresh=10, output_text=5, exact=True), row())
    again = await ask(ledger, Request())
    again.post_prompt(row())
    third = await ask(ledger, Request())
    third.void(row())
    assert [(r.kind, r.nanos, r.exact, r.tokens) for r in ledger.resolutions] == [
        ("post", 50, True, 15),
        ("post", 100_000, False, 100),
        ("void", 0, True, 0),
    ]
    assert ledger.available == 10**9 - 100_050


ENDS = {
    "post": lambda grant: grant.post(1, Usage(), row()),
    "post_prompt": lambda grant: grant.post_prompt(row()),
    "void": lambda grant: grant.void(row()),
    "forget": lambda grant: grant.forget(),
}


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
async def test_a_hold_ends_once(first: str, second: str) -> None:
    ledger = PocketLedger(10**9)
    grant = await ask(ledger, Request())
    assert not grant.resolved
    ENDS[first](grant)
    assert grant.resolved
    with pytest.raises(AssertionError):
        ENDS[second](grant)
    assert len(ledger.resolutions) == (first != "forget")


def test_the_scenery_costs_what_the_tests_say() -> None:
    assert CHOICES.bound(1, 0) == 1000
    assert CHOICES.bound(0, 1) == 2000
