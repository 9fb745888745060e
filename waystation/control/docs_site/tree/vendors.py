"""Chat with the models of others: Claude, Gemini, GPTs, songs over chat."""

from waystation.control.docs_site.tree import about
from waystation.control.docs_site.tree.page import Section, Words, endpoint, thing

_CHAT = "createChatCompletion"
_BY_CHAT = (
    "Claude over OpenAI's protocol: any OpenAI client works, only `model` differs. Anthropic's own "
    "protocol is at [POST /v1/messages](docs:native/messages).",
    "以 OpenAI 协议使用 Claude：任何 OpenAI 客户端均可，仅需更换 `model`。"
    "Anthropic 原生协议见 [POST /v1/messages](docs:native/messages)。",
)

CLAUDE = Section(
    Words("Claude", "Anthropic Claude 接口"),
    (
        thing(
            "claude/object",
            "The completion object",
            "聊天完成对象",
            _CHAT,
            "ChatCompletion",
            about.OBJECT,
        ),
        thing(
            "claude/chunk",
            "The chunk object",
            "聊天完成块对象",
            _CHAT,
            "ChatCompletionChunk",
            about.CHUNK,
        ),
        endpoint(
            "claude/streamed",
            "Chat with Claude, streamed",
            "创建聊天补全（流式）",
            _CHAT,
            "claude, streamed",
            models="claude",
            about=_BY_CHAT,
        ),
        endpoint(
            "claude/whole",
            "Chat with Claude, not streamed",
            "创建聊天补全（非流）",
            _CHAT,
            "claude",
            models="claude",
            about=_BY_CHAT,
        ),
        endpoint(
            "claude/vision-streamed",
            "Claude looks at pictures, streamed",
            "创建聊天识图（流式）",
            _CHAT,
            "claude vision, streamed",
            models="claude",
            about=about.VISION,
        ),
        endpoint(
            "claude/vision",
            "Claude looks at pictures, not streamed",
            "创建聊天识图（非流）",
            _CHAT,
            "claude vision",
            models="claude",
            about=about.VISION,
        ),
    ),
)

GEMINI = Section(
    Words("Gemini", "谷歌 Gemini"),
    (
        endpoint(
            "gemini/chat",
            "Chat with Gemini",
            "聊天接口",
            _CHAT,
            "gemini",
            models="gemini",
            about=(
                "Gemini over OpenAI's protocol. A prompt that Google blocks is a 400 "
                "`content_policy_violation`, never an empty answer with a bill. Google's own "
                "protocol is at "
                "[:generateContent](docs:native/gemini-generate).",
                "以 OpenAI 协议使用 Gemini。被 Google 拦截的提示返回 400 "
                "`content_policy_violation`，"
                "不会返回空内容并计费。Google 原生协议见 "
                "[:generateContent](docs:native/gemini-generate)。",
            ),
        ),
        endpoint(
            "gemini/vision",
            "Gemini looks at pictures",
            "识图接口",
            _CHAT,
            "gemini vision",
            models="gemini",
            about=about.VISION,
        ),
    ),
)

GPTS = Section(
    Words("gpt-4-all and GPTs", "GPTs 相关"),
    (
        endpoint(
            "gpts/analyse",
            "gpt-4-all reads a file",
            "gpt-4-all（分析图片）",
            _CHAT,
            "a file in the text",
            models="gpts",
            about=(
                "The file's address stands in the text itself, before or after the question, with "
                "or without a blank between: pictures, pdf, docx, csv. `image_url` and `file` "
                "parts "
                "work as well. One price a call.",
                "文件地址直接写在文本中，位于问题之前或之后均可，可不加空格：图片、pdf、docx、"
                "csv 等。"
                "也可使用 `image_url` 与 `file` 片段。按次计费。",
            ),
        ),
        endpoint(
            "gpts/draw",
            "gpt-4-all draws",
            "gpt-4-all（生成图片）",
            _CHAT,
            "a picture in the answer",
            models="gpts",
            about=(
                "The answer has the picture as Markdown, `![image](…)`, and a link to load it. "
                "Both "
                "lead to our own copy, so they do not die with the vendor's. A text that only says "
                "that it failed is an error, and costs nothing.",
                "回答中以 Markdown `![image](…)` 给出图片及下载链接，均指向本站保存的副本，"
                "不会随厂商链接失效。仅含失败提示的文本视为错误，不计费。",
            ),
        ),
        endpoint(
            "gpts/chat",
            "Chat with a GPT",
            "GPTs 对话",
            _CHAT,
            "a GPT",
            models="gpts",
            about=(
                "`model` is `gpt-4-gizmo-` and the `g-…` id from the GPT's address: "
                "`…/g/g-AbC123xyZ-my-tool` becomes `gpt-4-gizmo-g-AbC123xyZ`. One price a call.",
                "`model` 为 `gpt-4-gizmo-` 加上 GPT 地址中的 `g-…` ID：`…/g/g-AbC123xyZ-my-tool` "
                "对应 `gpt-4-gizmo-g-AbC123xyZ`。按次计费。",
            ),
        ),
    ),
)

SONGS = Section(
    Words("Songs over chat", "文生音乐"),
    (
        endpoint(
            "songs/chat",
            "Suno over chat",
            "Suno 聊天格式",
            _CHAT,
            "a song",
            models="suno",
            about=(
                "The last user message describes the song; two are made, for one price. It takes "
                "one to three minutes, so stream: the answer tells what is known as it becomes "
                "known, `🎵` while files are made, and ends with links to our stored copies. Who "
                "leaves finds the songs among the [tasks](docs:tasks/list-tasks). A failure is "
                "an error, "
                "never a text, and costs nothing.",
                "最后一条用户消息即歌曲描述；一次生成两首，按次计费。耗时一至三分钟，建议使用流式："
                "信息逐步返回，等待期间输出 `🎵`，最后给出本站保存的链接。"
                "断开后可在[任务](docs:tasks/list-tasks)中找到结果。失败以错误返回且不计费。",
            ),
        ),
    ),
)
