"""A whole answer, read and passed on with its declared edits."""

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.gemini.chunk import NULL, Chunk, count_candidate, decode_chunk, is_blocked
from waystation.dialects.gemini.usage_object import usage_fields
from waystation.dialects.json_answer import read_answer
from waystation.dialects.metered import Metered
from waystation.dialects.operation import Target
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class GeminiReply(Metered):
    """Implements `ReplyReader`. The cost is told in a header only: the vendor's own clients refuse
    fields that they do not know."""

    __slots__ = ("_model", "_target")

    def __init__(self, model: str, target: Target, tally: Tally) -> None:
        self._model = model
        self._target = target
        self._tally = tally
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        try:
            answer = decoded(body, self._target.secrets)
            return self._written(answer, body)
        except RecursionError:
            reason = "an answer nested too deeply"
            raise Fault("bad_upstream_response", reason=reason) from None

    def _written(self, answer: Chunk, body: bytes) -> bytes:
        tally = self._tally
        self._upstream_id = answer.id if isinstance(answer.id, str) else ""
        for candidate in answer.candidates or ():
            count_candidate(candidate, self._target.upstream_model, tally)
        is_told = bool(answer.usage) and bytes(answer.usage) != NULL
        if is_told:
            tally.tell(answer.usage)
            if is_blocked(answer):
                tally.has_output = True  # what was counted is billed like an answer
        edits: dict[str, msgspec.Raw | None] = {}
        if self._target.upstream_model != self._model and answer.model is not None:
            edits["modelVersion"] = raw_of(self._model)
        usage = tally.usage()
        if not is_told or (usage.flags and not is_blocked(answer)):
            edits["usageMetadata"] = raw_of(usage_fields(usage))
        return rebuild(_decode_fields(body), edits) if edits else body


def decoded(body: bytes, secrets: tuple[str, ...]) -> Chunk:
    """An answer's parts that are read. Raises Fault for an error in a 200, HTML, nonsense."""
    answer = read_answer(decode_chunk, body)
    if answer.error and bytes(answer.error) != NULL:
        raise read_error(200, body, secrets)
    if answer.candidates is None and not answer.feedback and not answer.usage:
        raise read_error(200, body, secrets)
    return answer
