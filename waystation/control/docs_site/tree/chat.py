"""Chat, completions, embeddings, Claude, Gemini, GPTs, songs over chat."""

from waystation.control.docs_site.tree.page import Section, Words, endpoint, thing

_CHAT = "createChatCompletion"

_OBJECT = (
    "What a chat that is not streamed answers. `model` is the name that the request gave, not what "
    "the channel calls it, and `usage` is always there; `usage.cost` is the charge in USD.",
    "非流式聊天的返回结构。`model` 与请求一致，而非渠道内部名称；`usage` 总会返回，其中 "
    "`usage.cost` "
    "为本次费用（美元）。",
)
_CHUNK = (
    "One event of a stream. `id` and `created` are the same in all chunks of an answer, the first "
    "`delta` has `role`, each choice ends with exactly one `finish_reason`. The chunk with `usage` "
    "comes only when `stream_options.include_usage` asks for it. Thoughts are "
    "`delta.reasoning_content`.",
    "流式响应中的一个事件。同一回答的所有块共用 `id` 与 `created`，首个 `delta` 带 `role`，"
    "每个选项只有一个 `finish_reason`。仅在 `stream_options.include_usage` 为 true 时返回 "
    "`usage` 块。"
    "思考内容位于 `delta.reasoning_content`。",
)
_STREAM = (
    "The answer comes as it is made, nothing is kept back once the first word is there. Who hangs "
    "up ends the request upstream too.",
    "逐段返回，首字之后不做任何缓冲；客户端断开时上游请求随之取消。",
)
_WHOLE = (
    "The whole answer as one object, also where the channel itself only streams.",
    "一次性返回完整回答；即使渠道只支持流式也会合并为一个对象。",
)
_VISION = (
    "Pictures are parts of a user's message: an http(s) address or a data URL (png, jpeg, webp, "
    "gif). An address is loaded by the upstream where it can, else by us: at most "
    "{{fetch_bytes_max}} and {{fetch_seconds_max}}, redirects followed and each one checked. What "
    "cannot be loaded is a 400 `image_fetch_failed`, and costs nothing.",
    "图片作为用户消息的内容片段发送：http(s) 地址或 data URL（png、jpeg、webp、gif）。"
    "上游不支持地址时由本站抓取：最大 {{fetch_bytes_max}}、最长 {{fetch_seconds_max}}，"
    "跟随重定向并逐跳检查。无法加载时返回 400 `image_fetch_failed`，不计费。",
)
_TOOLS = (
    "The model answers with `tool_calls`; `arguments` is JSON as text. Run the function and send "
    'its result back as `{"role":"tool","tool_call_id":"…","content":"…"}`. It works streamed too: '
    "`delta.tool_calls[]` has `index`, the first piece of a call its `id` and name, and the "
    "`arguments` are to be joined. `tools` and `tool_choice` are optional; `[]` is as good as "
    "absent. Channels that know no tools are not chosen for such a request.",
    "模型以 `tool_calls` 返回，`arguments` 为 JSON 文本。执行函数后以 "
    '`{"role":"tool","tool_call_id":"…","content":"…"}` 发回结果。流式同样可用：'
    "`delta.tool_calls[]` 带 `index`，首个片段含 `id` 与名称，`arguments` 需拼接。"
    "`tools` 与 `tool_choice` 均为可选，空数组等于未提供。不支持工具的渠道不会被选中。",
)
_STRUCTURED = (
    "`name` matches `[A-Za-z0-9_-]{1,64}`; a strict schema needs `additionalProperties: false` and "
    "every key in `required`. The answer is JSON in `message.content`, or `message.refusal`. On "
    "channels of other makers the schema is translated; a channel that can do neither is skipped, "
    "so a schema is never dropped in silence.",
    "`name` 须匹配 `[A-Za-z0-9_-]{1,64}`；strict 模式需 `additionalProperties: false` 且所有键都在 "
    "`required` 中。结果为 `message.content` 中的 JSON 文本，或 `message.refusal`。"
    "其他厂商渠道会自动转换；无法支持的渠道会被跳过，绝不静默丢弃 schema。",
)
_OFFICIAL = (
    "A request to see whether a model really calls functions: with an optional parameter that has "
    "fixed values. A genuine one answers with `tool_calls` and valid JSON.",
    "用于检验模型是否真正支持函数调用：包含一个带枚举的可选参数。"
    "真实支持的模型会返回 `tool_calls` 和合法 JSON。",
)
_SEVERAL = (
    "`n: 3` gives three choices, index 0 to 2. Where the upstream can do that, the prompt is "
    "billed "
    "once and the answers each; elsewhere the request is made n times and the parts are joined, "
    "with the tokens that were really used. At most {{choices_max}}.",
    "`n: 3` 返回三个选项，index 为 0 至 2。上游原生支持时提示词只计一次、回答各计一次；"
    "否则并发请求后合并，按实际用量计费。n 最大为 {{choices_max}}。",
)

CHAT = Section(
    Words("Chat", "ChatGPT 聊天"),
    (
        thing(
            "chat/object", "The completion object", "聊天完成对象", _CHAT, "ChatCompletion", _OBJECT
        ),
        thing(
            "chat/chunk",
            "The chunk object",
            "聊天完成块对象",
            _CHAT,
            "ChatCompletionChunk",
            _CHUNK,
        ),
        endpoint(
            "chat/function-calling",
            "Call functions",
            "创建聊天函数调用",
            _CHAT,
            "tools",
            models="chat",
            about=_TOOLS,
        ),
        endpoint(
            "chat/streamed",
            "Chat, streamed",
            "创建聊天补全（流式）",
            _CHAT,
            "streamed",
            models="chat",
            about=_STREAM,
        ),
        endpoint(
            "chat/whole",
            "Chat, not streamed",
            "创建聊天补全（非流）",
            _CHAT,
            "plain",
            models="chat",
            about=_WHOLE,
        ),
        endpoint(
            "chat/vision-streamed",
            "Look at pictures, streamed",
            "创建聊天识图（流式）",
            _CHAT,
            "vision, streamed",
            models="chat",
            about=_VISION,
        ),
        endpoint(
            "chat/vision",
            "Look at pictures, not streamed",
            "创建聊天识图（非流）",
            _CHAT,
            "vision",
            models="chat",
            about=_VISION,
        ),
        endpoint(
            "chat/structured",
            "Structured output",
            "创建结构化输出",
            _CHAT,
            "structured",
            models="chat",
            about=_STRUCTURED,
        ),
        endpoint(
            "chat/function-calling-official",
            "Function calling as a test",
            "官方 Function calling 调用",
            _CHAT,
            "function calling",
            models="chat",
            about=_OFFICIAL,
        ),
        endpoint(
            "chat/several-answers",
            "Several answers (n) as a test",
            "官方 N 测试",
            _CHAT,
            "several answers",
            models="chat",
            about=_SEVERAL,
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
            _OBJECT,
        ),
        thing(
            "claude/chunk",
            "The chunk object",
            "聊天完成块对象",
            _CHAT,
            "ChatCompletionChunk",
            _CHUNK,
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
            about=_VISION,
        ),
        endpoint(
            "claude/vision",
            "Claude looks at pictures, not streamed",
            "创建聊天识图（非流）",
            _CHAT,
            "claude vision",
            models="claude",
            about=_VISION,
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
            about=_VISION,
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
