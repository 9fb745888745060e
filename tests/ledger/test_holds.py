"""Holds and resolutions, one rule at a time, on both databases."""

import msgspec
import pytest

from tests.ledger.scene import (
    NOW_MS,
    USD,
    Desk,
    account,
    balance,
    credit,
    facts,
    hold,
    post,
    row,
    token,
    void,
)
from waystation.ledger.books import KeepLease
from waystation.ledger.messages import (
    Admitted,
    Done,
    Extend,
    Note,
    Refused,
    Resolve,
    Resolved,
    Transfer,
)
from waystation.ledger.questions import AskRow


async def test_hold_and_post(desk: Desk) -> None:
    await desk.fund(10_000)
    asked = hold("h1", 4_000)
    assert await desk.one(asked) == Admitted("h1", 4_000)
    assert await balance(desk) == (10_000, 4_000)
    assert await desk.one(post(asked, 1_500)) == Resolved("h1", "post", 1_500)
    assert await balance(desk) == (8_500, 0)
    report = await desk.assert_clean()
    assert report["posted"] == 1


async def test_repeats_get_the_first_answer(desk: Desk) -> None:
    await desk.fund(10_000)
    asked = hold("h1", 4_000)
    first = Admitted("h1", 4_000)
    assert await desk.say(asked, asked) == [first, first]
    assert await desk.one(asked) == first
    extended = Extend("h1", 1, 1_000)
    assert await desk.say(extended, extended) == [Admitted("h1", 5_000)] * 2
    assert await desk.one(extended) == Admitted("h1", 5_000)
    done = Resolved("h1", "post", 700)
    assert await desk.say(post(asked, 700), post(asked, 9), void(asked)) == [done] * 3
    assert await desk.say(post(asked, 5), void(asked)) == [done] * 2
    assert await desk.one(asked) == Refused("h1", "resolved")
    assert await desk.one(Extend("h1", 2, 1)) == Refused("h1", "resolved")
    assert await desk.one(Extend("h0", 1, 1)) == Refused("h0", "hold_unknown")
    assert await balance(desk) == (9_300, 0)
    await desk.assert_clean()


async def test_grant_is_clamped_and_refused_under_its_floor(desk: Desk) -> None:
    await desk.fund(1_000)
    asked = hold("h1", 5_000, nanos_floor=1_000)
    assert await desk.one(asked) == Admitted("h1", 1_000)
    refused = await desk.one(hold("h2", 5_000, nanos_floor=1))
    assert refused == Refused("h2", "balance", available=0)
    assert await desk.one(hold("h3", 0)) == Admitted("h3", 0)
    await desk.assert_clean()


async def test_exact_above_the_hold_takes_the_balance_and_the_rest_is_loss(desk: Desk) -> None:
    await desk.fund(1_000)
    first, other = hold("h1", 300), hold("h2", 500)
    await desk.say(first, other)
    resolved = await desk.one(post(first, 900))
    assert resolved == Resolved("h1", "post", 500, 400)
    assert await balance(desk) == (500, 500)
    assert await desk.one(post(first, 1)) == resolved
    report = await desk.assert_clean()
    assert report["loss_nanos"] == 400


async def test_inexact_never_above_the_hold(desk: Desk) -> None:
    await desk.fund(1_000)
    asked = hold("h1", 300)
    await desk.one(asked)
    assert await desk.one(post(asked, 900, exact=False)) == Resolved("h1", "post", 300, 600)
    report = await desk.assert_clean()
    assert report["inexact"] == 1


async def test_unknown_disabled_expired(desk: Desk) -> None:
    assert await desk.one(hold("h1")) == Refused("h1", "account_unknown")
    await desk.say(account(), credit(USD))
    assert await desk.one(hold("h1")) == Refused("h1", "token_unknown")
    await desk.say(token(expires_ms=NOW_MS + 1_000), account(2), token(20, account=2))
    assert await desk.one(hold("h1", token=20)) == Refused("h1", "token_unknown")
    asked = hold("h1")
    assert await desk.one(asked) == Admitted("h1", 1_000)
    desk.now_ms += 1_000
    assert await desk.one(hold("h2")) == Refused("h2", "token_expired")
    assert await desk.one(Extend("h1", 1, 10)) == Refused("h1", "token_expired")
    await desk.say(token(version=2, enabled=False))
    assert await desk.one(hold("h2")) == Refused("h2", "token_disabled")
    await desk.say(account(version=2, enabled=False))
    assert await desk.one(hold("h2")) == Refused("h2", "account_disabled")
    assert await desk.one(post(asked, 10)) == Resolved("h1", "post", 10)
    await desk.assert_clean()


async def test_an_older_version_changes_nothing(desk: Desk) -> None:
    await desk.fund()
    assert await desk.one(token(version=5)) == Done("token:10", True)
    assert await desk.one(token(version=4, enabled=False)) == Done("token:10", False)
    assert await desk.one(token(version=9, account=2)) == Done(
        "token:10", False, problem="other_account"
    )
    assert await desk.one(account(version=1, enabled=False)) == Done("account:1", False)
    assert isinstance(await desk.one(hold("h1")), Admitted)


async def test_idempotency(desk: Desk) -> None:
    await desk.fund()
    asked = hold("h1", idempotency=("k", "body"))
    await desk.one(asked)
    again = hold("h2", idempotency=("k", "body"))
    assert await desk.one(again) == Refused("h2", "idempotency_in_progress", other="h1")
    other = hold("h3", idempotency=("k", "else"))
    assert await desk.one(other) == Refused("h3", "idempotency_reused", other="h1")
    await desk.one(post(asked, 10))
    assert await desk.one(again) == Refused("h2", "idempotency_replayed", other="h1")
    desk.now_ms += 24 * 3_600_000
    assert isinstance(await desk.one(again), Admitted)
    await desk.one(void(again))
    assert isinstance(await desk.one(other), Admitted)
    await desk.assert_clean()


async def test_transfers_happen_once_and_debits_stop(desk: Desk) -> None:
    await desk.fund(1_000)
    await desk.one(hold("h1", 400))
    debit = Transfer(1, "fine", "adjust", -900, "by mistake")
    assert await desk.one(debit) == Done("fine", True, -600)
    assert await desk.say(debit, debit) == [Done("fine", False, -600)] * 2
    assert await balance(desk) == (400, 400)
    assert await desk.one(Transfer(7, "x", "topup", 1)) == Done(
        "x", False, problem="account_unknown"
    )
    assert (await desk.one(Transfer(1, "y", "topup", 10**18))).problem == "amount"
    await desk.assert_clean()


async def test_a_refund_gives_back_one_post_once(desk: Desk) -> None:
    await desk.fund(1_000)
    await desk.say(account(2), token(20, account=2))
    asked = hold("h1", 400)
    await desk.one(asked)
    assert (await desk.one(Transfer(1, "refund:h1", "refund", 10))).problem == "not_posted"
    await desk.one(post(asked, 300))
    assert (await desk.one(Transfer(1, "refund:h1", "refund", 301))).problem == "amount"
    assert (await desk.one(Transfer(2, "refund:h1", "refund", 300))).problem == "not_posted"
    assert (await desk.one(Transfer(1, "again", "refund", 300))).problem == "refund_id"
    refund = Transfer(1, "refund:h1", "refund", 300)
    assert await desk.say(refund, refund) == [
        Done("refund:h1", True, 300),
        Done("refund:h1", False, 300),
    ]
    assert await balance(desk) == (1_000, 0)
    state = await desk.one(AskRow("q", 0, asked.facts.request_id))
    kinds = [(kind, nanos) for kind, nanos, _ in state.transfers]
    assert kinds == [("pending", 400), ("post", 300), ("refund", 300)]
    await desk.assert_clean()


async def test_a_floor_above_the_balance_refuses_but_is_no_failure(desk: Desk) -> None:
    await desk.fund(1_000)
    await desk.one(account(version=2, floor=5_000))
    assert await desk.one(hold("h1", 1)) == Refused("h1", "balance", available=0)
    await desk.one(credit(4_500))
    assert await desk.one(hold("h1", 600, nanos_floor=1)) == Admitted("h1", 500)
    await desk.assert_clean()


async def test_credit_below_zero_down_to_the_floor(desk: Desk) -> None:
    await desk.say(account(floor=-500), token())
    asked = hold("h1", 800, nanos_floor=1)
    assert await desk.one(asked) == Admitted("h1", 500)
    await desk.one(post(asked, 2_000))
    assert await balance(desk) == (-500, 0)
    await desk.assert_clean()


async def test_notes_cost_nothing(desk: Desk) -> None:
    await desk.fund()
    asked = hold("none")
    await desk.one(Note(row(asked, status=402, end="refused", nanos=55)))
    state = await desk.one(AskRow("q", 1, asked.facts.request_id))
    assert (state.row.status, state.row.nanos, state.transfers) == (402, 0, ())
    await desk.assert_clean()


async def test_keys_are_forgotten_after_a_day(desk: Desk) -> None:
    await desk.fund()
    await desk.one(KeepLease())
    await desk.one(hold("h1", idempotency=("k", "body")))
    desk.now_ms += 26 * 3_600_000
    await desk.say(KeepLease(), hold("h2"))
    assert isinstance(await desk.one(hold("h3", idempotency=("k", "else"))), Admitted)


async def test_the_row_stands_where_the_money_came_from(desk: Desk) -> None:
    await desk.fund()
    asked = hold("h1", facts=facts(account_id=7, token_id=77, request_id="gen-odd"))
    await desk.one(asked)
    await desk.one(post(asked, 5))
    assert (await desk.one(AskRow("q", 1, "gen-odd"))).row.facts.token_id == 10
    assert (await desk.one(AskRow("q", 7, "gen-odd"))).row is None
    await desk.assert_clean()


async def test_rows_belong_to_their_account(desk: Desk) -> None:
    await desk.fund()
    asked = hold("h1", facts=facts(account_id=1, request_id="gen-mine"))
    await desk.one(asked)
    pending = await desk.one(AskRow("q", 1, "gen-mine"))
    assert pending.pending
    assert pending.row is None
    assert (await desk.one(AskRow("q", 2, "gen-mine"))).pending is False
    await desk.one(post(asked, 3))
    assert (await desk.one(AskRow("q", 2, "gen-mine"))).row is None
    assert (await desk.one(AskRow("q", 0, "gen-mine"))).row.nanos == 3


async def test_absurd_numbers_and_words_are_survived(desk: Desk) -> None:
    await desk.fund()
    strange = facts(model="m\x00\ud7ff模型", request_id="gen-\x00")
    asked = hold("h1", 2**63, nanos_floor=-5, tokens=-1, prompt_nanos=2**64 - 1, facts=strange)
    assert await desk.one(asked) == Admitted("h1", USD)
    answer = await desk.one(
        Resolve("h1", "post", -7, True, 2**63, row(asked, input_tokens=2**64 - 1, code="\x00"))
    )
    assert answer == Resolved("h1", "post", 0)
    await desk.assert_clean()


async def test_a_resolution_of_nothing_is_a_void(desk: Desk) -> None:
    await desk.fund()
    assert await desk.one(post(hold("never"), 5)) == Resolved("never", "void", 0)
    assert await balance(desk) == (USD, 0)
    await desk.assert_clean()


async def test_one_bad_command_does_not_stop_the_others(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.fund()
    good, other = hold("h1"), hold("h2")
    bad = hold("h3", facts=facts(created_ms="soon"))
    bad = msgspec.structs.replace(bad, group=object())
    told = await desk.say(good, bad, other, Transfer(1, "gift", "grant", 10))
    assert told == [
        Admitted("h1", 1_000),
        Refused("h3", "account_unknown", detail="internal_error"),
        Admitted("h2", 1_000),
        Done("gift", True, 10),
    ]
    assert "set aside: Hold" in caplog.text
    worse = post(good, 5)
    worse = msgspec.structs.replace(worse, row=msgspec.structs.replace(worse.row, status="fine"))
    assert await desk.say(worse) == [None]
    assert await desk.say(worse, post(other, 3)) == [None, Resolved("h2", "post", 3)]
    assert await desk.one(post(good, 5)) == Resolved("h1", "post", 5)
    await desk.assert_clean()
