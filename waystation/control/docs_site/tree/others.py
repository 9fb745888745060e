"""Getting started, groups, Python, status codes, clients, questions; and every call that the
sections before have not shown."""

from waystation.control.docs_site.tree.media import STEPS
from waystation.control.docs_site.tree.page import Page, Section, Words, endpoint, guide

START = Section(
    Words("Getting started", "开始使用"),
    (
        guide("start/about", "About this site", "项目说明"),
        guide("start/requests", "Making requests", "发出请求"),
    ),
)
GROUPS = Section(
    Words("Groups and tokens", "分组与令牌"),
    (
        guide("groups/prices", "Why groups differ in price", "分组的特殊性及价格差异"),
        guide("groups/table", "The table of groups", "分组详细表格"),
        guide("groups/token", "A token for a group", "如何新建指定分组的令牌"),
    ),
)
PYTHON = Section(
    Words("Python", "Python 配置方式"),
    (
        guide("python/chat", "Chat", "基础对话", "python-chat"),
        guide("python/vision", "gpt-4o looks at a picture", "gpt-4o 识别图片", "python-vision"),
        guide(
            "python/claude-vision", "Claude looks at a picture", "Claude 识别图片", "python-claude"
        ),
    ),
)
STATUS = Section(
    Words("Status codes", "HTTP 状态码"),
    (guide("status", "Status codes and what to do", "HTTP 状态码及其含义"),),
)
CLIENTS = Section(
    Words("Set-up by client", "客户端配置"),
    (
        guide("clients/openai-sdk", "OpenAI SDKs", "OpenAI SDK"),
        guide("clients/anthropic-sdk", "Anthropic SDKs", "Anthropic SDK"),
        guide("clients/google-genai", "google-genai SDKs", "google-genai SDK"),
        guide("clients/claude-code", "Claude Code", "Claude Code"),
        guide("clients/codex", "Codex CLI", "Codex CLI"),
        guide("clients/gemini-cli", "Gemini CLI", "Gemini CLI"),
        guide("clients/cursor", "Cursor", "Cursor"),
        guide("clients/cline", "Cline, Roo, Kilo", "Cline、Roo、Kilo"),
        guide("clients/cherry-studio", "Cherry Studio", "Cherry Studio"),
        guide(
            "clients/nextchat", "NextChat, LobeChat, Open WebUI", "NextChat、LobeChat、Open WebUI"
        ),
        guide("clients/dify", "Dify", "Dify"),
        guide("clients/browser-extensions", "Browser extensions", "浏览器扩展"),
    ),
)
QUESTIONS = Section(
    Words("Questions", "常见问题"),
    (
        guide(
            "questions/failed-answers",
            "Am I charged for a failed or empty answer?",
            "失败或空回答会收费吗？",
        ),
        guide("questions/more-than-shown", "Why more than the shown price?", "为什么比标价贵？"),
        guide(
            "questions/stop-a-stream",
            "How do I stop a stream and its bill?",
            "如何停止流式响应及其计费？",
        ),
        guide("questions/cap-an-agent", "How do I cap a coding agent?", "如何限制编程代理的花费？"),
        guide("questions/key-per-user", "One key per end user?", "每个终端用户一个令牌？"),
        guide("questions/export-usage", "How do I export usage?", "如何导出用量？"),
        guide("questions/credit-expiry", "Does credit expire?", "余额会过期吗？"),
        guide("questions/why-this-channel", "Why this channel?", "为什么走这条渠道？"),
    ),
)

NATIVE = Section(
    Words("Native protocols", "原生协议"),
    (
        endpoint(
            "native/messages",
            "Messages (Anthropic)",
            "Messages（Anthropic）",
            "createMessage",
            models="claude",
        ),
        endpoint(
            "native/count-tokens",
            "Count a message's tokens",
            "统计消息 token",
            "countMessageTokens",
        ),
        endpoint(
            "native/responses",
            "Responses (OpenAI)",
            "Responses（OpenAI）",
            "createResponse",
            models="chat",
        ),
        endpoint(
            "native/gemini-generate",
            "generateContent (Gemini)",
            "generateContent（Gemini）",
            "generateContent",
            models="gemini",
        ),
        endpoint(
            "native/gemini-stream",
            "streamGenerateContent (Gemini)",
            "streamGenerateContent（Gemini）",
            "streamGenerateContent",
            models="gemini",
        ),
        endpoint(
            "native/gemini-count", "countTokens (Gemini)", "countTokens（Gemini）", "countTokens"
        ),
        endpoint(
            "native/moderations", "Moderations", "内容审核", "createModeration", models="moderation"
        ),
        endpoint("native/rerank", "Rerank", "重排序", "rerank", models="rerank"),
    ),
)
_TITLES = {
    "Responses": Words("Stored responses", "已保存的响应"),
    "Gemini": Words("More of Gemini", "更多 Gemini 接口"),
    "Images": Words("More pictures", "更多图片接口"),
    "Models": Words("Models", "模型"),
    "Midjourney": Words("More of Midjourney", "更多 Midjourney 接口"),
    "Suno": Words("Suno as tasks", "Suno 任务接口"),
    "Files": Words("Stored files", "已保存的文件"),
    "Tasks": Words("Tasks", "任务"),
    "Receipts": Words("Receipts", "账单"),
    "Management": Words("Tokens by API", "令牌管理接口"),
    "Catalogue": Words("Prices and status", "价格与状态"),
    "Health": Words("Health", "健康检查"),
}
_MODELS = {
    "compactResponse": "chat",
    "sunoSubmit": "suno_music",
    "sunoUpload": "suno_uploads",
    "sunoGenerate": "suno_music",
    "sunoDescribe": "suno_music",
    "sunoWrite": "suno_lyrics",
    "midjourneyUpload": "mj_upload",
    "midjourneyChange": "mj_action",
    "midjourneySimpleChange": "mj_action",
    "midjourneyEdits": "mj_edits",
    "ideogramRemix": "ideogram",
    "createImageRecraft": "recraft",
    "embedContent": "embedding",
    "batchEmbedContents": "embedding",
}
_ABOUT = dict.fromkeys(("midjourneyChange", "midjourneySimpleChange", "midjourneyEdits"), STEPS)


def remaining(shown: set[str], declared: list[tuple[str, str, str, str]]) -> tuple[Section, ...]:
    """A section a tag for what has no page yet. declared: (id, tag, summary, in Chinese)."""
    by_tag: dict[str, list[Page]] = {}
    for operation, tag, summary, summary_zh in declared:
        if operation in shown:
            continue
        slug = f"{tag.lower()}/{_dashed(operation)}"
        models, about = _MODELS.get(operation, ""), _ABOUT.get(operation, ("", ""))
        made = endpoint(slug, summary, summary_zh, operation, models=models, about=about)
        by_tag.setdefault(tag, []).append(made)
    return tuple(Section(_TITLES[tag], tuple(pages)) for tag, pages in by_tag.items())


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
