"""Prompts put into English by a chat model, where the operator wants that; and texts into Chinese.

The caller's prompt stays what he sees; what goes to whoever draws is `promptEn`. A translation that
cannot be had is done without. What it costs is the operator's.
"""

import asyncio
from collections.abc import Sequence

import structlog

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.banned import BannedWords
from waystation.dialects.midjourney.job import Job
from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.dialects.midjourney.prompt import is_foreign, with_words, words_of
from waystation.routing.offers import Offer
from waystation.tasks.midjourney.emulator.brush import Brush
from waystation.tasks.midjourney.emulator.failing import NotDrawn
from waystation.tasks.midjourney.emulator.gallery import Gallery
from waystation.tasks.midjourney.places import Place, read_memo
from waystation.tasks.midjourney.tries import Tries
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop

SECONDS_MAX = 30.0
_CHARACTERS_MAX = 16_384
_INTO_ENGLISH = (
    "Translate the image prompt below into English. Keep names, numbers and the order of things. "
    "Answer with the translation alone, on one line.\n\n"
)
_INTO_CHINESE = (
    "Translate the text below into Simplified Chinese. Keep its lines, their numbers and all that "
    "begins with --. Answer with the translation alone.\n\n"
)

log = structlog.get_logger("waystation.tasks")


class Translating:
    """One a runner."""

    def __init__(self, workshop: Workshop, gallery: Gallery) -> None:
        self._workshop = workshop
        self._gallery = gallery

    async def put_into_english(self, work: Work, job: Job, options: MidjourneyOptions) -> None:
        """Once, in the row: promptEn, and the caller's own words as finalZhPrompt. Raises NotDrawn
        for a banned word, Overtaken, StorageAway."""
        task = work.task
        memo = read_memo(task)
        prompt = memo.prompt if memo.confirmed else job.prompt
        done = task.result.get("translated") == prompt
        if not options.translate or done or not is_foreign(words_of(prompt)):
            return
        english = await self._inherited(task, job, prompt)
        if not english:
            words = await self._say(options.translate, _INTO_ENGLISH + words_of(prompt))
            if words and not is_foreign(words):  # else it is no translation
                english = with_words(prompt, " ".join(words.split()))
        if not english:
            return
        english = _judged(english, options)
        await work.change(Change(result={"promptEn": english, "translated": prompt}))

    async def into_chinese(self, text: str, options: MidjourneyOptions) -> str:
        """ "" when it cannot be had."""
        return await self._say(options.translate, _INTO_CHINESE + text) if options.translate else ""

    async def _inherited(self, task: Task, job: Job, prompt: str) -> str:
        """What goes on with a task, and has its words, has its translation."""
        if not job.parent_id:
            return ""
        parent = await self._workshop.store.get(job.parent_id, task.account_id)
        if parent is None or parent.result.get("translated") != prompt:
            return ""
        return str(parent.result.get("promptEn", ""))

    async def _say(self, model: str, message: str) -> str:
        tries = Tries(self._workshop, self._places(model))
        try:
            async with asyncio.timeout(SECONDS_MAX):
                return await self._said(tries, message)
        except TimeoutError:
            log.warning("a text was not translated", reason="timeout", model=model)
            return ""

    async def _said(self, tries: Tries, message: str) -> str:
        reason = "no channel has that model"
        while (one := tries.next()) is not None:
            brush = Brush(self._workshop, self._gallery, one.channel, one.key, one.place.model)
            try:
                said = await brush.talk(message)
            except NotDrawn as failed:
                reason = failed.reason
                if failed.verdict is None:
                    tries.full(one)
                else:
                    tries.failed(one, failed.verdict)
                continue
            except BaseException:
                tries.withdraw(one)
                raise
            tries.succeeded(one)
            return said.strip()[:_CHARACTERS_MAX]
        log.warning("a text was not translated", reason=reason)
        return ""

    def _places(self, model: str) -> Sequence[Place]:
        """Channels that name the model come before those that take any."""
        directory = self._workshop.directory
        if directory is None:
            return ()
        talking = [one for one in directory.snapshot.channels.values() if "chat" in one.paths]
        talking.sort(key=lambda one: model not in one.models and model not in one.model_map)
        offered = ((channel, Offer(channel).upstream_model(model)) for channel in talking)
        return [
            Place(channel.id, 0, "", "1", "", 0, upstream)
            for channel, upstream in offered
            if upstream is not None
        ]


def _judged(english: str, options: MidjourneyOptions) -> str:
    """Words that are banned may have come with the translation. Raises NotDrawn."""
    banned = BannedWords(options.banned_words)
    word = banned.find(english)
    if not word:
        return english
    if options.banned == "remove":
        return banned.take_out(english)
    raise NotDrawn("banned_word", f"[Banned prompt detected] {texts.BANNED}: {word}")
