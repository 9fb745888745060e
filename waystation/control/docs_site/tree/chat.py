"""Chat, completions, embeddings."""

from waystation.control.docs_site.tree import about
from waystation.control.docs_site.tree.page import Section, Words, endpoint, thing

_CHAT = "createChatCompletion"

CHAT = Section(
    Words("Chat", "ChatGPT 聊天"),
    (
        thing(
            "chat/object",
            "The completion object",
            "聊天完成对象",
            _CHAT,
            "ChatCompletion",
            about.OBJECT,
        ),
        thing(
            "chat/chunk",
            "The chunk object",
            "聊天完成块对象",
            _CHAT,
            "ChatCompletionChunk",
            about.CHUNK,
        ),
        endpoint(
            "chat/function-calling",
            "Call functions",
            "创建聊天函数调用",
            _CHAT,
            "tools",
            models="chat",
            about=about.TOOLS,
        ),
        endpoint(
            "chat/streamed",
            "Chat, streamed",
            "创建聊天补全（流式）",
            _CHAT,
            "streamed",
            models="chat",
            about=about.STREAM,
        ),
        endpoint(
            "chat/whole",
            "Chat, not streamed",
            "创建聊天补全（非流）",
            _CHAT,
            "plain",
            models="chat",
            about=about.WHOLE,
        ),
        endpoint(
            "chat/vision-streamed",
            "Look at pictures, streamed",
            "创建聊天识图（流式）",
            _CHAT,
            "vision, streamed",
            models="chat",
            about=about.VISION,
        ),
        endpoint(
            "chat/vision",
            "Look at pictures, not streamed",
            "创建聊天识图（非流）",
            _CHAT,
            "vision",
            models="chat",
            about=about.VISION,
        ),
        endpoint(
            "chat/structured",
            "Structured output",
            "创建结构化输出",
            _CHAT,
            "structured",
            models="chat",
            about=about.STRUCTURED,
        ),
        endpoint(
            "chat/function-calling-official",
            "Function calling as a test",
            "官方 Function calling 调用",
            _CHAT,
            "function calling",
            models="chat",
            about=about.OFFICIAL,
        ),
        endpoint(
            "chat/several-answers",
            "Several answers (n) as a test",
            "官方 N 测试",
            _CHAT,
            "several answers",
            models="chat",
            about=about.SEVERAL,
        ),
        endpoint(
            "chat/models",
            "List models",
            "列出模型",
            "listModels",
            about=(
                "What this token may call. The same address answers in three shapes: with "
                "`anthropic-version` in Anthropic's, with the key in `x-goog-api-key` or `?key=` "
                "in "
                "Google's, else in OpenAI's.",
                "列出该令牌可调用的模型。同一地址有三种返回格式：带 `anthropic-version` 为 "
                "Anthropic "
                "格式，密钥在 `x-goog-api-key` 或 `?key=` 中为 Google 格式，否则为 OpenAI 格式。",
            ),
        ),
    ),
)

COMPLETIONS = Section(
    Words("Completions", "ChatGPT 自动补全"),
    (
        thing(
            "completions/object",
            "The completion object",
            "完成对象",
            "createCompletion",
            "Completion",
            (
                "Chunks of a stream have the same `object` and `choices[].text`; there is no "
                "delta.",
                "流式块的 `object` 相同，内容同样位于 `choices[].text`，没有 delta。",
            ),
        ),
        endpoint(
            "completions/create",
            "Create a completion",
            "创建完成",
            "createCompletion",
            models="completion",
        ),
    ),
)

EMBEDDINGS = Section(
    Words("Embeddings", "ChatGPT 嵌入"),
    (
        thing(
            "embeddings/object",
            "The embedding object",
            "嵌入对象",
            "createEmbedding",
            "EmbeddingList",
            (
                "`embedding` is numbers, or base64 of little-endian 32-bit floats where "
                "`encoding_format` says so; OpenAI's own SDK for Python asks for that.",
                "`embedding` 为数字数组；`encoding_format` 为 base64 时是小端 32 位浮点数的 "
                "base64，"
                "OpenAI 官方 Python SDK 默认如此请求。",
            ),
        ),
        endpoint(
            "embeddings/create",
            "Create embeddings",
            "创建嵌入",
            "createEmbedding",
            models="embedding",
        ),
    ),
)
