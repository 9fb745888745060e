"""Chat completions as upstreams speak them, for callers of other dialects."""

from collections.abc import Callable

from waystation.dialects.ir import Chat, Reply
from waystation.dialects.lanes import Written
from waystation.dialects.openai_chat.event_reader import ChatEvents
from waystation.dialects.openai_chat.reply_reader import read_reply
from waystation.dialects.openai_chat.request_writer import write_request
from waystation.dialects.operation import Target
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally


class ChatSpeaker:
    """Implements `Speaker`."""

    __slots__ = ()

    operation = "chat"

    def write_request(self, chat: Chat, target: Target) -> Written:
        return write_request(chat, target)

    def tally(self, limits: Limits, prompt_guess: Callable[[], int]) -> Tally:
        return Tally(limits, prompt_guess)

    def read_reply(
        self, content_type: str, body: bytes, written: Written, target: Target, tally: Tally
    ) -> Reply:
        return read_reply(content_type, body, target, tally)

    def event_reader(self, written: Written, target: Target, tally: Tally) -> ChatEvents:
        return ChatEvents(target, tally)
