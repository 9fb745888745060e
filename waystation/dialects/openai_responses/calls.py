"""What goes with Responses and passes as it is: POST …/input_tokens and POST …/compact."""

from collections.abc import Callable

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.json_answer import not_json
from waystation.dialects.openai_responses.request import ResponsesOperation, parse
from waystation.dialects.operation import Receipt, StreamReader, Target
from waystation.errors import Fault
from waystation.kernel.scalars import is_null
from waystation.kernel.strictjson import Fields, raw_of, read_object, rebuild
from waystation.meter.usage import Usage

Headers = Callable[[str], str | None]


class InputTokens:
    """Implements `Operation`: how many tokens a request has. Free: nothing is held or charged."""

    __slots__ = ("_fields", "model", "previous")

    name = "responses_input_tokens"
    dialect = "openai_responses"
    stream = False
    n = 1
    choices = 1
    prompt_tokens = 0
    output_limit = 0
    needs: frozenset[str] = frozenset()
    affinity: str | None = None
    expects_output = True
    fans_out = False
    stores = False

    def __init__(self, fields: Fields, request: ResponsesOperation) -> None:
        self._fields = fields
        self.model = request.model
        self.previous = request.previous

    def prompt_guess(self) -> int:
        return 0

    def body_for(self, target: Target) -> bytes:
        return rebuild(self._fields, {"model": raw_of(target.upstream_model), **target.overrides})

    def reply_reader(self, target: Target, receipt: Receipt) -> "Counted":
        return Counted(target, "input_tokens")

    def stream_reader(self, target: Target, receipt: Receipt) -> StreamReader:
        raise Fault("invalid_value", param="stream", reason="a count is not streamed")


class Counted:
    """Implements `ReplyReader` for counts of tokens: they consume nothing. field: that must be
    there."""

    __slots__ = ("_field", "_target")

    upstream_id = ""
    has_output = False

    def __init__(self, target: Target, field: str) -> None:
        self._target = target
        self._field = field

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        try:
            fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise not_json(body) from None
        if is_null(fields.get(self._field)):
            raise read_error(200, body, self._target.secrets)
        return body

    def usage(self) -> Usage:
        return Usage(exact=True)


class Compaction(ResponsesOperation):
    """A conversation made smaller by the model; charged like any response."""

    __slots__ = ()

    name = "responses_compact"


def parse_input_tokens(body: bytes, headers: Headers) -> InputTokens:
    """Raises Fault (400)."""
    return InputTokens(read_object(body), parse(body, headers))


def parse_compaction(body: bytes, headers: Headers) -> Compaction:
    """Raises Fault (400)."""
    found = parse(body, headers)
    if found.stream:
        raise Fault("invalid_value", param="stream", reason="a compaction is not streamed")
    return Compaction(body, read_object(body), headers)
