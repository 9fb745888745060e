"""A rerank request, read and passed on.

What all vendors understand stays as it is; `{"text": …}` becomes the text, which all of them take.
A vendor that refuses to return documents is not asked to: the reader puts them in.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.operation import Receipt, StreamReader, Target
from waystation.dialects.rerank.reply import RerankReply
from waystation.errors import Fault
from waystation.kernel.estimate import tokens_bound, tokens_guess
from waystation.kernel.scalars import count, flag, is_null, kind, required_text
from waystation.kernel.strictjson import Fields, raw_of, read_object, rebuild
from waystation.meter.openai import Limits
from waystation.meter.rerank import reader
from waystation.meter.tally import Tally

Headers = Callable[[str], str | None]

DOCUMENTS_MOST = 10_000
TEMPLATE_TOKENS = 128
"""What a reranker's own instruction adds to each pair of query and document."""
UNIT_DOCUMENTS = 100
UNIT_CHUNK_TOKENS = 500
"""Of a search unit, as Cohere counts: so many documents, longer ones counted in pieces."""

_DROPPED_WHERE_REFUSED = ("return_documents", "rank_fields", "max_chunks_per_doc", "instruction")
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    text: str


_decode_text = msgspec.json.Decoder(_Text).decode


class RerankOperation:
    """Implements `Operation`. documents: as they go out."""

    __slots__ = ("_body", "_fields", "documents", "model", "prompt_tokens", "returns_documents")

    name = "rerank"
    dialect = "rerank"
    expects_output = False
    fans_out = False
    stream = False
    n = 1
    choices = 1
    output_limit = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None

    def __init__(self, body: bytes, fields: Fields) -> None:
        self._body = body
        self._fields = fields
        self.model = required_text(fields, "model")
        _check_query(fields)
        self.documents = _documents(fields)
        count(fields, "top_n", DOCUMENTS_MOST)
        self.returns_documents = flag(fields, "return_documents")
        query = tokens_bound(bytes(fields["query"]))
        pairs = len(self.documents)
        self.prompt_tokens = tokens_bound(body) + pairs * (query + TEMPLATE_TOKENS)

    def body_for(self, target: Target) -> bytes:
        edits: dict[str, msgspec.Raw | None] = {"model": raw_of(target.upstream_model)}
        for name in _DROPPED_WHERE_REFUSED:
            if name in target.refuses and name in self._fields:
                edits[name] = None
        edits.update(target.overrides)
        return rebuild(self._fields, edits)

    def reply_reader(self, target: Target, receipt: Receipt) -> RerankReply:
        limits = Limits(self.prompt_tokens, output_tokens=0, answers=False)
        units = tokens_bound(self._body) // UNIT_CHUNK_TOKENS + len(self.documents)
        read = reader(units // UNIT_DOCUMENTS + 1)
        return RerankReply(
            model=self.model,
            target=target,
            receipt=receipt,
            tally=Tally(limits, self.prompt_guess, read),
            documents=self.documents,
            returns_documents=self.returns_documents,
        )

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader:
        raise Fault("invalid_value", param="stream", reason="reranking is not streamed")

    def prompt_guess(self) -> int:
        """Tokens of the pairs when nobody told them: the query is read with each document."""
        query = tokens_guess(bytes(self._fields["query"]))
        guess = tokens_guess(self._body) + query * (len(self.documents) - 1)
        return min(guess, self.prompt_tokens)


def parse(body: bytes, headers: Headers) -> RerankOperation:
    """A rerank request out of its body. Raises Fault (400)."""
    return RerankOperation(body, read_object(body))


def _check_query(fields: Fields) -> None:
    query = fields.get("query")
    if query is None or is_null(query):
        raise Fault("missing_field", param="query")
    if kind(query) not in '"{' or bytes(query) == b'""':
        reason = "expected a text that is not empty, or an object"
        raise Fault("invalid_value", param="query", reason=reason)


def _documents(fields: Fields) -> list[msgspec.Raw]:
    """The documents, each a text or an object; written back where their form was changed."""
    given = fields.get("documents")
    if given is None or is_null(given):
        raise Fault("missing_field", param="documents")
    if kind(given) != "[":
        raise Fault("invalid_value", param="documents", reason="expected an array")
    documents = _decode_items(given)
    if not 1 <= len(documents) <= DOCUMENTS_MOST:
        reason = f"expected 1 to {DOCUMENTS_MOST} documents"
        raise Fault("invalid_value", param="documents", reason=reason)
    changed = False
    for index, document in enumerate(documents):
        first = kind(document)
        if first not in '"{':
            raise Fault(
                "invalid_value",
                param=f"documents[{index}]",
                reason="expected a text or an object",
            )
        plain = _plain(document) if first == "{" else None
        if plain is not None:
            documents[index] = raw_of(plain)
            changed = True
    if changed:
        fields["documents"] = raw_of(documents)
    return documents


def _plain(document: msgspec.Raw) -> Any:
    """The text of an object that has nothing else; None for others."""
    try:
        return _decode_text(document).text
    except msgspec.ValidationError:
        return None
