"""A whole answer in Anthropic's form, read and passed on with its declared edits."""

import msgspec

from waystation.dialects.anthropic.event_reader import MessagesEvents
from waystation.dialects.anthropic.events import count_call
from waystation.dialects.anthropic.reply_writer import write_reply
from waystation.dialects.faults import read_error
from waystation.dialects.gather import gathered
from waystation.dialects.json_answer import read_answer
from waystation.dialects.lanes import Bill, Written
from waystation.dialects.metered import Metered
from waystation.dialects.openai_chat.assemble import looks_like_stream
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.shown_usage import with_cost
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.tally import Tally

_ABSENT = msgspec.Raw()
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Content(msgspec.Struct):
    type: str = ""
    name: str | None = None
    text: str | None = None
    thinking: str | None = None
    input: msgspec.Raw = _ABSENT


class _Reply(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    content: list[_Content] | None = None
    usage: msgspec.Raw = _ABSENT


_decode_reply = msgspec.json.Decoder(_Reply).decode


class MessagesReply(Metered):
    """Implements `ReplyReader` for the native lane."""

    __slots__ = ("_cost_of", "_model", "_target")

    def __init__(self, model: str, target: Target, receipt: Receipt, tally: Tally) -> None:
        self._model = model
        self._target = target
        self._cost_of = receipt.cost_of
        self._tally = tally
        self._upstream_id = ""

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        if status >= 400:
            raise read_error(status, body, self._target.secrets)
        try:
            if looks_like_stream(content_type, body):
                return self._assembled(body)
            return self._read(body)
        except RecursionError:
            reason = "an answer nested too deeply"
            raise Fault("bad_upstream_response", reason=reason) from None

    def _read(self, body: bytes) -> bytes:
        reply = self._decoded(body)
        self._upstream_id = reply.id or ""
        _count(reply, self._tally)
        usage = self._tally.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        edits: dict[str, msgspec.Raw | None] = {}
        if self._target.upstream_model != self._model:
            edits["model"] = raw_of(self._model)
        if cost is not None and bytes(reply.usage).startswith(b"{"):
            edits["usage"] = with_cost(reply.usage, cost)
        return rebuild(_decode_fields(body), edits) if edits else body

    def _decoded(self, body: bytes) -> _Reply:
        """The parts that are read. Raises Fault for an error in a 200, HTML, nonsense."""
        reply = read_answer(_decode_reply, body)
        if reply.type == "error" or reply.content is None:
            raise read_error(200, body, self._target.secrets)
        return reply

    def _assembled(self, body: bytes) -> bytes:
        """A stream that was not asked for, as the message that it tells."""
        reader = MessagesEvents(Written(b""), self._target, self._tally)
        reply = gathered([*reader.feed(body), *reader.close()])
        self._upstream_id = reply.id
        return write_reply(reply, self._model, Bill(self._tally, self._cost_of))


def _count(reply: _Reply, tally: Tally) -> None:
    assert reply.content is not None
    if reply.usage:
        tally.tell(reply.usage)
    needs_text = tally.needs_text
    for block in reply.content:
        if block.text == "" or block.thinking == "":
            continue
        tally.has_output = True
        if block.type == "server_tool_use":
            count_call(block.name, tally)
        if needs_text:
            written = bytes(block.input).decode() if block.input else ""
            tally.text.add(block.text or block.thinking or written)
