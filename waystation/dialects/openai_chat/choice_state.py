"""One choice of a stream: what its deltas said so far, and what the next one needs."""

from waystation.dialects.openai_chat.chunk import (
    Choice,
    ChoiceEdit,
    Delta,
    FunctionDelta,
    ToolDelta,
    text_of_parts,
)
from waystation.dialects.openai_chat.think import ThinkMover
from waystation.meter.tally import Tally


class ChoiceState:
    """has_deltas: chat; completions have bare text. mover: when thoughts come inside content."""

    __slots__ = ("_as_function_call", "_has_deltas", "_tools", "finished", "has_role", "mover")

    def __init__(self, has_deltas: bool, think_tags: bool, as_function_call: bool) -> None:
        self.has_role = not has_deltas
        self.finished = False
        self.mover = ThinkMover() if think_tags else None
        self._has_deltas = has_deltas
        self._as_function_call = as_function_call
        self._tools: dict[str, int] = {}

    @property
    def has_tools(self) -> bool:
        return bool(self._tools)

    def take(self, choice: Choice, tally: Tally) -> ChoiceEdit | None:
        """Counts the choice's content; says what must change in it, None for nothing."""
        delta = choice.delta
        has_content = False
        edit: ChoiceEdit | None = None
        if delta is not None:
            has_content = _count_delta(delta, tally)
            if (
                not self.has_role
                or delta.tool_calls
                or self.mover is not None
                or (delta.role is not None and delta.role != "assistant")
            ):
                edit = self._delta_edit(choice, delta)
        if choice.text:
            tally.text.add(choice.text)
            has_content = True
        if has_content:
            tally.has_output = True
        reason = choice.finish_reason
        if reason is not None:
            edit = self._finish(reason, has_content, edit)
        elif self.finished and not has_content:
            return ChoiceEdit(drop=True)
        if edit is not None and edit.is_needed:
            return edit
        return None

    def _finish(self, reason: str, has_content: bool, edit: ChoiceEdit | None) -> ChoiceEdit | None:
        if reason and not self.finished:
            self.finished = True
            if self._as_function_call and reason == "tool_calls":
                edit = edit or ChoiceEdit()
                edit.as_function_call = True
            return edit
        if self.finished and not has_content:
            return ChoiceEdit(drop=True)
        # Some send an empty reason with each delta, or the same reason twice.
        edit = edit or ChoiceEdit()
        edit.clear_finish = True
        return edit

    def _delta_edit(self, choice: Choice, delta: Delta) -> ChoiceEdit:
        edit = ChoiceEdit()
        if not self.has_role:
            self.has_role = True
            edit.add_role = delta.role != "assistant"
        elif delta.role is not None and delta.role != "assistant":
            edit.add_role = True
        if delta.tool_calls:
            edit.tool_indexes = self._tool_indexes(delta.tool_calls)
            edit.as_function_call = self._as_function_call
        if self.mover is not None:
            given = delta.content if isinstance(delta.content, str) else ""
            reasoning, content = self.mover.feed(given)
            if choice.finish_reason:
                late_reasoning, late_content = self.mover.close()
                reasoning, content = reasoning + late_reasoning, content + late_content
            if reasoning or content != given:
                edit.texts = (reasoning, content)
        return edit

    def rest(self) -> tuple[str, str]:
        """(reasoning, content) that the mover held back, when the stream ends without a finish."""
        return self.mover.close() if self.mover is not None else ("", "")

    def _tool_indexes(self, calls: list[ToolDelta]) -> tuple[int, ...]:
        """Indexes for all calls when some came without; () when they are right as they are."""
        missing = False
        indexes = []
        for call in calls:
            index = call.index
            if index is None:
                missing = True
                index = self._index_of(call.id)
            key = call.id or f"#{index}"
            self._tools.setdefault(key, index)
            indexes.append(index)
        return tuple(indexes) if missing else ()

    def _index_of(self, call_id: str | None) -> int:
        """A new id opens the next call; none continues the last."""
        if call_id:
            known = self._tools.get(call_id)
            if known is not None:
                return known
            return max(self._tools.values(), default=-1) + 1
        return max(self._tools.values(), default=0)


def _count_delta(delta: Delta, tally: Tally) -> bool:
    """Adds the delta's text to the tally; whether there was any content at all."""
    content = delta.content
    found = bool(content)
    if content:
        tally.text.add(content if isinstance(content, str) else text_of_parts(content))
    for text in (delta.reasoning_content, delta.reasoning):
        if text:
            tally.text.add(text if isinstance(text, str) else text_of_parts(text))
            found = True
    if delta.refusal:
        tally.text.add(delta.refusal)
        found = True
    if delta.tool_calls:
        for call in delta.tool_calls:
            if call.function is not None:
                found = _count_function(call.function, tally) or found
    call_delta = delta.function_call
    if call_delta is not None:
        found = _count_function(call_delta, tally) or found
    if not found:
        for raw in (delta.audio, delta.images):
            if raw and bytes(raw) not in (b"null", b"[]", b"{}"):
                found = True
    return found


def _count_function(call: FunctionDelta, tally: Tally) -> bool:
    found = False
    for text in (call.name, call.arguments):
        if text:
            tally.text.add(text if isinstance(text, str) else str(text))
            found = True
    return found
