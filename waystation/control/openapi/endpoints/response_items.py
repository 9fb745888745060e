"""What goes with a stored response: the items that it was asked with, and the cancelling of it."""

from waystation.control.openapi.codes import LOOK_UP, UPSTREAM
from waystation.control.openapi.endpoint import Endpoint, Example, Parameter, Reply
from waystation.control.openapi.endpoints.responses import ID, ITEM
from waystation.control.openapi.fields import array, const, integer, record, string

_ITEMS = {
    "object": "list",
    "data": [
        {
            "id": "msg_0Vbhn",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Say ready."}],
        }
    ],
    "first_id": "msg_0Vbhn",
    "last_id": "msg_0Vbhn",
    "has_more": False,
}
ENDPOINTS = (
    Endpoint(
        id="listResponseInputItems",
        method="get",
        path="/v1/responses/{response}/input_items",
        tag="Responses",
        summary="What a stored response was asked with",
        summary_zh="已保存响应的输入条目",
        parameters=(
            ID,
            Parameter("limit", "query", integer(minimum=1, maximum=100), example=20),
            Parameter("order", "query", string(enum=["asc", "desc"]), example="desc"),
            Parameter("after", "query", string("Id of an item.", "条目 ID。"), example="msg_1"),
        ),
        replies=(
            Reply(
                200,
                "A page of items.",
                "一页条目。",
                {
                    "application/json": (
                        record(
                            {
                                "object": const("list"),
                                "data": array(ITEM),
                                "first_id": {"type": ["string", "null"]},
                                "last_id": {"type": ["string", "null"]},
                                "has_more": {"type": "boolean"},
                            },
                            ["object", "data", "first_id", "last_id", "has_more"],
                        ),
                        (Example("items", _ITEMS),),
                    )
                },
            ),
        ),
        codes=(*LOOK_UP, *UPSTREAM, "response_not_found", "invalid_value"),
    ),
    Endpoint(
        id="cancelResponse",
        method="post",
        path="/v1/responses/{response}/cancel",
        tag="Responses",
        summary="Cancel a response (refused)",
        summary_zh="取消响应（拒绝）",
        description="Nothing runs in the background here, so what is stored is done: always a 400.",
        description_zh="此处没有后台响应，已保存的响应均已完成，始终返回 400。",
        parameters=(ID,),
        replies=(),
        codes=(*LOOK_UP, "response_not_found", "invalid_request"),
    ),
)
