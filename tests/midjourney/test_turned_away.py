"""Submits that are not taken, or not twice: banned words, full queues, limits, repeats."""

import asyncio

import pytest

from tests.midjourney.conftest import Begin, channel
from tests.midjourney.pictures import bare
from tests.midjourney.proxy import FakeProxy
from tests.midjourney.studio import Studio
from tests.support.wire import Reply

pytestmark = pytest.mark.untraced


async def test_a_balance_for_one_of_ten(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)], wanted={"credit": "0.1"}, runs=False)
    post = studio.post
    replies = await asyncio.gather(
        *(post("/mj/submit/imagine", {"prompt": f"cat {n}"}) for n in range(10))
    )
    good = [reply for reply in replies if reply.status == 200]
    assert len(good) == 1
    refused = next(reply for reply in replies if reply.status != 200)
    assert refused.status == 402
    assert refused.json()["description"] == "quota_not_enough"
    assert refused.error["code"] == "insufficient_user_quota"
    await studio.post(f"/mj/task/{good[0].json()['result']}/cancel")


async def test_banned_words_hold_nothing(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin([channel("mj", proxy.url)], midjourney={"banned_words": ["nude", "裸体"]})
    told = await studio.imagine("a NUDE cat --ar 2:1")
    assert told["code"] == 24
    assert told["description"] == "可能包含敏感词"
    assert told["result"] is None
    assert told["properties"] == {"promptEn": "a NUDE cat --ar 2:1", "bannedWord": "NUDE"}
    assert (await studio.imagine("一个裸体的人"))["code"] == 24
    account = await studio.station.account()
    assert (account.held, account.spent) == (0, 0)
    assert (await studio.get("/mj/task/list")).json() == []
    assert (await studio.imagine("denuded hills --no nude"))["code"] == 1
    assert len(proxy.submits()) <= 1


async def test_banned_words_may_be_taken_out(begin: Begin, proxy: FakeProxy) -> None:
    options = {"banned_words": ["nude"], "banned": "remove"}
    studio = await begin([channel("mj", proxy.url)], midjourney=options)
    task_id = await studio.made("a nude cat --ar 2:1")
    await studio.task(task_id, "SUBMITTED")
    assert proxy.submits()[0].body["prompt"] == "a cat --ar 2:1"


async def test_full_queues(begin: Begin, proxy: FakeProxy) -> None:
    full = channel("mj", proxy.url, limits={"concurrency": 1})
    studio = await begin([full], midjourney={"queue": 1}, runs=False)
    first, second, third = [await studio.imagine(f"cat {n}") for n in range(3)]
    assert (first["code"], second["code"], third["code"]) == (1, 1, 23)
    assert "numberOfQueues" not in first["properties"]
    assert second["properties"]["numberOfQueues"] == 1
    assert third["result"] is None
    assert set(third["properties"]) == {"discordInstanceId"}
    reply = await studio.get("/mj/task/list")
    assert {task["id"] for task in reply.json()} == {first["result"], second["result"]}
    await studio.start_runner()
    for number, told in enumerate((first, second)):
        await studio.task(told["result"], "SUBMITTED")
        next(job for job in proxy.jobs if job.body["prompt"] == f"cat {number}").finish()
        await studio.task(told["result"], "SUCCESS")


async def test_code_22_only_when_asked_for(begin: Begin, proxy: FakeProxy) -> None:
    full = channel("mj", proxy.url, limits={"concurrency": 1})
    studio = await begin([full], midjourney={"queue_code_22": True}, runs=False)
    await studio.imagine("cat")
    told = await studio.imagine("dog")
    assert told["code"] == 22
    assert told["description"] == "排队中，前面还有1个任务"
    assert told["properties"]["numberOfQueues"] == 1
    await studio.start_runner()
    await studio.task(told["result"], "NOT_START")
    for each in (await studio.get("/mj/task/queue")).json():
        await studio.post(f"/mj/task/{each['id']}/cancel")
    for job in list(proxy.jobs):
        job.finish()


async def test_limits_of_the_account(begin: Begin) -> None:
    nowhere = channel("mj", "http://127.0.0.1:9")
    studio = await begin([nowhere], midjourney={"account_queue": 1, "account_day": 5}, runs=False)
    told = await studio.imagine("cat")
    refused = await studio.imagine("dog")
    assert (refused["code"], refused["description"]) == (4, "队列数已达上限")
    assert (await studio.post(f"/mj/task/{told['result']}/cancel")).json()["code"] == 1


@pytest.mark.parametrize("limit", ["account_day", "account_total", "account_concurrency"])
async def test_limits_of_the_account_hold_for_submits_at_one_moment(
    begin: Begin, limit: str
) -> None:
    nowhere = channel("mj", "http://127.0.0.1:9", limits={"concurrency": 5})
    studio = await begin([nowhere], midjourney={limit: 1}, runs=False)
    told = await asyncio.gather(
        *(studio.imagine(f"cat {n}", base64Array=[bare()]) for n in range(6))
    )
    assert sorted(each["code"] for each in told) == [1, 4, 4, 4, 4, 4]


async def test_a_queue_is_not_overrun_at_one_moment(begin: Begin) -> None:
    nowhere = channel("mj", "http://127.0.0.1:9", limits={"concurrency": 1})
    studio = await begin([nowhere], midjourney={"queue": 1}, runs=False)
    told = await asyncio.gather(
        *(studio.imagine(f"cat {n}", base64Array=[bare()]) for n in range(6))
    )
    assert sorted(each["code"] for each in told) == [1, 1, 23, 23, 23, 23]


async def test_a_repeat_is_known_though_nothing_more_is_taken(begin: Begin) -> None:
    nowhere = channel("mj", "http://127.0.0.1:9", limits={"concurrency": 1})
    studio = await begin([nowhere], midjourney={"queue": 0, "account_day": 1}, runs=False)

    async def told(key: str, prompt: str = "cat") -> Reply:
        body = {"prompt": prompt, "base64Array": [bare()]}
        return await studio.post("/mj/submit/imagine", body, idempotency_key=key)

    first, again = [(await told("k")).json() for _ in range(2)]
    assert (first["code"], again["code"]) == (1, 1)
    assert first["result"] == again["result"]
    assert (await told("k", "dog")).status == 422
    assert (await told("another")).json()["code"] == 4


async def test_a_rate_limit_is_a_429_of_code_30(begin: Begin, proxy: FakeProxy) -> None:
    studio = await begin(
        [channel("mj", proxy.url)], wanted={"account": {"limits": {"rpm": 1}}}, runs=False
    )
    told = await studio.imagine("cat")
    reply = await studio.post("/mj/submit/imagine", {"prompt": "dog"})
    assert (reply.status, reply.json()["code"]) == (429, 30)
    assert int(reply.headers["retry-after"]) > 0
    await studio.post(f"/mj/task/{told['result']}/cancel")


async def test_no_group_offers_it(begin: Begin, proxy: FakeProxy) -> None:
    one = channel("mj", proxy.url, models=["mj_imagine"])
    studio = await begin([one])
    reply = await studio.post("/mj/submit/shorten", {"prompt": "a long prompt"})
    assert reply.status == 404
    assert reply.json()["description"] == "model_not_available_in_group"


async def test_repeats_with_an_idempotency_key_are_one_task(
    studio: Studio, proxy: FakeProxy
) -> None:
    body = {"prompt": "cat", "base64Array": [bare()]}
    first, second = [
        await studio.post("/mj/submit/imagine", body, idempotency_key="k-1") for _ in range(2)
    ]
    assert first.json()["result"] == second.json()["result"]
    await studio.task(first.json()["result"], "SUBMITTED")
    assert len(proxy.submits()) == 1
    assert proxy.submits()[0].body["base64Array"][0].startswith("data:image/png;base64,")


async def test_swapping_faces_is_off_until_switched_on(begin: Begin, proxy: FakeProxy) -> None:
    body = {"sourceBase64": bare(), "targetBase64": bare("red")}
    studio = await begin([channel("mj", proxy.url)], midjourney={"swap_face": True})
    told = (await studio.post("/mj/insight-face/swap", body)).json()
    assert told["code"] == 1
    await studio.task(told["result"], "SUBMITTED")
    (sent,) = proxy.submits()
    assert sent.path == "/mj/insight-face/swap"
    assert sent.body["sourceBase64"].startswith("data:image/png;base64,")
    assert (await studio.fetch(told["result"]))["botType"] == "INSIGHT_FACE"
