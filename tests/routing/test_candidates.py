import pytest

from tests.routing.scenery import channel, group, query, snapshot
from waystation.errors import Fault
from waystation.ledger.prices import PriceRow
from waystation.routing import candidates as module
from waystation.routing.candidates import Directory
from waystation.routing.query import Query
from waystation.routing.snapshot import Snapshot


def found(snap: Snapshot, asked: Query, now_ms: int = 0) -> list[tuple[str, int, str]]:
    chosen = Directory(snap).candidates(asked, now_ms)
    return [(c.group, c.channel.id, c.rate.text) for c in chosen.candidates]


def refused(snap: Snapshot, asked: Query) -> Fault:
    with pytest.raises(Fault) as caught:
        Directory(snap).candidates(asked, 0)
    return caught.value


THREE = [channel(1), channel(2), channel(3)]


def test_without_groups_the_account_s_own_serves() -> None:
    snap = snapshot(THREE, [group("default", 1, 2, rate="1.5"), group("vip", 3)])
    assert found(snap, query()) == [("default", 1, "1.5"), ("default", 2, "1.5")]


def test_groups_in_the_token_s_order_then_priorities() -> None:
    snap = snapshot(THREE, [group("a", (1, 5), (2, 0)), group("b", 3, rate="0.6")])
    chosen = Directory(snap).candidates(query(groups=("b", "a"), granted=True), 0)
    assert [[c.channel.id for c in tier.candidates] for tier in chosen.tiers] == [[3], [2], [1]]
    assert [tier.group for tier in chosen.tiers] == ["b", "a", "a"]


def test_equal_priorities_make_one_tier_and_groups_do_not_mix() -> None:
    snap = snapshot(THREE, [group("a", 1, 2), group("b", 3)])
    chosen = Directory(snap).candidates(query(groups=("a", "b"), granted=True), 0)
    assert [[c.channel.id for c in tier.candidates] for tier in chosen.tiers] == [[1, 2], [3]]


def test_a_comma_separated_group_is_a_list() -> None:
    snap = snapshot(THREE, [group("a", 1), group("b", 2)])
    asked = query(groups=("b, a,,b",), granted=True)
    assert found(snap, asked) == [("b", 2, "1"), ("a", 1, "1")]


def test_auto_is_the_operator_s_list_of_what_the_account_may_use() -> None:
    groups = [
        group("default", 1),
        group("open", 2, selectable=True),
        group("vips", 3, selectable=True, allowed_account_groups=("vip",)),
        group("closed", 3),
    ]
    snap = snapshot(THREE, groups, auto_groups=("closed", "vips", "open", "gone", "default"))
    asked = query(groups=("auto",), granted=True)
    assert [g for g, _, _ in found(snap, asked)] == ["open", "default"]
    vip = query(groups=("auto",), account_group="vip")
    assert [g for g, _, _ in found(snap, vip)] == ["vips", "open"]


def test_a_special_rate_replaces_the_group_s() -> None:
    snap = snapshot(THREE, [group("default", 1, rate="3")], rates={("default", "default"): "0.5"})
    assert found(snap, query()) == [("default", 1, "0.5")]


def test_a_group_that_may_not_be_used_is_refused_unless_granted() -> None:
    snap = snapshot(THREE, [group("default", 1), group("closed", 2)])
    fault = refused(snap, query(groups=("closed",)))
    assert (fault.code, fault.status) == ("group_not_allowed", 403)
    assert "closed" in fault.text("en")
    assert "closed" in fault.text("zh")
    assert refused(snap, query(groups=("gone",), granted=True)).code == "group_not_allowed"
    assert found(snap, query(groups=("closed",), granted=True)) == [("closed", 2, "1")]
    assert found(snap, query(groups=("closed", "default"))) == [("default", 1, "1")]


def test_a_group_granted_to_the_account_may_be_used_and_is_told() -> None:
    channels = [channel(1), channel(2, models=("other",))]
    snap = snapshot(channels, [group("default", 1), group("closed", 2)])
    granted = {"granted_groups": ("closed",), "model": "other"}
    assert found(snap, query(groups=("closed",), **granted)) == [("closed", 2, "1")]
    assert refused(snap, query(**granted)).extra == {"available_groups": ["closed"]}


def test_the_allow_list_of_the_token() -> None:
    snap = snapshot([channel(1, models=("*",))], [group("default", 1)])
    assert found(snap, query(model="gpt-4o", models=("gpt-*",)))
    fault = refused(snap, query(model="claude", models=("gpt-*", "o3")))
    assert (fault.code, fault.status) == ("model_not_allowed", 403)
    assert "claude" in fault.text("en")


def test_names_wildcards_and_maps() -> None:
    channels = [
        channel(1, models=("gpt-4o",)),
        channel(2, models=("gpt-*",)),
        channel(3, models=(), model_map={"gpt-4o": "deployment", "alias-*": "target"}),
    ]
    directory = Directory(snapshot(channels, [group("default", 1, 2, 3)]))

    def served(model: str) -> list[tuple[int, str]]:
        chosen = directory.candidates(query(model=model), 0)
        return [(c.channel.id, c.upstream_model) for c in chosen.candidates]

    assert served("gpt-4o") == [(1, "gpt-4o"), (2, "gpt-4o"), (3, "deployment")]
    assert served("gpt-5") == [(2, "gpt-5")]
    assert served("alias-x") == [(3, "target")]


def test_only_channels_that_speak_the_operation_and_have_the_features() -> None:
    channels = [channel(1, paths={"embedding": "/e"}), channel(2, tools=False), channel(3)]
    snap = snapshot(channels, [group("default", 1, 2, 3)])
    assert [id for _, id, _ in found(snap, query())] == [2, 3]
    assert [id for _, id, _ in found(snap, query(needs=frozenset({"tools"})))] == [3]
    assert [id for _, id, _ in found(snap, query(operation="embedding"))] == [1]
    assert refused(snap, query(operation="moderation")).code == "model_not_found"


def test_the_model_is_elsewhere() -> None:
    groups = [
        group("default", 1),
        group("official", 2, selectable=True),
        group("azure", 2, 3, selectable=True, allowed_account_groups=("default",)),
        group("hidden", 2),
        group("vips", 2, selectable=True, allowed_account_groups=("vip",)),
    ]
    channels = [channel(1), channel(2, models=("gpt-4o",)), channel(3)]
    fault = refused(snapshot(channels, groups), query(model="gpt-4o"))
    assert (fault.code, fault.status, fault.param) == ("model_not_available_in_group", 404, "model")
    assert fault.extra == {"available_groups": ["official", "azure"]}
    assert fault.text("zh") == (
        "当前分组 default 下对于模型 gpt-4o 无可用渠道；可用分组：official, azure"
    )
    assert "available in: official, azure" in fault.text("en")


def test_the_model_is_nowhere() -> None:
    groups = [group("default", 1), group("hidden", 2)]
    channels = [channel(1, models=("gpt-4o", "gpt-4o-mini")), channel(2, models=("gpt-4o-secret",))]
    snap = snapshot(channels, groups)
    fault = refused(snap, query(model="gpt4o"))
    assert (fault.code, fault.status) == ("model_not_found", 404)
    assert fault.extra["close_models"][0] == "gpt-4o"
    assert "gpt-4o-secret" not in fault.extra["close_models"]
    assert fault.text("en") == "The model gpt4o does not exist (gpt-4o, gpt-4o-mini?)."
    plain = refused(snap, query(model="zzz"))
    assert plain.text("en") == "The model zzz does not exist."
    assert plain.extra == {}
    assert len(refused(snap, query(model="x" * 100_000)).text("en")) < 200


def test_what_has_no_price_is_dropped_and_the_demo_is_free() -> None:
    channels = [channel(1), channel(2, free_by_default=True)]
    snap = snapshot(channels, [group("default", 1, 2)], prices=())
    (only,) = Directory(snap).candidates(query(), 0).candidates
    assert (only.channel.id, only.price.version) == (2, "free")
    fault = refused(snapshot(channels, [group("default", 1)], prices=()), query())
    assert (fault.code, fault.status) == ("price_not_configured", 503)
    assert fault.retry_after


def test_prices_and_costs_are_those_of_the_model_asked_for() -> None:
    prices = [PriceRow(model="m", input="7"), PriceRow(model="target", input="1")]
    mapped = channel(1, models=(), model_map={"m": "target"}, cost={"*": "0.8", "m": "0.75"})
    snap = snapshot([mapped, channel(2)], [group("default", 1, 2)], prices=prices)
    first, second = Directory(snap).candidates(query(), 0).candidates
    assert first.price.model == second.price.model == "m"
    assert first.cost is not None
    assert first.cost.text == "0.75"
    assert second.cost is None


def test_a_remembered_answer_follows_the_price() -> None:
    prices = [PriceRow(model="m", input="1"), PriceRow(model="m", input="2", effective_ms=50)]
    directory = Directory(snapshot(THREE, [group("default", 1)], prices=prices))
    early = directory.candidates(query(), 49)
    assert directory.candidates(query(), 49) is early
    late = directory.candidates(query(), 50)
    assert late.first.price.effective_ms == 50
    assert early.first.price.effective_ms == 0


def test_answers_remembered_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED_MAX", 10)
    directory = Directory(snapshot([channel(1, models=("*",))], [group("default", 1)]))
    for number in range(100):
        directory.candidates(query(model=f"m{number}"), 0)
    assert len(directory._remembered) <= 10


def test_a_pinned_channel_is_for_operators() -> None:
    snap = snapshot(THREE, [group("default", 1, 2, rate="2"), group("other", 3)])
    assert refused(snap, query(pinned_channel=2)).code == "channel_not_allowed"
    operator = {"operator": True, "account_group": "default"}
    assert found(snap, query(pinned_channel=2, **operator)) == [("default", 2, "2")]
    assert found(snap, query(pinned_channel=3, **operator)) == [("default", 3, "2")]
    assert refused(snap, query(pinned_channel=9, **operator)).code == "invalid_value"
    assert refused(snap, query(pinned_channel=2, model="x", **operator)).status == 400
    assert refused(snap, query(pinned_channel=2, operation="moderation", **operator)).status == 400


def test_models_of_a_caller() -> None:
    channels = [
        channel(1, models=("b", "a", "gpt-*")),
        channel(2, models=("c",), model_map={"d": "x", "e*": "y"}),
        channel(3, models=("hidden",)),
        channel(4, models=("free",), free_by_default=True),
        channel(5, models=("other",), paths={"embedding": "/e"}),
    ]
    prices = [PriceRow(model=name, input="1") for name in ("a", "b", "c", "hidden", "other")]
    groups = [group("default", 1, 2, 4, 5), group("hidden", 3)]
    directory = Directory(snapshot(channels, groups, prices=prices))
    assert list(directory.models(query(), 0)) == ["b", "a", "c", "free", "other"]
    assert directory.models(query(models=("a", "f*")), 0) == {"a": "openai", "free": "openai"}
    assert list(directory.models(query(groups=("hidden",), granted=True), 0)) == ["hidden"]
    assert directory.models(query(groups=("hidden",)), 0) == {}
    assert directory.serves(query(model="gpt-9")) == "openai"
    assert directory.serves(query(model="hidden")) is None
    assert directory.serves(query(model="a", models=("b",))) is None


def test_a_channel_named_twice_or_gone_counts_once_or_not() -> None:
    snap = snapshot([channel(1)], [group("default", (1, 3), (1, 1), 9)])
    (only,) = Directory(snap).candidates(query(), 0).candidates
    assert only.priority == 1


def test_the_bound_is_the_dearest_tariff_s() -> None:
    groups = [group("a", 1, rate="1"), group("b", 2, rate="5")]
    chosen = Directory(snapshot(THREE, groups)).candidates(
        query(groups=("a", "b"), granted=True), 0
    )
    assert chosen.bound(10, 10) == 5 * (10 * 1000 + 10 * 2000)
    assert len(chosen.tariffs) == 2
