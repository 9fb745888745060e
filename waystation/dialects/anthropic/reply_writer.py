"""A translated answer as a message."""

from secrets import token_hex

import msgspec

from waystation.dialects.anthropic.blocks import answer_blocks
from waystation.dialects.anthropic.stop_reasons import written_reason
from waystation.dialects.anthropic.usage_object import usage_fields
from waystation.dialects.ir import Reply
from waystation.dialects.lanes import Bill

_encode = msgspec.json.Encoder().encode


def write_reply(reply: Reply, model: str, bill: Bill) -> bytes:
    """The body. model: as the caller asked for it."""
    return _encode(
        {
            "id": message_id(reply.id),
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": answer_blocks(reply.parts),
            "stop_reason": written_reason(reply),
            "stop_sequence": reply.stop_sequence or None,
            "usage": usage_fields(bill.usage(), bill.cost()),
        }
    )


def message_id(upstream_id: str) -> str:
    """The upstream's where it looks like one of this dialect, else one of ours."""
    return upstream_id if upstream_id.startswith("msg_") else "msg_" + token_hex(12)
