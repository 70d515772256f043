"""Made-up readers, so that a newsroom can see what a feed looks like for people unlike its editors.

Nobody real stands behind a persona: it is an idea of a reader, and what it "has read" is chosen anew for
every preview from stories that are there.
"""

from dataclasses import dataclass

from tianfu.model.tag import TagKind

MAX_INTERESTS = 10
"""Most interests of one made-up reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One made-up reader.

    Attributes:
        name: As newsrooms call such a reader.
        says: One sentence about what this reader cares for.
        topics: GB/T 20093 classes, the dearest first; none for somebody who is new.
    """

    id: str
    name: str
    says: str
    topics: tuple[str, ...] = ()

    @property
    def interests(self) -> tuple[tuple[TagKind, str], ...]:
        """The topics as keys of interests."""
        return tuple((TagKind.TOPIC, code) for code in self.topics)


PERSONAS = (
    Persona(id="newcomer", name="新用户", says="第一次打开客户端，什么都还没看过"),
    Persona(id="farmer", name="种养大户", says="关心农技、气象和农产品行情", topics=("14", "22", "19")),
    Persona(id="parent", name="学生家长", says="关心学校、招生和周末去处", topics=("31", "35", "05")),
    Persona(id="fan", name="体育爱好者", says="关心赛事、健身和户外", topics=("39", "21")),
    Persona(id="official", name="基层干部", says="关心时政、法治和工程进度", topics=("01", "02", "13")),
    Persona(
        id="trader", name="个体经营者", says="关心经济、商贸、物流和金融", topics=("11", "19", "18", "12")
    ),
    Persona(id="traveller", name="返乡青年", says="关心文旅、科技和就业", topics=("21", "33", "05")),
)
"""The ones every newsroom may choose from; none cares for a class of which nothing is ever remembered."""
