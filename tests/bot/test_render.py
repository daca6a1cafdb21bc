"""Markup, and what the surfaces make of it."""

from hypothesis import assume, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from bot.messages import (
    Kind,
    Markup,
    Message,
    aside,
    bold,
    code,
    escape,
    italic,
    lines,
    paragraphs,
    pause,
    say,
)
from bot.render import plain, telegram_parts, telegram_units, terminal, wrap
from dialogues.languages import texts

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
marks = st.sampled_from([escape, bold, italic, code, aside])
markups = st.lists(st.builds(lambda mark, text: mark(text), marks, words), max_size=12).map(
    lambda parts: Markup("\n").join(parts)
)


def letters(text: str) -> str:
    return "".join(text.split())


@given(words)
def test_what_a_person_wrote_reads_as_they_wrote_it(text):
    for mark in (escape, bold, italic, code, aside):
        assert plain(mark(text)) == text
        assert terminal(mark(text)).plain == text


@given(markups, st.integers(20, 200))
def test_parts_fit_and_together_show_the_whole(text, limit):
    assume(plain(text).strip())
    parts = telegram_parts(text, limit)
    assert all(0 < telegram_units(part) <= limit for part in parts)
    assert letters("".join(plain(part) for part in parts)) == letters(plain(text))


@given(markups, st.integers(20, 200))
def test_every_part_closes_what_it_opens(text, limit):
    for part in telegram_parts(text, limit):
        for tag in ("b", "i", "code", "blockquote"):
            assert part.count(f"<{tag}>") == part.count(f"</{tag}>")


def test_long_text_is_cut_between_paragraphs():
    text = paragraphs(*["x" * 30] * 5)
    assert telegram_parts(text, 70) == ["\n\n".join(["x" * 30] * 2)] * 2 + ["x" * 30]


def test_an_emoji_counts_for_two():
    assert telegram_units("🟥") == 2


def test_values_are_escaped_and_markup_stays():
    shown = say(texts("en"), "card_act", act=bold("a"), words="<b>&")
    assert shown == "<b>a</b> “&lt;b&gt;&amp;”"
    assert lines("a", None, "", bold("<")) == "a\n<b>&lt;</b>"
    assert isinstance(lines("a") + "<", Markup)
    assert lines("a") + "<" == "a&lt;"


def test_the_terminal_styles_by_name():
    shown = terminal(aside(lines(bold("x"), "y")))
    assert shown.plain == "x\ny"
    assert {span.style for span in shown.spans} == {"coach strong", "coach"}


def test_only_the_customer_types_and_longer_lines_take_longer():
    short, long = (
        Message(Markup(text), kind=Kind.CUSTOMER) for text in ("嗯", "你们这是什么银行啊我等了半个小时")
    )
    assert pause(Message(Markup("x")), None) == 0
    assert 0 < pause(short, None) < pause(long, None) <= 2.5
    assert pause(long, 0) == 0
    assert pause(short, 3) == 3


@given(st.text(st.sampled_from("您好，。“”（）ab c!🟥…"), max_size=60), st.integers(6, 40))
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    shown = wrap(Text(text), width)
    assert all(cell_len(line.plain) <= width for line in shown)
    assert letters("".join(line.plain for line in shown)) == letters(text)


def test_chinese_breaks_between_letters_and_never_before_a_full_stop():
    assert [line.plain for line in wrap(Text("💬 “真对不起，让您久等了。”"), 12)] == [
        "💬 “真对不",
        "起，让您久等",
        "了。”",
    ]
    assert [line.plain for line in wrap(Text("so sorry about this"), 10)] == ["so sorry", "about this"]
