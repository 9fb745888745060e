"""Completions, embeddings, moderations, models and refusals by the official Python SDK."""

import json
from typing import Any

import openai
import pytest

from tests.conformance import streams
from tests.conformance.conftest import openai_client
from tests.conformance.serving import NARROW_KEY, OFF_KEY, POOR_KEY, Server
from tests.conformance.spec import fits
from tests.conformance.words import user


def test_completion(client: openai.OpenAI) -> None:
    raw = client.completions.with_raw_response.create(model="demo-completion", prompt="It rained")
    reply = raw.parse()
    assert reply.object == "text_completion"
    assert reply.choices[0].finish_reason == "length"  # 16 tokens, as documented
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 16
    fits("CreateCompletionResponse", json.loads(raw.text))


def test_completion_prompts(client: openai.OpenAI) -> None:
    reply = client.completions.create(
        model="demo-completion", prompt=["One", "Two"], n=2, echo=True, max_tokens=60
    )
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert [choice.text[:3] for choice in reply.choices] == ["One", "One", "Two", "Two"]
    by_ids = client.completions.create(model="demo-completion", prompt=[[1, 2, 3], [4]])
    assert len(by_ids.choices) == 2


def test_completion_streamed(client: openai.OpenAI) -> None:
    whole = client.completions.create(model="demo-completion", prompt="It rained", max_tokens=40)
    chunks = list(
        client.completions.create(
            model="demo-completion",
            prompt="It rained",
            max_tokens=40,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    streams.check(chunks, usage=True)
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].text
    plain = list(client.completions.create(model="demo-completion", prompt="It", stream=True))
    streams.check(plain)


async def test_completion_async(async_client: openai.AsyncOpenAI) -> None:
    reply = await async_client.completions.create(model="demo-completion", prompt="It rained")
    assert reply.choices[0].text


def test_embeddings_as_the_sdk_asks(client: openai.OpenAI) -> None:
    """Without a format the SDK asks for base64 and decodes it."""
    texts = ["a red apple", "a red pear", "rain in Oslo"]
    reply = client.embeddings.create(model="demo-embedding", input=texts)
    assert [item.index for item in reply.data] == [0, 1, 2]
    assert {len(item.embedding) for item in reply.data} == {256}
    assert reply.model == "demo-embedding"
    apple, pear, rain = (item.embedding for item in reply.data)
    assert cosine(apple, apple) == pytest.approx(1, abs=1e-5)
    assert cosine(apple, pear) > cosine(apple, rain)


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_embeddings_as_floats(client: openai.OpenAI) -> None:
    raw = client.embeddings.with_raw_response.create(
        model="demo-embedding", input="a red apple", encoding_format="float", dimensions=64
    )
    floats = raw.parse().data[0].embedding
    packed = client.embeddings.create(model="demo-embedding", input="a red apple", dimensions=64)
    assert packed.data[0].embedding == pytest.approx(floats, abs=1e-6)
    assert len(floats) == 64
    fits("CreateEmbeddingResponse", json.loads(raw.text))


def test_embeddings_of_token_ids(client: openai.OpenAI) -> None:
    one = client.embeddings.create(model="demo-embedding", input=[1, 2, 3])
    many = client.embeddings.create(model="demo-embedding", input=[[1, 2, 3], [4, 5]])
    assert len(one.data) == 1
    assert len(many.data) == 2
    assert many.data[0].embedding == one.data[0].embedding
    assert one.usage.prompt_tokens == 3
    assert many.usage.prompt_tokens == 5


async def test_embeddings_async(async_client: openai.AsyncOpenAI) -> None:
    reply = await async_client.embeddings.create(model="demo-embedding", input="rain")
    assert len(reply.data[0].embedding) == 256


def test_moderations(client: openai.OpenAI, server: Server) -> None:
    raw = client.moderations.with_raw_response.create(
        model="demo-moderation", input=["a red apple", "I will kill you"]
    )
    first, second = raw.parse().results
    assert not first.flagged
    assert second.flagged
    assert second.categories.violence
    receipt = server.receipt(raw.headers["x-request-id"])
    assert receipt["cost_usd"] == pytest.approx(0.002)  # a tenth of a cent a call, twice
    fits("CreateModerationResponse", json.loads(raw.text))


def test_models(client: openai.OpenAI, server: Server) -> None:
    names = [model.id for model in client.models.list()]
    assert {"demo-chat", "demo-embedding", "slow-chat"} <= set(names)
    assert "elsewhere-chat" not in names
    one = client.models.retrieve("demo-chat")
    assert one.object == "model"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"
    with openai_client(server, api_key=NARROW_KEY) as narrow:
        assert [model.id for model in narrow.models.list()] == ["demo-embedding"]
    fits("ListModelsResponse", json.loads(client.models.with_raw_response.list().text))


def test_a_model_of_an_organisation(client: openai.OpenAI) -> None:
    """The SDK sends the slash as %2F."""
    name = "org/demo-chat:free"
    assert name in [model.id for model in client.models.list()]
    assert client.models.retrieve(name).id == name
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("org/no-such")
    assert caught.value.code == "model_not_found"
    reply = client.chat.completions.create(model=name, messages=user("Rain"))
    assert reply.model == name


def refusal(server: Server, expected: type[openai.APIStatusError], **options: Any) -> Any:
    """What the SDK raised."""
    model = options.pop("model", "demo-chat")
    with openai_client(server, **options) as client, pytest.raises(expected) as caught:
        client.chat.completions.create(model=model, messages=user("Rain"))
    error = caught.value
    assert error.request_id
    assert f"(request id: {error.request_id})" in error.message
    assert type(error) is expected
    return error


def test_a_wrong_key(server: Server) -> None:
    error = refusal(server, openai.AuthenticationError, api_key="sk-" + "x" * 48)
    assert error.code == "invalid_api_key"
    assert error.type == "authentication_error"
    fits("ErrorResponse", json.loads(error.response.text))


def test_a_key_that_is_off(server: Server) -> None:
    assert refusal(server, openai.AuthenticationError, api_key=OFF_KEY).code == "token_disabled"


def test_no_money(server: Server) -> None:
    error = refusal(server, openai.APIStatusError, api_key=POOR_KEY)
    assert error.status_code == 402
    assert error.code == "insufficient_user_quota"
    assert error.type == "insufficient_quota"


def test_a_model_that_the_token_may_not_use(server: Server) -> None:
    error = refusal(server, openai.PermissionDeniedError, api_key=NARROW_KEY)
    assert error.code == "model_not_allowed"


def test_an_unknown_model(server: Server) -> None:
    error = refusal(server, openai.NotFoundError, model="demo-chatt")
    assert error.code == "model_not_found"
    assert "demo-chat" in error.message  # the near one
    elsewhere = refusal(server, openai.NotFoundError, model="elsewhere-chat")
    assert elsewhere.code == "model_not_available_in_group"
    assert elsewhere.body["available_groups"] == ["elsewhere"]


def test_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="demo-chat", messages=None)  # type: ignore[arg-type]
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param == "messages"
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(
            model="demo-embedding",
            input="x",
            encoding_format="hex",  # type: ignore[arg-type]
        )
    assert caught.value.param == "encoding_format"
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="demo-embedding", input="x", dimensions=5000)
    assert "4096" in caught.value.message


def test_an_unknown_address(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.get("/chat/completion", cast_to=object)
    assert caught.value.code == "unknown_url"
    assert "Invalid URL (GET /v1/chat/completion)" in caught.value.message


async def test_many_at_once(async_client: openai.AsyncOpenAI) -> None:
    import asyncio

    replies = await asyncio.gather(
        *(
            async_client.chat.completions.create(model="demo-chat", messages=user(f"Number {n}"))
            for n in range(24)
        )
    )
    for number, reply in enumerate(replies):
        assert f"Number {number}" in (reply.choices[0].message.content or "")
    assert len({reply.id for reply in replies}) == 24
