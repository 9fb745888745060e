"""What the control process asks of the ledger to keep the request log from growing for ever."""

from waystation.ledger.message import Message


class TidyLog(Message, frozen=True, tag="tidy_log"):
    """Look at one page of the log, at most `count` rows with n above `after_n`, and remove those
    of hours that ended before before_ms; the hours' totals stay. Answered by Tidied."""

    id: str
    before_ms: int
    after_n: int
    count: int


class Tidied(Message, frozen=True, tag="tidied"):
    """gone: how many rows were removed. after_n: where the next page begins, 0: nothing old can be
    further on."""

    id: str
    gone: int = 0
    after_n: int = 0
