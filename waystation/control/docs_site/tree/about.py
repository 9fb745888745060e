"""What stands at the head of pages that several vendors' models have; English, Chinese."""

OBJECT = (
    "What a chat that is not streamed answers. `model` is the name that the request gave, not what "
    "the channel calls it, and `usage` is always there; `usage.cost` is the charge in USD.",
    "非流式聊天的返回结构。`model` 与请求一致，而非渠道内部名称；`usage` 总会返回，其中 "
    "`usage.cost` "
    "为本次费用（美元）。",
)
CHUNK = (
    "One event of a stream. `id` and `created` are the same in all chunks of an answer, the first "
    "`delta` has `role`, each choice ends with exactly one `finish_reason`. The chunk with `usage` "
    "comes only when `stream_options.include_usage` asks for it. Thoughts are "
    "`delta.reasoning_content`.",
    "流式响应中的一个事件。同一回答的所有块共用 `id` 与 `created`，首个 `delta` 带 `role`，"
    "每个选项只有一个 `finish_reason`。仅在 `stream_options.include_usage` 为 true 时返回 "
    "`usage` 块。"
    "思考内容位于 `delta.reasoning_content`。",
)
STREAM = (
    "The answer comes as it is made, nothing is kept back once the first word is there. Who hangs "
    "up ends the request upstream too.",
    "逐段返回，首字之后不做任何缓冲；客户端断开时上游请求随之取消。",
)
WHOLE = (
    "The whole answer as one object, also where the channel itself only streams.",
    "一次性返回完整回答；即使渠道只支持流式也会合并为一个对象。",
)
VISION = (
    "Pictures are parts of a user's message: an http(s) address or a data URL (png, jpeg, webp, "
    "gif). An address is loaded by the upstream where it can, else by us: at most "
    "{{fetch_bytes_max}} and {{fetch_seconds_max}}, redirects followed and each one checked. What "
    "cannot be loaded is a 400 `image_fetch_failed`, and costs nothing.",
    "图片作为用户消息的内容片段发送：http(s) 地址或 data URL（png、jpeg、webp、gif）。"
    "上游不支持地址时由本站抓取：最大 {{fetch_bytes_max}}、最长 {{fetch_seconds_max}}，"
    "跟随重定向并逐跳检查。无法加载时返回 400 `image_fetch_failed`，不计费。",
)
TOOLS = (
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
STRUCTURED = (
    "`name` matches `[A-Za-z0-9_-]{1,64}`; a strict schema needs `additionalProperties: false` and "
    "every key in `required`. The answer is JSON in `message.content`, or `message.refusal`. On "
    "channels of other makers the schema is translated; a channel that can do neither is skipped, "
    "so a schema is never dropped in silence.",
    "`name` 须匹配 `[A-Za-z0-9_-]{1,64}`；strict 模式需 `additionalProperties: false` 且所有键都在 "
    "`required` 中。结果为 `message.content` 中的 JSON 文本，或 `message.refusal`。"
    "其他厂商渠道会自动转换；无法支持的渠道会被跳过，绝不静默丢弃 schema。",
)
OFFICIAL = (
    "A request to see whether a model really calls functions: with an optional parameter that has "
    "fixed values. A genuine one answers with `tool_calls` and valid JSON.",
    "用于检验模型是否真正支持函数调用：包含一个带枚举的可选参数。"
    "真实支持的模型会返回 `tool_calls` 和合法 JSON。",
)
SEVERAL = (
    "`n: 3` gives three choices, index 0 to 2. Where the upstream can do that, the prompt is "
    "billed "
    "once and the answers each; elsewhere the request is made n times and the parts are joined, "
    "with the tokens that were really used. At most {{choices_max}}.",
    "`n: 3` 返回三个选项，index 为 0 至 2。上游原生支持时提示词只计一次、回答各计一次；"
    "否则并发请求后合并，按实际用量计费。n 最大为 {{choices_max}}。",
)
