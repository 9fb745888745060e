"""The Chinese sentences that the demo can say in English."""

import re

_BLANKS = re.compile(r"[\s,.!?，。！？、；;：:]+")

_SENTENCES = {
    "你好": "Hello.",
    "谢谢": "Thank you.",
    "再见": "Goodbye.",
    "早上好": "Good morning.",
    "晚上好": "Good evening.",
    "早上好，火车九点开。": "Good morning, the train leaves at nine.",
    "火车九点开。": "The train leaves at nine.",
    "门开着。": "The door is open.",
    "今天天气很好。": "The weather is fine today.",
    "明天会下雨。": "It will rain tomorrow.",
    "我叫小明。": "My name is Xiao Ming.",
    "你叫什么名字？": "What is your name?",
    "请再说一遍。": "Please say that again.",
    "我听不懂。": "I do not understand.",
    "洗手间在哪里？": "Where is the washroom?",
    "这个多少钱？": "How much is this?",
    "我想喝一杯茶。": "I would like a cup of tea.",
    "请给我菜单。": "Please give me the menu.",
    "我们走吧。": "Let us go.",
    "祝你生日快乐。": "Happy birthday to you.",
    "图书馆晚上八点关门。": "The library closes at eight in the evening.",
    "请把窗户关上。": "Please close the window.",
    "我住在上海。": "I live in Shanghai.",
    "会议改到星期三。": "The meeting was moved to Wednesday.",
    "一路平安。": "Have a safe journey.",
}


def _plain(text: str) -> str:
    return _BLANKS.sub("", text)


_BY_PLAIN = {_plain(chinese): english for chinese, english in _SENTENCES.items()}


def in_english(text: str) -> str | None:
    """None for what is neither English nor one of the sentences; several in a row are fine."""
    if text.isascii():
        return text.strip()
    whole = _BY_PLAIN.get(_plain(text))
    if whole is not None:
        return whole
    sentences = [one for one in re.split(r"(?<=[。！？.!?])", text) if _plain(one)]
    found = [_BY_PLAIN.get(_plain(one)) for one in sentences]
    if not found or None in found:
        return None
    return " ".join(one for one in found if one is not None)
