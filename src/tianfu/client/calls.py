"""Which calls the clients have."""

from tianfu.client import events as event_calls
from tianfu.client import feeds as feed_calls
from tianfu.client import placements as placement_calls
from tianfu.client import readers as reader_calls
from tianfu.client import stories as story_calls
from tianfu.client import texts as text_calls
from tianfu.client.call import alone
from tianfu.client.methods import Method, Pages


class Calls:
    """Every call, as a method of both clients."""

    recommend = Method(alone(feed_calls.recommend))
    related = Method(alone(feed_calls.related))
    feed_pages = Pages(feed_calls.feed_pages)
    decision = Method(alone(feed_calls.decision))

    send_events = Method(event_calls.send_events)

    send_stories = Method(story_calls.send_stories)
    stories = Pages(story_calls.stories)
    story = Method(alone(story_calls.story))
    takedown = Method(alone(story_calls.takedown))
    restore = Method(alone(story_calls.restore))

    suggest_tags = Method(alone(text_calls.suggest_tags))
    check_duplicates = Method(alone(text_calls.check_duplicates))
    duplicates = Method(alone(text_calls.duplicates))

    place = Method(alone(placement_calls.place))
    placements = Method(alone(placement_calls.placements))
    placement = Method(alone(placement_calls.placement))
    change_placement = Method(alone(placement_calls.change_placement))
    withdraw_placement = Method(alone(placement_calls.withdraw_placement))
    placement_receipts = Method(alone(placement_calls.placement_receipts))

    reader = Method(alone(reader_calls.reader))
    erase_reader = Method(alone(reader_calls.erase_reader))
    export_reader = Method(alone(reader_calls.export_reader))
    switch_personalisation = Method(alone(reader_calls.switch_personalisation))
    set_interest = Method(alone(reader_calls.set_interest))
    delete_interest = Method(alone(reader_calls.delete_interest))
    set_wish = Method(alone(reader_calls.set_wish))
    withdraw_wish = Method(alone(reader_calls.withdraw_wish))
    join_device = Method(alone(reader_calls.join_device))
    reader_link = Method(alone(reader_calls.reader_link))
