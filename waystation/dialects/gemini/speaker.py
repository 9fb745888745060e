"""Gemini as upstreams speak it."""

from collections.abc import Callable

from waystation.dialects.gather import gathered
from waystation.dialects.gemini.chat_writer import write_request
from waystation.dialects.gemini.events import GeminiEvents
from waystation.dialects.ir import Chat, Reply
from waystation.dialects.lanes import EventReader, Written
from waystation.dialects.operation import Target
from waystation.meter.gemini import read_told
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally


class GeminiSpeaker:
    """Implements `Speaker`."""

    operation = "generate"

    def write_request(self, chat: Chat, target: Target) -> Written:
        return write_request(chat, target)

    def tally(self, limits: Limits, prompt_guess: Callable[[], int]) -> Tally:
        return Tally(limits, prompt_guess, read_told)

    def read_reply(
        self, content_type: str, body: bytes, written: Written, target: Target, tally: Tally
    ) -> Reply:
        events = GeminiEvents(target, tally)
        if "event-stream" in content_type:
            return gathered([*events.feed(body), *events.close()])
        return gathered(events.whole(body))

    def event_reader(self, written: Written, target: Target, tally: Tally) -> EventReader:
        return GeminiEvents(target, tally)
