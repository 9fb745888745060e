"""Stored files: the list, deleting, and the links themselves."""

from waystation.control.openapi.codes import LOOK_UP
from waystation.control.openapi.endpoint import Body, Endpoint, Example, Parameter, Reply
from waystation.control.openapi.fields import (
    Schema,
    array,
    boolean,
    const,
    integer,
    nullable,
    record,
    ref,
    string,
)

_SERVER = ("temporarily_unavailable", "internal_error", "method_not_allowed")
_BINARY: Schema = {"type": "string", "format": "binary"}

SCHEMAS: dict[str, Schema] = {
    "Artefact": record(
        {
            "id": string(),
            "object": const("artefact"),
            "kind": string(enum=["img", "audio", "video", "text"]),
            "content_type": string("Read from the file's bytes.", "根据文件内容判断。"),
            "bytes": integer(minimum=0),
            "width": nullable(integer("Pixels.", "像素。", minimum=1)),
            "height": nullable(integer("Pixels.", "像素。", minimum=1)),
            "sha256": string("Hexadecimal.", "十六进制。"),
            "created_ms": integer("Unix milliseconds.", "Unix 毫秒。"),
            "expires_ms": nullable(
                integer(
                    "When it will be deleted, Unix milliseconds; null: never.",
                    "删除时间（Unix 毫秒），null 表示不删除。",
                )
            ),
            "request_id": nullable(string("The request that made it.", "生成它的请求 ID。")),
            "task_id": nullable(string("The task that made it.", "生成它的任务 ID。")),
            "url": string(
                "Signed; loads without a key.", "带签名的链接，无需令牌即可访问。", format="uri"
            ),
        },
        ["id", "object", "kind", "content_type", "bytes", "sha256", "created_ms", "url"],
    ),
    "ArtefactList": record(
        {
            "object": const("list"),
            "data": array(ref("Artefact"), "The newest first.", "按时间倒序。"),
            "has_more": boolean(),
            "next_cursor": nullable(
                string("For `cursor` of the next page.", "下一页的 `cursor`。")
            ),
        },
        ["object", "data", "has_more", "next_cursor"],
    ),
    "Uploaded": record(
        {
            "url": string("Signed; loads without a key.", "带签名的链接。", format="uri"),
            "created": integer("Unix milliseconds.", "Unix 毫秒。"),
        },
        ["url", "created"],
    ),
    "ArtefactDeleted": record(
        {"id": string(), "object": const("artefact"), "deleted": boolean(const=True)},
        ["id", "object", "deleted"],
    ),
}

_ID = "4rTqX0bWm2Kc9sLpZ7eYvA"
_SIGNATURE = "9f2c41d07ab3.dGhpcyBpcyBub3QgYSByZWFsIHNpZ25hdHVyZSBhdCBhbGw"
_ARTEFACT = {
    "id": _ID,
    "object": "artefact",
    "kind": "img",
    "content_type": "image/png",
    "bytes": 1482203,
    "width": 1024,
    "height": 1024,
    "sha256": "3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8551",
    "created_ms": 1731000000000,
    "expires_ms": None,
    "request_id": "0Qb3xK2mZk3s9dJq7LhT5a",
    "task_id": None,
    "url": f"https://relay.example/files/img/{_ID}.png?sig={_SIGNATURE}",
}
_PAGE = {"object": "list", "data": [_ARTEFACT], "has_more": False, "next_cursor": None}
_PAGING = (
    Parameter("limit", "query", integer(minimum=1, maximum=100, default=20), example=50),
    Parameter(
        "cursor",
        "query",
        string("`next_cursor` of the page before.", "上一页的 `next_cursor`。"),
        example=f"1731000000000-{_ID}",
    ),
)
_BY_ID = (Parameter("artefact", "path", string(), required=True, example=_ID),)
_LISTED = Reply(
    200,
    "A page.",
    "一页文件。",
    {"application/json": (ref("ArtefactList"), (Example("one", _PAGE),))},
)
_DESCRIPTION = (
    "Pictures and other results are stored here and served under links that do not die with the "
    "vendor's. The account's own, of all its tokens."
)
_DESCRIPTION_ZH = "生成的图片等结果会保存在本站，链接不随上游失效。返回本账户（所有令牌）的文件。"

_UPLOAD = record(
    {"file": {"type": "string", "format": "binary"}},
    ["file"],
)
_UPLOADED = {
    "url": _ARTEFACT["url"],
    "created": _ARTEFACT["created_ms"],
}

ENDPOINTS = (
    Endpoint(
        id="uploadPicture",
        method="post",
        path="/api/upload",
        tag="Files",
        summary="Store a picture and get its link",
        summary_zh="上传图片并获取链接",
        description=(
            "One picture (png, jpeg, webp, gif) as `file`, for requests that take pictures by "
            "their address. Nothing is charged; it counts as a request in the token's limits, and "
            "the file against what the account may store."
        ),
        description_zh=(
            "以 `file` 上传一张图片（png、jpeg、webp、gif），"
            "用于以地址引用图片的请求。不计费，但计入令牌的请求频率限制，文件计入账户的存储上限。"
        ),
        body=Body(None, (), _UPLOAD, (Example("plain", {"file": "picture.png"}),)),
        replies=(
            Reply(
                200,
                "Stored.",
                "已保存。",
                {"application/json": (ref("Uploaded"), (Example("plain", _UPLOADED),))},
            ),
        ),
        codes=(
            *("invalid_image", "invalid_value", "invalid_request", "multipart_boundary_missing"),
            *("request_too_large", "storage_limit_reached", "unsupported_media_type"),
            *("body_too_slow", "rate_limit_exceeded", "user_banned", *LOOK_UP),
        ),
    ),
    Endpoint(
        id="listArtefacts",
        method="get",
        path="/v1/artefacts",
        tag="Files",
        summary="List stored files",
        summary_zh="列出已保存的文件",
        description=_DESCRIPTION,
        description_zh=_DESCRIPTION_ZH,
        parameters=_PAGING,
        replies=(_LISTED,),
        codes=("invalid_value", *LOOK_UP),
    ),
    Endpoint(
        id="deleteArtefact",
        method="delete",
        path="/v1/artefacts/{artefact}",
        tag="Files",
        summary="Delete a stored file",
        summary_zh="删除已保存的文件",
        parameters=_BY_ID,
        replies=(
            Reply(
                200,
                "Deleted; its link is dead from now on.",
                "已删除，链接立即失效。",
                {
                    "application/json": (
                        ref("ArtefactDeleted"),
                        (Example("plain", {"id": _ID, "object": "artefact", "deleted": True}),),
                    )
                },
            ),
        ),
        codes=("artefact_not_found", *LOOK_UP),
    ),
    Endpoint(
        id="getFile",
        method="get",
        path="/files/{kind}/{name}",
        tag="Files",
        summary="Load a stored file by its link",
        summary_zh="通过链接获取文件",
        description=(
            "No key is needed: whoever has the link can load it. Take links as they are given; "
            "Range, If-None-Match and HEAD work. A wrong signature and a deleted file are both 404."
        ),
        description_zh=(
            "无需令牌，持有链接即可访问。请原样使用返回的链接；"
            "支持 Range、If-None-Match 与 HEAD。签名错误或文件已删除均返回 404。"
        ),
        security=(),
        parameters=(
            Parameter("kind", "path", string(), required=True, example="img"),
            Parameter("name", "path", string(), required=True, example=f"{_ID}.png"),
            Parameter("sig", "query", string(), required=True, example=_SIGNATURE),
            Parameter("Range", "header", string(), example="bytes=0-1023"),
        ),
        replies=(
            Reply(200, "The file.", "文件内容。", {"image/png": (_BINARY, ())}),
            Reply(206, "The part asked for.", "请求的部分。", {"image/png": (_BINARY, ())}),
            Reply(304, "Unchanged.", "未修改。"),
            Reply(416, "Outside of the file.", "超出文件范围。"),
        ),
        codes=("artefact_not_found", *_SERVER),
    ),
    Endpoint(
        id="listOwnArtefacts",
        method="get",
        path="/api/v1/artefacts",
        tag="Files",
        summary="List stored files, signed in",
        summary_zh="登录后列出文件",
        security=("session",),
        parameters=_PAGING,
        replies=(_LISTED,),
        codes=("invalid_value", "session_required", *_SERVER),
        shape="management",
    ),
    Endpoint(
        id="deleteOwnArtefact",
        method="delete",
        path="/api/v1/artefacts/{artefact}",
        tag="Files",
        summary="Delete a stored file, signed in",
        summary_zh="登录后删除文件",
        security=("session",),
        parameters=_BY_ID,
        replies=(Reply(204, "Deleted; its link is dead from now on.", "已删除，链接立即失效。"),),
        codes=("artefact_not_found", "session_required", *_SERVER),
        shape="management",
    ),
)
