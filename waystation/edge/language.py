"""Which of our languages a caller reads."""

from waystation.edge.call import Call
from waystation.errors import Language


def language_of(call: Call, default: Language) -> Language:
    """The caller's language by Accept-Language: whichever of ours it names first."""
    accept = call.header("accept-language")
    if accept is None:
        return default
    english, chinese = accept.lower().find("en"), accept.lower().find("zh")
    if english < 0 and chinese < 0:
        return default
    if chinese < 0 or 0 <= english < chinese:
        return "en"
    return "zh"
