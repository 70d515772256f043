"""The immutable view of all stories that may be shown at one moment, newest first, in columns."""

from collections.abc import Hashable, Mapping

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.card import StoryCard
from tianfu.model.rights import RightsFacts

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
"""Places in a view, 0 the newest story."""
Numbers = npt.NDArray[np.int64]
SKETCH = 128
"""Length of the short vectors by which stories of one page are told apart."""

ROW = np.dtype(
    [
        ("number", np.int64),
        ("published_s", np.int64),
        ("told_s", np.int64),
        ("expires_s", np.int64),
        ("outlet", np.int32),
        ("cluster", np.int64),
        ("channel", np.int64),
        ("topics", np.int16, (3,)),
        ("places", np.int64, (3,)),
        ("chars", np.int32),
        ("rights", np.int32),
        ("minors", np.bool_),
        ("leads", np.bool_),
    ]
)


class Postings:
    """Rows by key, each list ascending, so newest first.

    Args:
        keys: One for each row; those of one key in ascending order of their rows.
        rows: Places in a view.
    """

    def __init__(self, keys: npt.NDArray[np.int64], rows: Rows) -> None:
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        self._rows = rows[order]
        self._keys = ordered[starts]
        self._starts = np.append(starts, len(rows))

    def rows(self, key: int) -> Rows:
        """Rows of one key, newest first."""
        at = int(self._keys.searchsorted(key))
        if at == len(self._keys) or self._keys[at] != key:
            return self._rows[:0]
        return self._rows[self._starts[at] : self._starts[at + 1]]

    def spans(self, keys: npt.NDArray[np.int64]) -> tuple[Rows, Rows]:
        """All rows of many keys, one key after another, and for each row the place of its key."""
        low, counts = self._found(keys)
        of = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._rows[np.repeat(low, counts) + within], of

    def counts(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        """How many rows each key has."""
        return self._found(keys)[1]

    def _found(self, keys: npt.NDArray[np.int64]) -> tuple[Rows, Rows]:
        """Where each key's rows begin, and how many there are."""
        if not len(self._keys):
            nothing = np.zeros(len(keys), dtype=np.intp)
            return nothing, nothing
        at = np.minimum(self._keys.searchsorted(keys), len(self._keys) - 1)
        counts = np.where(self._keys[at] == keys, self._starts[at + 1] - self._starts[at], 0)
        return self._starts[at], counts


class Addresses:
    """Row of each number: looked up at once where numbers lie close together, else searched for.

    Numbers are handed out one after another, so those of a hot window nearly fill a range; stories imported
    late from an archive may stretch it.
    """

    _SPREAD = 16

    def __init__(self, numbers: Numbers) -> None:
        self._low = int(numbers.min()) if len(numbers) else 0
        width = int(numbers.max()) - self._low + 1 if len(numbers) else 0
        self._table: npt.NDArray[np.int32] | None = None
        if width <= self._SPREAD * len(numbers) + 1_024:
            self._table = np.full(width + 1, -1, dtype=np.int32)
            self._table[numbers - self._low] = np.arange(len(numbers), dtype=np.int32)
        self._by_number = np.argsort(numbers)
        self._sorted = numbers[self._by_number]

    def rows(self, numbers: Numbers) -> Rows:
        """Row of each number, -1 for one that is not there."""
        if self._table is not None:
            at = numbers - self._low
            at[(at < 0) | (at >= len(self._table))] = -1
            return self._table[at].astype(np.intp)
        at = np.minimum(self._sorted.searchsorted(numbers), len(self._sorted) - 1)
        return np.where(self._sorted[at] == numbers, self._by_number[at], -1)

    def row(self, number: int) -> int:
        """Row of one number, -1 for one that is not there."""
        if self._table is not None:
            at = number - self._low
            return int(self._table[at]) if 0 <= at < len(self._table) else -1
        return int(self.rows(np.array([number], dtype=np.int64))[0])


class FeedView:
    """Every story that may be shown at one moment, newest first.  Never changes once made.

    What was looked up in it is remembered.  Readers take the reference once and work on it without locks;
    the follower swaps in a new view.

    Attributes:
        cards: Stories by row.
        number: Story numbers by row, as all further columns.
        published_s: What freshness goes by, seconds since the epoch, UTC.
        told_s: What being first goes by, the same.
        leads: Whether it is the first publisher's story of its cluster.
        ahead_s: ``published_s`` with its sign turned, so ascending.
        expires_s: The same; the largest integer for never.
        outlet: Codes of outlets, see :meth:`outlet_code`.
        cluster: One value per cluster.
        channel: One value per section's name.
        topics: Class codes, shape (n, 3), primary first, -1 for none.
        places: Adcodes, shape (n, 3), primary first, -1 for none.
        chars: Characters of the body.
        rights: Codes of what decides who may show a story, see ``rights_codes``.
        minors: Whether it is fit for minors.
        rights_codes: Facts of rights with their codes, which count up from 0 in this order.
    """

    def __init__(
        self,
        *,
        rows: npt.NDArray[np.void],
        cards: npt.NDArray[np.object_],
        sketches: npt.NDArray[np.float16],
        slots: npt.NDArray[np.int32],
        numbers: Mapping[str, int],
        outlets: Mapping[str, int],
        rights: Mapping[RightsFacts, int],
    ) -> None:
        self.cards = cards
        self.number: Numbers = np.ascontiguousarray(rows["number"])
        self.published_s: Numbers = np.ascontiguousarray(rows["published_s"])
        self.told_s: Numbers = np.ascontiguousarray(rows["told_s"])
        self.leads: npt.NDArray[np.bool_] = np.ascontiguousarray(rows["leads"])
        self.ahead_s: Numbers = -self.published_s
        self.expires_s: Numbers = np.ascontiguousarray(rows["expires_s"])
        self.outlet: npt.NDArray[np.int32] = np.ascontiguousarray(rows["outlet"])
        self.cluster: Numbers = np.ascontiguousarray(rows["cluster"])
        self.channel: Numbers = np.ascontiguousarray(rows["channel"])
        self.topics: npt.NDArray[np.int16] = np.ascontiguousarray(rows["topics"])
        self.places: Numbers = np.ascontiguousarray(rows["places"])
        self.chars: npt.NDArray[np.int32] = np.ascontiguousarray(rows["chars"])
        self.rights: npt.NDArray[np.int32] = np.ascontiguousarray(rows["rights"])
        self.minors: npt.NDArray[np.bool_] = np.ascontiguousarray(rows["minors"])
        self._sketches = sketches
        self._slots = slots
        self.rights_codes = rights
        self._numbers = numbers
        self._outlets = outlets
        self._row_of = Addresses(self.number)
        self._few: dict[Hashable, Rows] = {}
        everyone = np.arange(len(cards), dtype=np.intp)
        self._of_outlet = Postings(self.outlet.astype(np.int64), everyone)
        self._of_cluster = Postings(self.cluster, everyone)
        self._of_channel = Postings(self.channel, everyone)
        self._of_topic = Postings(*_pairs(self.topics.astype(np.int64)))
        self._of_area = Postings(*_pairs(_areas(self.places)))

    def __len__(self) -> int:
        return len(self.cards)

    def rows_of(self, numbers: Numbers) -> Rows:
        """Row of each number, -1 where it is not in the view."""
        return self._row_of.rows(numbers)

    def row_of(self, number: int) -> int:
        """Row of one number, -1 where it is not in the view."""
        return self._row_of.row(number)

    def card_of(self, number: int) -> StoryCard | None:
        """The card of a number."""
        row = self._row_of.row(number)
        return None if row < 0 else self.card(row)

    def card_named(self, story_id: str) -> StoryCard | None:
        """The card of a public id."""
        number = self._numbers.get(story_id)
        return None if number is None else self.card_of(number)

    def number_of(self, story_id: str) -> int | None:
        """The number of a public id."""
        return self._numbers.get(story_id)

    def sketches(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Short vectors of the texts, shape (len(rows), SKETCH), each of unit length or zero."""
        return self._sketches[self._slots[rows]].astype(np.float32)

    def card(self, row: int) -> StoryCard:
        """The card in a row."""
        card: StoryCard = self.cards[row]
        return card

    def outlet_code(self, outlet_id: str) -> int:
        """Code of an outlet in ``outlet``; -1 for one without stories."""
        return self._outlets.get(outlet_id, -1)

    @property
    def outlet_codes(self) -> Mapping[str, int]:
        """Codes of all outlets that ever had a story here."""
        return self._outlets

    def of_outlet(self, outlet_id: str) -> Rows:
        """An outlet's stories, newest first."""
        return self._of_outlet.rows(self.outlet_code(outlet_id))

    def few_of_each(self, key: Hashable, rows: Rows, first: int, each: int, most: int) -> Rows:
        """Of some rows those from ``first`` on, at most ``each`` of one outlet and ``most`` in all.

        Looks at every row, however many one outlet has in front, and remembers the answer.

        Args:
            key: Names the rows; the same key must always come with the same rows.
            rows: Ascending, so newest first.
            first: Rows before it are dated ahead.
            each: Of one outlet.
            most: In all.
        """
        if not len(rows):
            return rows
        kept = self._few.get((key, first, each, most))
        if kept is None:
            found = rows[rows.searchsorted(first) :]
            order = np.argsort(self.outlet[found], kind="stable")
            ordered = self.outlet[found][order]
            turn = np.empty(len(found), dtype=np.intp)
            turn[order] = np.arange(len(found)) - ordered.searchsorted(ordered, side="left")
            kept = found[turn < each][:most]
            self._few[key, first, each, most] = kept
        return kept

    def about(self, area: str) -> Rows:
        """Stories about places within an area (township, county, city, province), newest first."""
        return self._of_area.rows(int(area))

    def of_topic(self, code: str) -> Rows:
        """Stories of a class, newest first."""
        return self._of_topic.rows(int(code))

    def of_channel(self, channel: str) -> Rows:
        """Stories that outlets put into a section of this name, newest first."""
        return self._of_channel.rows(hash(channel))

    def versions(self, rows: Rows) -> tuple[Rows, Rows]:
        """Every story of these rows' clusters, and for each of them the place in ``rows`` it belongs to."""
        return self._of_cluster.spans(self.cluster[rows])

    def cluster_sizes(self, rows: Rows) -> npt.NDArray[np.intp]:
        """How many stories each row's cluster has in the view."""
        return self._of_cluster.counts(self.cluster[rows])

    def lies_in(self, rows: Rows, area: str) -> npt.NDArray[np.bool_]:
        """Whether each row is about a place within an area."""
        inside: npt.NDArray[np.bool_] = np.any(within(self.places[rows], area), axis=1)
        return inside


def within(places: Numbers, area: str) -> npt.NDArray[np.bool_]:
    """Whether each adcode is the area itself or lies inside it; -1 lies nowhere."""
    code = int(area)
    if code > 999_999:
        exact: npt.NDArray[np.bool_] = np.equal(places, code)
        return exact
    counties = np.where(places > 999_999, places // 1_000, places)
    step = 10_000 if code % 10_000 == 0 else 100 if code % 100 == 0 else 1
    inside: npt.NDArray[np.bool_] = (counties // step == code // step) & (places >= 0)
    return inside


def distinct(values: Numbers) -> Numbers:
    """Each value once, ascending; none may be negative.

    As ``np.unique`` says, in a tenth of its time: that hashes whole numbers, which held up every feed for as
    long as it took, four fifths of the making of a view.
    """
    ordered = np.sort(values)
    found: Numbers = ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]
    return found


def _areas(places: Numbers) -> Numbers:
    """Each adcode with its county, city and province, shape (n, 4 times the places)."""
    counties = np.where(places > 999_999, places // 1_000, places)
    nested = [places, counties, counties // 100 * 100, counties // 10_000 * 10_000]
    return np.concatenate([np.where(places >= 0, level, -1) for level in nested], axis=1)


def _pairs(values: Numbers) -> tuple[Numbers, Rows]:
    """Keys and rows of a matrix of keys, each pair once, without -1."""
    rows = np.repeat(np.arange(len(values), dtype=np.int64), values.shape[1])
    keys = values.ravel()
    held = distinct((keys[keys >= 0] << 24) | rows[keys >= 0])
    return held >> 24, (held & 0xFFFFFF).astype(np.intp)
