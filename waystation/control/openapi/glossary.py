"""What a field means where its schema does not say: by its name, or by `Schema.name` where one name
stands for several things. English, Chinese."""

from typing import Any

Node = dict[str, Any]

MEANINGS: dict[str, tuple[str, str]] = {
    # ---- tokens, charges, limits
    "audio_tokens": ("Tokens of sound.", "音频 token 数。"),
    "text_tokens": ("Tokens of text.", "文本 token 数。"),
    "image_tokens": ("Tokens of pictures.", "图片 token 数。"),
    "input_tokens": ("Tokens of the request.", "输入 token 数。"),
    "output_tokens": ("Tokens of the answer.", "输出 token 数。"),
    "total_tokens": ("Both together.", "两者之和。"),
    "prompt_tokens": ("Tokens of the request.", "输入 token 数。"),
    "completion_tokens": ("Tokens of the answer.", "输出 token 数。"),
    "prompt_tokens_details": ("What prompt_tokens consist of.", "输入 token 明细。"),
    "completion_tokens_details": ("What completion_tokens consist of.", "输出 token 明细。"),
    "input_tokens_details": ("What input_tokens consist of.", "输入 token 明细。"),
    "cache_creation_input_tokens": ("Written to the upstream's cache.", "写入上游缓存的 token。"),
    "cache_read_input_tokens": ("Read from the upstream's cache.", "从上游缓存读取的 token。"),
    "promptTokenCount": ("Tokens of the request.", "输入 token 数。"),
    "candidatesTokenCount": ("Tokens of the answers.", "输出 token 数。"),
    "thoughtsTokenCount": ("Tokens of thoughts.", "思考 token 数。"),
    "totalTokenCount": ("All of them together.", "token 总数。"),
    "totalTokens": ("How many tokens it would be.", "token 数。"),
    "search_units": ("Searches, as the upstream counts them.", "上游统计的搜索次数。"),
    "usage": ("What was used.", "用量。"),
    "used_quota": ("Used so far, in units of 1/500,000 USD.", "已用额度，单位 1/500000 美元。"),
    "ratio": ("What prices are multiplied by.", "价格倍率。"),
    "group_ratio": ("group → what its prices are multiplied by.", "各分组的倍率。"),
    "usable_group": ("group → its description.", "可用分组及说明。"),
    "auto_groups": ("Groups tried in turn where a token names none.", "自动选择的分组顺序。"),
    "supported_endpoint_types": ("What it can be called by.", "支持的接口类型。"),
    "has_payment_method": ("For clients that ask; always true.", "兼容字段，始终为 true。"),
    "total": ("How many there are in all.", "总数。"),
    "page": ("Which page this is, from 1.", "页码，从 1 开始。"),
    "page_size": ("How many a page holds.", "每页数量。"),
    # ---- times, sizes
    "accessed_time": ("When it was last used, Unix seconds.", "最近使用时间，Unix 秒。"),
    "created_time": ("When it was made, Unix seconds.", "创建时间，Unix 秒。"),
    "duration_ms": ("How long it took, in milliseconds.", "耗时，毫秒。"),
    "start": ("Where it begins, in seconds.", "开始位置，秒。"),
    "end": ("Where it ends, in seconds.", "结束位置，秒。"),
    "seconds": ("The length in seconds.", "时长，秒。"),
    "bytes": ("The size in bytes.", "大小，字节。"),
    # ---- chat
    "choices": ("The answers.", "回答列表。"),
    "index": ("Its place, from 0.", "序号，从 0 开始。"),
    "message": ("The text, for people.", "供阅读的文字。"),
    "ChatCompletion.message": ("What was answered.", "回答内容。"),
    "delta": ("What came anew.", "本次增量。"),
    "Delta.refusal": ("The next piece of a refusal.", "拒绝文本的增量。"),
    "RefusalPart.refusal": ("Why the model declined.", "拒绝原因。"),
    "ChatCompletionChunk.model": ("As the request named it.", "与请求一致的模型名。"),
    "system_fingerprint": ("Of the upstream, where it tells one.", "上游返回的指纹。"),
    "finish_reason": ("Why it ended.", "结束原因。"),
    "logprobs": ("Log probabilities, where asked for.", "对数概率（如请求）。"),
    "CompletionRequest.logprobs": ("For how many likely tokens to tell log probabilities.",
                                   "返回对数概率的候选 token 数。"),
    "top_logprobs": ("For how many likely tokens at each place; needs `logprobs`.",
                     "每个位置返回的候选数，需同时设置 `logprobs`。"),
    "logit_bias": ("token id → how much likelier it becomes, -100 to 100.",
                   "token id → 偏置，-100 至 100。"),
    "frequency_penalty": ("Above 0: words that came often come less.",
                          "大于 0 时降低高频词的概率。"),
    "presence_penalty": ("Above 0: words that came at all come less.",
                         "大于 0 时降低已出现词的概率。"),
    "stop": ("Where this text would come the answer ends; up to four.",
             "遇到这些文本时停止，最多四个。"),
    "stop_sequences": ("Where one of these would come the answer ends.", "遇到这些文本时停止。"),
    "stopSequences": ("Where one of these would come the answer ends.", "遇到这些文本时停止。"),
    "stop_sequence": ("Which of stop_sequences ended it.", "命中的停止文本。"),
    "stream_options": ("About streams alone.", "仅用于流式的选项。"),
    "include_usage": ("End the stream with a chunk that has no choices but `usage`.",
                      "在流末尾返回只含 `usage` 的块。"),
    "parallel_tool_calls": ("Whether several functions may be called at once.",
                            "是否允许并行调用多个函数。"),
    "temperature": ("Higher is more varied; a decimal number.", "越高越发散，小数。"),
    "top_p": ("Nucleus sampling: of the likeliest tokens that together reach this share.",
              "核采样：仅在累计概率达到该值的 token 中采样。"),
    "topP": ("Nucleus sampling, as top_p.", "核采样，同 top_p。"),
    "top_k": ("Of so many likeliest tokens.", "仅在最可能的 k 个 token 中采样。"),
    "topK": ("Of so many likeliest tokens.", "仅在最可能的 k 个 token 中采样。"),
    "seed": ("For repeatable results, as far as the upstream can.",
             "用于复现结果，取决于上游支持。"),
    "best_of": ("Make so many, answer the best.", "生成多个后返回最佳。"),
    "detail": ("How closely to look.", "识图精细度。"),
    "image_url": ("The picture.", "图片。"),
    "input_audio": ("The sound.", "音频。"),
    "file": ("The file.", "文件。"),
    "file_id": ("Of a file that the upstream has.", "上游已有文件的 id。"),
    "filename": ("Its name.", "文件名。"),
    "text": ("The text.", "文本。"),
    "function": ("The function.", "函数。"),
    "tool_calls": ("Functions that the model wants called.", "模型请求的函数调用。"),
    "json_schema": ("The form that the answer keeps to.", "回答须遵循的结构。"),
    "schema": ("The JSON Schema.", "JSON Schema。"),
    "strict": ("Whether the answer keeps to the schema exactly.", "是否严格遵循 schema。"),
    "name": ("Its name.", "名称。"),
    "description": ("In words.", "说明。"),
    "id": ("Its id.", "编号。"),
    "type": ("What it is.", "类型。"),
    "data": ("What was asked for.", "返回的数据。"),
    "object": ("What it is.", "对象类型。"),
    "error": ("What went wrong; null where nothing did.", "错误信息，无错误时为 null。"),
    "code": ("Stable, never translated.", "稳定的错误代码，不随语言变化。"),
    "details": ("More about it.", "错误明细。"),
    "field": ("Which field is wrong.", "出错的字段。"),
    "request_id": ("The request's id, for questions.", "请求编号，便于查询。"),
    "status": ("How far it is.", "状态。"),
    "title": ("Its title.", "标题。"),
    "url": ("Where it is.", "地址。"),
    "user": ("Your end user, passed on.", "您的最终用户标识，原样转发。"),
    "metadata": ("Your own notes, by name.", "自定义元数据。"),
    "owned_by": ("Who serves it.", "提供方。"),
    "role": ("Who speaks.", "角色。"),
    # ---- Messages, Responses
    "content": ("What is said, in parts.", "内容片段。"),
    "content_block": ("The block that begins.", "开始的内容块。"),
    "cache_control": ("Up to here the upstream may keep it in its cache.", "缓存断点。"),
    "disable_parallel_tool_use": ("At most one tool at a time.", "禁止并行调用工具。"),
    "effort": ("How much to think.", "思考强度。"),
    "format": ("The form of the answer.", "输出格式。"),
    "output_config": ("About the answer's form and effort.", "输出配置。"),
    "input": ("What the tool is called with.", "工具的参数。"),
    "is_error": ("Whether the tool failed.", "工具是否出错。"),
    "source": ("Where the picture or document is.", "图片或文档来源。"),
    "thinking": ("The model's thoughts.", "思考内容。"),
    "tool_choice": ("Whether and which tool is called.", "是否及调用哪个工具。"),
    "tool_use_id": ("Which call this answers.", "对应的工具调用编号。"),
    "tools": ("What the model may call.", "可用工具。"),
    "include": ("What more the answer should have.", "需要额外返回的内容。"),
    "incomplete_details": ("Why it is not whole.", "未完成的原因。"),
    "reason": ("Why.", "原因。"),
    "output": ("What was made, item by item.", "输出条目。"),
    "summary": ("Whether thoughts are summed up.", "是否返回思考摘要。"),
    "truncation": ("Whether too long a conversation is cut.", "超长时是否截断。"),
    "has_more": ("Whether there are further ones.", "是否还有更多。"),
    "first_id": ("The first one's id.", "第一条的编号。"),
    "last_id": ("The last one's id.", "最后一条的编号。"),
    "display_name": ("The name to show.", "显示名称。"),
    "displayName": ("The name to show.", "显示名称。"),
    # ---- Gemini
    "candidates": ("The answers.", "回答列表。"),
    "candidateCount": ("How many answers.", "回答数量。"),
    "maxOutputTokens": ("The output limit in tokens, thoughts included.",
                        "输出上限（token），包含思考。"),
    "responseId": ("The answer's id.", "回答编号。"),
    "responseMimeType": ("text/plain, or application/json.",
                         "text/plain 或 application/json。"),
    "responseSchema": ("The form of JSON answers.", "JSON 回答的结构。"),
    "safetySettings": ("Passed on to channels of Google's.", "转发给 Google 渠道。"),
    "systemInstruction": ("What goes before the conversation.", "系统指令。"),
    "thinkingConfig": ("How much to think, and whether thoughts are shown.", "思考配置。"),
    "toolConfig": ("Whether and which function is called.", "函数调用配置。"),
    "models": ("The models.", "模型列表。"),
    "nextPageToken": ("For the next page; absent on the last.", "下一页标记，末页无此字段。"),
    "supportedGenerationMethods": ("What it can be called by.", "支持的调用方法。"),
    "requests": ("One for each text.", "每个文本一项。"),
    "taskType": ("What the vectors are for.", "向量用途。"),
    "outputDimensionality": ("How many numbers, for models that can shorten.",
                             "向量维度（支持缩短的模型）。"),
    "values": ("The numbers.", "向量数值。"),
    "embedding": ("The vector.", "向量。"),
    "embeddings": ("A vector for each request, in order.", "按请求顺序返回的向量。"),
    # ---- moderation, rerank
    "categories": ("category → whether it was found.", "各类别是否命中。"),
    "category_scores": ("category → how surely, 0 to 1.", "各类别得分，0 至 1。"),
    "results": ("One for each input.", "结果列表。"),
    "relevance_score": ("Higher fits better.", "相关性得分，越高越相关。"),
    "document": ("The document, where asked for.", "文档内容（如请求）。"),
    "documents": ("Texts that are put in order.", "待排序的文本。"),
    "meta": ("As Cohere's clients read it.", "兼容 Cohere 客户端的信息。"),
    # ---- pictures
    "background": ("The background that was drawn.", "背景。"),
    "output_format": ("The file's format.", "文件格式。"),
    "quality": ("The quality that was drawn.", "质量。"),
    "size": ("The size that was drawn, width x height.", "尺寸，宽 x 高。"),
    "image[]": ("As `image`, for clients that name lists so.", "同 `image`，兼容数组写法。"),
    "image_file": ("The picture to go on from.", "参考图片。"),
    "image_request": ("The order; a body without this wrapper is read too.",
                      "请求内容；省略外层也可识别。"),
    "magic_prompt_option": ("Whether the vendor rewords the prompt.", "是否由上游润色提示词。"),
    "style_type": ("The style that was drawn.", "风格。"),
    "resolution": ("The size, width x height.", "尺寸，宽 x 高。"),
    "prompt": ("What was drawn, in words.", "提示词。"),
    "thumbnail": ("A small one.", "缩略图。"),
    # ---- Midjourney, Suno, tasks
    "action": ("What was done.", "动作。"),
    "base64Array": ("Pictures: data URLs, bare base64, or http(s) addresses.",
                    "图片：data URL、裸 base64 或 http(s) 地址。"),
    "botType": ("Which of the two bots.", "使用的机器人。"),
    "buttons": ("What can be done next, for /submit/action.",
                "后续可执行的按钮，用于 /submit/action。"),
    "chooseSameChannel": ("Passed on to upstreams that read it; a button's task stays with its "
                          "channel in any case.",
                          "转发给支持的上游；按钮任务在本站始终沿用原渠道。"),
    "customId": ("Of the button that was pressed, else empty.", "所按按钮的标识，否则为空。"),
    "dimensions": ("The shape of the picture.", "画面比例。"),
    "emoji": ("The button's sign.", "按钮图标。"),
    "label": ("The button's words.", "按钮文字。"),
    "style": ("The button's colour: 2 is usual, 3 was pressed.", "按钮样式：2 普通，3 已按。"),
    "MidjourneyButton.type": ("2: a button.", "2 表示按钮。"),
    "ids": ("Ids of tasks.", "任务编号列表。"),
    "imageUrls": ("Each picture by itself, where there are several.", "多图时的单张图片。"),
    "link": ("An address of the picture, in place of `base64`.", "图片地址，可代替 `base64`。"),
    "maskBase64": ("Of a redrawn region, else empty.", "局部重绘蒙版，否则为空。"),
    "motion": ("How much moves.", "运动幅度。"),
    "promptEn": ("The prompt in English.", "英文提示词。"),
    "properties": ("Further facts, by name.", "附加属性。"),
    "result": ("Of a refusal: null.", "拒绝时为 null。"),
    "videoUrl": ("For clients that read it; empty.", "兼容字段，为空。"),
    "videoUrls": ("For clients that read it; empty.", "兼容字段，为空。"),
    "attempts": ("What was tried, in order.", "尝试记录。"),
    "audio_prompt_id": ("The clip that it goes on from.", "续写的来源片段。"),
    "batch_size": ("How many songs.", "歌曲数量。"),
    "clips": ("The songs.", "歌曲列表。"),
    "error_message": ("Why it failed.", "失败原因。"),
    "error_type": ("What kind of failure.", "失败类型。"),
    "gpt_description_prompt": ("What was asked for, in words.", "描述提示词。"),
    "major_model_version": ("v3, v4 …", "v3、v4 等。"),
    "model_name": ("Which model made it.", "模型名。"),
    "TokenLogLine.model_name": ("The model of the request.", "请求的模型。"),
    "tags": ("The style in words.", "风格标签。"),
    "task_id": ("The task's id.", "任务编号。"),
    "progress": ("How far it was then, in percent.", "当时进度，百分比。"),
    # ---- sound
    "content_type": ("The media type.", "媒体类型。"),
    "language": ("Which language was heard.", "识别的语言。"),
    "segments": ("Piece by piece.", "分段结果。"),
    "task": ("transcribe or translate.", "transcribe 或 translate。"),
    "word": ("The word.", "单词。"),
    "words": ("Word by word.", "逐词结果。"),
    # ---- tokens, accounts, site
    "email": ("The account's address.", "账户邮箱。"),
    "FamilyAccount.status": ("1: in use.", "1 表示正常。"),
    "group": ("The group.", "分组。"),
    "items": ("Those of this page.", "本页内容。"),
    "key": ("The key, shown this once.", "令牌，仅显示一次。"),
    "model_limits": ("Models that the token may call.", "允许的模型。"),
    "model_limits_enabled": ("Whether the token has a list of models.", "是否限制模型。"),
    "is_stream": ("Whether it was streamed.", "是否流式。"),
    "stream": ("Whether it was streamed.", "是否流式。"),
    "token_name": ("The token's name.", "令牌名称。"),
    "user_id": ("The account's id.", "账户编号。"),
    "username": ("The account's name.", "账户名。"),
    "desc": ("In words.", "说明。"),
    "kind": ("What kind it is.", "种类。"),
    "server_address": ("This site's address.", "本站地址。"),
    "system_name": ("This site's name.", "本站名称。"),
    "version": ("Of the program.", "程序版本。"),
}  # fmt: skip
PARAMETERS: dict[str, tuple[str, str]] = {
    "limit": ("How many a page holds.", "每页数量。"),
    "page_size": ("How many a page holds.", "每页数量。"),
    "order": ("desc: the newest first.", "desc 为最新在前。"),
    "after": ("`next` of the page before.", "上一页的 `next`。"),
    "after_id": ("The last model of the page before.", "上一页最后一个模型。"),
    "model": ("The model's name.", "模型名。"),
    "task": ("The task's id.", "任务 ID。"),
    "id": ("The request's id.", "请求 ID。"),
    "ids": ("Ids of songs, comma-separated.", "歌曲 ID，以逗号分隔。"),
    "artefact": ("The file's id.", "文件 ID。"),
    "n": ("Which of its pictures, from 1.", "第几张图片，从 1 开始。"),
    "kind": ("Of this kind only.", "仅此种类。"),
    "getFile.kind": ("What the file is, as its link says.", "文件种类，取自链接。"),
    "name": ("The file's name, as its link says.", "文件名，取自链接。"),
    "sig": ("The link's signature.", "链接的签名。"),
    "Range": ("Which bytes, where not all are wanted.", "所需的字节范围。"),
    "status": ("In this state only.", "仅此状态。"),
    "start_date": ("The first day.", "开始日期。"),
    "end_date": ("The last day.", "结束日期。"),
}


def explain(document: Node) -> None:
    """Write the meaning to each field and parameter that has none."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                _tell_parameter(parameter, operation["operationId"])
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        _explain(schema, name, schemas)
    _explain(document["paths"], "", schemas)


def _explain(node: Any, schema: str, schemas: Node) -> None:
    if isinstance(node, list):
        for each in node:
            _explain(each, schema, schemas)
    elif isinstance(node, dict):
        fields = node.get("properties")
        if isinstance(fields, dict) and isinstance(node.get("type"), str | list):
            for name, field in fields.items():
                _tell(name, field, schema, schemas)
        for key, each in node.items():
            if key not in ("example", "examples"):
                _explain(each, schema, schemas)


def _tell(name: str, field: Node, schema: str, schemas: Node) -> None:
    whole = schemas[field["$ref"].rpartition("/")[2]] if "$ref" in field else field
    if "description" in field or "description" in whole or "const" in whole:
        return
    told = MEANINGS.get(f"{schema}.{name}") or MEANINGS.get(name)
    if told is not None:
        field["description"], field["x-description-zh"] = told


def _tell_parameter(parameter: Node, operation: str) -> None:
    schema, name = parameter["schema"], parameter["name"]
    told = PARAMETERS.get(f"{operation}.{name}") or PARAMETERS.get(name)
    if "description" not in schema and told is not None:
        english, chinese = told
        # The schema may be another parameter's too.
        parameter["schema"] = {**schema, "description": english, "x-description-zh": chinese}
