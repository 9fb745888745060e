"""One attempt at a sound, answered: as a stream, whole, or as a link to what was stored."""

from waystation.dialects.sound.speech import SpeechOperation
from waystation.edge import answers
from waystation.edge.sound.attempt import SoundTry
from waystation.edge.sound.linked import linked
from waystation.edge.story import Story
from waystation.routing.choice import Attempt, Attempts


async def answer(story: Story, attempts: Attempts, attempt: Attempt) -> None:
    """As `edge/answers.py`: returns when the caller has been answered and the hold resolved; raises
    AttemptFailed as long as another attempt may still do better, ClientLeft when nobody waits."""
    operation = story.operation
    made = SoundTry(story, attempt)
    if operation is not None and operation.stream:
        await answers.streamed(story, attempts, attempt, made)
    elif isinstance(operation, SpeechOperation):
        await linked(story, attempts, attempt, made)
    else:
        await answers.whole(story, attempts, attempt, made)
