"""Responses as upstreams speak it."""

from collections.abc import Callable

from waystation.dialects.gather import gathered
from waystation.dialects.ir import Chat, Reply
from waystation.dialects.lanes import EventReader, Written
from waystation.dialects.openai_responses.chat_writer import write_request
from waystation.dialects.openai_responses.events import ResponsesEvents, read_reply
from waystation.dialects.operation import Target
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally


class ResponsesSpeaker:
    """Implements `Speaker`."""

    operation = "responses"

    def write_request(self, chat: Chat, target: Target) -> Written:
        return write_request(chat, target)

    def tally(self, limits: Limits, prompt_guess: Callable[[], int]) -> Tally:
        return Tally(limits, prompt_guess)

    def read_reply(
        self, content_type: str, body: bytes, written: Written, target: Target, tally: Tally
    ) -> Reply:
        if "event-stream" in content_type or body.lstrip()[:6] in (b"event:", b"data: "):
            events = ResponsesEvents(target, tally)
            return gathered([*events.feed(body), *events.close()])
        return read_reply(body, target, tally)

    def event_reader(self, written: Written, target: Target, tally: Tally) -> EventReader:
        return ResponsesEvents(target, tally)
