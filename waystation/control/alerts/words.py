"""What is told, in both languages."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from waystation.control.alerts.rules import RuleName
from waystation.errors import Language

Event = Literal["alert.firing", "alert.recovered", "alert.test"]


class Message(msgspec.Struct, frozen=True):
    title: str
    text: str


_WORDS: dict[RuleName, dict[Language, tuple[str, str]]] = {
    "channel_down": {
        "en": ("The channel {name} is down", "Its upstream fails; gateways leave it alone."),
        "zh": ("渠道 {name} 不可用", "上游持续失败，网关已暂停使用该渠道。"),
    },
    "key_parked": {
        "en": ("A key of the channel {name} is parked", "Its upstream refuses the key {key}."),
        "zh": ("渠道 {name} 的密钥已停用", "上游拒绝了密钥 {key}。"),
    },
    "channel_balance": {
        "en": ("The channel {name} is running out", "{amount} {currency} are left upstream."),
        "zh": ("渠道 {name} 余额不足", "上游余额还剩 {amount} {currency}。"),
    },
    "error_rate": {
        "en": ("Many requests through {name} fail", "{failures} of {requests} in the last hour."),
        "zh": ("渠道 {name} 失败率过高", "最近一小时 {requests} 个请求中失败 {failures} 个。"),
    },
    "account_balance": {
        "en": ("Your credit is running out", "{amount} USD are left in your account {name}."),
        "zh": ("您的余额不足", "账户 {name} 还剩 {amount} 美元。"),
    },
    "ledger_lag": {
        "en": ("The ledger lags", "It has been behind for {seconds} s."),
        "zh": ("账本延迟", "账本已落后 {seconds} 秒。"),
    },
    "disk_full": {
        "en": ("The disk is nearly full", "{percent} % of the disk of {name} are used."),
        "zh": ("磁盘即将写满", "{name} 所在磁盘已使用 {percent}%。"),
    },
    "runner_stalled": {
        "en": ("Tasks are not looked at", "The oldest has been due for {seconds} s."),
        "zh": ("任务停滞", "最早的任务已逾期 {seconds} 秒未处理。"),
    },
}
_OVER: dict[Language, tuple[str, str]] = {
    "en": ("Over: {title}", "It began at {since}."),
    "zh": ("已恢复：{title}", "开始时间：{since}。"),
}
_TEST: dict[Language, tuple[str, str]] = {
    "en": ("A test", "This is what an alert looks like."),
    "zh": ("测试", "这是一条测试告警。"),
}


def message(
    event: Event,
    language: Language,
    site: str,
    rule: RuleName | None,
    figures: Mapping[str, str],
    since: str = "",
) -> Message:
    """figures: with `name`."""
    title, text = _TEST[language] if rule is None else _WORDS[rule][language]
    title, text = _filled(title, figures), _filled(text, figures)
    if event == "alert.recovered":
        over, began = _OVER[language]
        title, text = over.format(title=title), began.format(since=since)
    return Message(f"[{site}] {title}", text)


def _filled(words: str, figures: Mapping[str, str]) -> str:
    """Names are other people's: nothing in them is a place to fill."""
    for name, value in figures.items():
        words = words.replace("{" + name + "}", value)
    return words
