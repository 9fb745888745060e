"""Anthropic's messages as upstreams speak them."""

from collections.abc import Callable

from waystation.dialects.anthropic.event_reader import MessagesEvents
from waystation.dialects.anthropic.reply_reader import read_reply
from waystation.dialects.anthropic.request_writer import write_request
from waystation.dialects.gather import gathered
from waystation.dialects.ir import Chat, Reply
from waystation.dialects.lanes import Written
from waystation.dialects.openai_chat.assemble import looks_like_stream
from waystation.dialects.operation import Target
from waystation.meter.anthropic import read_told
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally


class MessagesSpeaker:
    """Implements `Speaker`."""

    __slots__ = ()

    operation = "messages"

    def write_request(self, chat: Chat, target: Target) -> Written:
        return write_request(chat, target)

    def tally(self, limits: Limits, prompt_guess: Callable[[], int]) -> Tally:
        return Tally(limits, prompt_guess, read_told)

    def read_reply(
        self, content_type: str, body: bytes, written: Written, target: Target, tally: Tally
    ) -> Reply:
        if looks_like_stream(content_type, body):
            reader = self.event_reader(written, target, tally)
            return gathered([*reader.feed(body), *reader.close()])
        return read_reply(body, written, target, tally)

    def event_reader(self, written: Written, target: Target, tally: Tally) -> MessagesEvents:
        return MessagesEvents(written, target, tally)
