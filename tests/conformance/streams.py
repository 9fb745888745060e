"""What must hold for every chat or completion stream, whoever made it."""

from collections.abc import Sequence
from typing import Any

from tests.conformance.spec import fits


def check(chunks: Sequence[Any], *, choices: int = 1, usage: bool = False) -> None:
    """chunks: of the SDK. One id and one created, the role first, one finish for each choice, and
    the usage chunk when it was asked for only."""
    assert chunks
    assert len({chunk.id for chunk in chunks}) == 1
    assert len({chunk.created for chunk in chunks}) == 1
    assert len({chunk.model for chunk in chunks}) == 1
    with_usage = [chunk for chunk in chunks if chunk.usage is not None]
    assert len(with_usage) == (1 if usage else 0)
    if usage:
        assert with_usage == [chunks[-1]]
        assert chunks[-1].choices == []
    assert all(chunk.choices for chunk in chunks[: len(chunks) - len(with_usage)])
    seen: dict[int, list[Any]] = {}
    for chunk in chunks:
        for choice in chunk.choices:
            seen.setdefault(choice.index, []).append(choice)
    assert sorted(seen) == list(range(choices))
    for each in seen.values():
        finished = [choice for choice in each if choice.finish_reason is not None]
        assert len(finished) == 1
        if hasattr(each[0], "delta"):
            assert each[0].delta.role == "assistant"
            assert all(choice.delta.role is None for choice in each[1:])
            after = each[each.index(finished[0]) + 1 :]
            assert not [one for one in after if one.delta.content or one.delta.tool_calls]


def text(chunks: Sequence[Any], index: int = 0) -> str:
    """The content of one choice, put together."""
    return "".join(
        choice.delta.content or ""
        for chunk in chunks
        for choice in chunk.choices
        if choice.index == index
    )


def calls(chunks: Sequence[Any], index: int = 0) -> list[tuple[str, str, str]]:
    """(id, name, arguments) of each tool call; id, type and name come once, in the first piece."""
    made: dict[int, list[str]] = {}
    for chunk in chunks:
        for choice in chunk.choices:
            for piece in (choice.delta.tool_calls or ()) if choice.index == index else ():
                if piece.index not in made:
                    assert piece.type == "function"
                    made[piece.index] = [piece.id, piece.function.name, ""]
                else:
                    assert piece.id is None
                    assert piece.function.name is None
                made[piece.index][2] += piece.function.arguments or ""
    return [(one[0], one[1], one[2]) for _, one in sorted(made.items())]


def fits_chunk(chunk: Any) -> None:
    """The document forbids the null that it describes, and that every vendor sends."""
    told = chunk.model_dump(exclude_unset=True)
    for choice in told["choices"]:
        if choice["finish_reason"] is None:
            choice["finish_reason"] = "stop"
    fits("CreateChatCompletionStreamResponse", told)
