"""Reranking on the demo's wire: by the overlap of words, in Jina's shape."""

from typing import Any

from waystation.demo.embedding import DIMENSIONS_DEFAULT, embed
from waystation.demo.others import BadRequest
from waystation.demo.words import digest, tokens

_PLACES = 8


def rerank(body: dict[str, Any]) -> dict[str, Any]:
    query, documents = _text(body.get("query")), body.get("documents")
    if not isinstance(documents, list) or not documents:
        raise BadRequest("documents must be a list that is not empty")
    texts = [_text(document) for document in documents]
    asked = embed(query, DIMENSIONS_DEFAULT)
    scores = [_score(asked, embed(text, DIMENSIONS_DEFAULT)) for text in texts]
    order = sorted(range(len(texts)), key=lambda index: (-scores[index], index))
    top = body.get("top_n")
    results: list[dict[str, Any]] = [
        {"index": index, "relevance_score": scores[index]}
        for index in (order[:top] if isinstance(top, int) else order)
    ]
    if body.get("return_documents"):
        for result in results:
            result["document"] = {"text": texts[result["index"]]}
    total = sum(len(tokens(text)) or 1 for text in texts) + len(texts) * len(tokens(query))
    return {
        "id": f"rerank-demo{digest(query, *texts):016x}",
        "model": body.get("model"),
        "results": results,
        "usage": {"prompt_tokens": total, "total_tokens": total},
    }


def _text(value: Any) -> str:
    found = value.get("text") if isinstance(value, dict) else value
    if not isinstance(found, str):
        raise BadRequest("query and documents must be texts")
    return found


def _score(one: list[float], other: list[float]) -> float:
    """0 to 1."""
    return round(max(0.0, sum(a * b for a, b in zip(one, other, strict=True))), _PLACES)
