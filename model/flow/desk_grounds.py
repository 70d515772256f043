"""Why a desk would take a story, or not: in plain Chinese, with the numbers."""

from tianfu.model.flow.desks import TOLD_ALREADY, DeskAnswer
from tianfu.model.flow.grounds import Ground, Names, name_of_topic


def desk_grounds(answer: DeskAnswer, *, days: int, outlet_name: str, names: Names) -> list[Ground]:
    """Say what an estimate rests on; what lowers it comes first.

    Args:
        answer: The estimate.
        days: How far back the ledger goes.
        outlet_name: Of the upper outlet.
        names: Chinese names of classes.
    """
    topic = name_of_topic(answer.desk.topic, names)
    said: list[Ground] = []
    if answer.told is not None:
        text = f"{outlet_name}已有同一事件的报道《{answer.told[1]}》，再采用的可能性低"
        said.append(_ground("told_already", text, TOLD_ALREADY))
    if answer.alike:
        text = f"相似的往期稿件{answer.alike}篇，该编辑部采用{answer.alike_taken}篇"
        if answer.same_place:
            text += f"，其中{answer.same_place}篇涉及同一地区"
        said.append(_ground("alike", text, round(answer.alike_taken / answer.alike, 4)))
    said.append(_base(answer, days, topic))
    if answer.desk.topic:
        text = f"稿件标有{topic}类" if answer.tagged else f"稿件未标{topic}类，但相似稿件由该编辑部采用"
        said.append(_ground("topic", text, round(answer.fit, 4)))
    return said


def _base(answer: DeskAnswer, days: int, topic: str) -> Ground:
    kind = f"{topic}类" if answer.desk.topic else ""
    if not answer.taken:
        text = f"近{days}天没有该编辑部的采用记录，参照该媒体平时的情况，估计约有{answer.base:.1%}会被采用"
    else:
        text = f"近{days}天下级媒体发{kind}稿{answer.offered}篇，该编辑部采用{answer.taken}篇"
        text += f"，估计这类稿件约有{answer.base:.1%}会被采用"
    return _ground("base_rate", text, round(answer.base, 4))


def _ground(code: str, text: str, number: float) -> Ground:
    return Ground(code=code, text=text, number=number, weight=0.0)
