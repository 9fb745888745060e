"""Faults in Anthropic's dialect and in translation."""

from tests.mutate.fault import Fault

_METER = "tests/anthropic/test_meter.py"
_STREAMS = "tests/anthropic/test_native_streams.py"
_RECORDED = "tests/lanes/test_recorded.py"
_CLAUDE = "tests/lanes/test_chat_as_messages.py"
_CHAT = "tests/lanes/test_messages_as_chat.py"
_WIRE = "tests/lanes/test_relay.py"

IN_LANES = (
    Fault(
        "what was spent beside an answer is not counted",
        "waystation/meter/anthropic.py",
        'if isinstance(each, dict) and each.get("type") != "message":',
        "if False:",
        (_METER,),
    ),
    Fault(
        "late zeros undo what was told of a prompt",
        "waystation/meter/anthropic.py",
        "            told.pop(name, None)\n",
        "            pass\n",
        (_METER,),
    ),
    Fault(
        "writes for an hour are charged as short ones",
        "waystation/meter/anthropic.py",
        "    return cached, max(written - hour, minutes), hour\n",
        "    return cached, max(written, minutes), 0\n",
        (_METER,),
    ),
    Fault(
        "a message cut off is taken for whole",
        "waystation/dialects/anthropic/stream.py",
        "        if not self._reason_seen:\n",
        "        if False:\n",
        (_STREAMS,),
    ),
    Fault(
        "a translated stream cut off is taken for whole",
        "waystation/dialects/openai_chat/event_reader.py",
        "        if self._reason is None:\n            return (*events",
        "        if False:\n            return (*events",
        (_RECORDED,),
    ),
    Fault(
        "the thoughts' signature is lost",
        "waystation/dialects/anthropic/event_reader.py",
        "                self._seals[index] = seal\n",
        "                pass\n",
        (_RECORDED,),
    ),
    Fault(
        "blocks overlap",
        "waystation/dialects/anthropic/event_writer.py",
        "        if self._open is not None:\n            self._held[event.index] = [event]\n",
        "        if False:\n            self._held[event.index] = [event]\n",
        (_CHAT,),
    ),
    Fault(
        "a schema is dropped in silence",
        "waystation/dialects/anthropic/request_writer.py",
        '        if output.kind != "schema":\n',
        "        if output:\n",
        (_CLAUDE,),
    ),
    Fault(
        "content without a word for it is left out",
        "waystation/dialects/anthropic/request_turns.py",
        "    raise _refusal(part.path or message.path, ",
        "    return [] or _refusal(part.path or message.path, ",
        (_CLAUDE,),
    ),
    Fault(
        "nobody is told what was dropped",
        "waystation/edge/answers.py",
        "        self._story.dropped = tuple(dict.fromkeys(loss.path for loss in losses))\n",
        "",
        (_WIRE + "::test_messages_at_a_chat_channel",),
    ),
    Fault(
        "several choices of a translated call are one",
        "waystation/routing/candidates.py",
        "native_n=offer.channel.native_n and operation == query.operation,",
        "native_n=True,",
        (_WIRE + "::test_several_choices_are_several_calls",),
    ),
    Fault(
        "content that one channel cannot be told is refused at once",
        "waystation/edge/relay.py",
        '            verdict = Verdict("full", failed.fault)  # no mark',
        '            verdict = Verdict("full", failed.fault, retry=False)  # no mark',
        (_WIRE + "::test_content_that_one_channel_cannot_be_told_goes_to_the_next",),
    ),
)
