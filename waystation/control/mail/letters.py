"""What people are written, in both languages. Each letter says who wrote it and why."""

from typing import Literal

import msgspec

from waystation.errors import Language

Purpose = Literal["confirm", "reset", "change", "known", "changed", "test"]


class Letter(msgspec.Struct, frozen=True):
    subject: str
    text: str


_WORDS: dict[Purpose, dict[Language, tuple[str, str]]] = {
    "confirm": {
        "en": (
            "Confirm your address",
            "somebody, probably you, registered this address at {site}. Open this link within "
            "24 hours to confirm it:\n\n{link}\n\nIf it was not you, do nothing.",
        ),
        "zh": (
            "请确认您的邮箱",
            "有人（应该是您）使用此邮箱在 {site} 注册。请在 24 小时内打开以下链接完成确认："
            "\n\n{link}\n\n如果不是您本人操作，请忽略本邮件。",
        ),
    },
    "reset": {
        "en": (
            "A new password",
            "somebody, probably you, asked for a new password at {site}. Open this link within an "
            "hour to choose it:\n\n{link}\n\nIf it was not you, do nothing; the old one stays.",
        ),
        "zh": (
            "重置密码",
            "有人（应该是您）请求重置 {site} 的密码。请在一小时内打开以下链接设置新密码："
            "\n\n{link}\n\n如果不是您本人操作，请忽略本邮件，原密码仍然有效。",
        ),
    },
    "change": {
        "en": (
            "Confirm your new address",
            "this address is to become that of an account at {site}. Open this link within 24 "
            "hours to confirm it:\n\n{link}\n\nIf it was not you, do nothing.",
        ),
        "zh": (
            "请确认新的邮箱",
            "此邮箱将成为 {site} 某账户的登录邮箱。请在 24 小时内打开以下链接完成确认："
            "\n\n{link}\n\n如果不是您本人操作，请忽略本邮件。",
        ),
    },
    "known": {
        "en": (
            "You have an account already",
            "somebody, probably you, tried to register this address at {site}. It has an account "
            "already; sign in, or ask for a new password:\n\n{link}",
        ),
        "zh": (
            "您已拥有账户",
            "有人（应该是您）尝试使用此邮箱在 {site} 注册，但该邮箱已有账户。"
            "请直接登录，或重置密码：\n\n{link}",
        ),
    },
    "changed": {
        "en": (
            "Your sign-in was changed",
            "the sign-in of your account at {site} was just changed: {link}\n\nIf it was not you, "
            "ask for a new password at once and write to the operator.",
        ),
        "zh": (
            "您的登录方式已变更",
            "您在 {site} 的账户刚刚变更了登录方式：{link}"
            "\n\n如果不是您本人操作，请立即重置密码并联系管理员。",
        ),
    },
    "test": {
        "en": ("A test", "this is a test letter of {site}. {link}"),
        "zh": ("测试邮件", "这是 {site} 的测试邮件。{link}"),
    },
}


def letter(purpose: Purpose, language: Language, site: str, link: str) -> Letter:
    """link: where to go, or what happened."""
    subject, text = _WORDS[purpose][language]
    greeting = "您好：\n\n" if language == "zh" else "Hello,\n\n"
    return Letter(f"[{site}] {subject}", greeting + text.format(site=site, link=link) + "\n")
