"""A newsroom's evening: send a story, see its tags and who has it already, show a feed, tell what was seen.

Run it against the demo newsroom with an editor's and an app's key:
TIANFU_EDITOR_KEY=… TIANFU_KEY=… python docs/examples/newsroom.py
"""

import os
import sys
from datetime import UTC, datetime

from tianfu.client import ClientError, EventReceipts, StoryRow, Tianfu


def send(editor: Tianfu) -> None:
    """Check a text before it is published, then publish it."""
    title, body = (
        "利州区夜间公交延长到晚上十点",
        "利州区交通运输局介绍，今晚起三条公交线路末班车延长到晚上十点。",
    )
    tags = editor.suggest_tags(title, body)
    print("标签：", "，".join(tag.label for tag in (*tags.topics, *tags.places, *tags.keywords)))
    for match in editor.check_duplicates(title, body).matches:
        print(f"已有：{match.title}（{match.outlet_id}，{match.relation}）")
    story: StoryRow = {
        "external_id": "bus-2200",
        "title": title,
        "body": body,
        "published_at": datetime.now(UTC),
    }
    receipt = editor.send_stories([story], wait_s=10).results[0]
    print(f"稿件：{receipt.error.detail if receipt.error else receipt.outcome}")


def show(app: Tianfu) -> None:
    """Show a page of a feed and tell what of it was seen."""
    page = app.recommend(device_id="example-device-1", count=5)
    for item in page.items:
        print(f"{item.title}（{item.outlet.name}）{'，'.join(reason.text for reason in item.reasons)}")
    with app.event_buffer(on_sent=tell) as events:
        for item in page.items:
            events.add(
                type="expose",
                device_id="example-device-1",
                story_id=item.story_id,
                trace_id=page.trace_id,
                position=item.position,
            )


def tell(receipts: EventReceipts) -> None:
    """Say what became of events; a rejected one says why."""
    print(f"行为：收下 {receipts.accepted} 条")
    for row in receipts.results:
        if row.error is not None:
            print(f"行为 {row.index}：{row.error.detail}")


def main() -> int:
    """Run both; one plain sentence when something is refused."""
    try:
        with Tianfu(os.environ.get("TIANFU_EDITOR_KEY")) as editor, Tianfu() as app:
            send(editor)
            show(app)
    except ClientError as bad:
        print(f"{bad.code}: {bad.message} {bad.advice}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
