"""What looks private is hidden before it is written anywhere; what does not is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogues.masking import MASK, mask, mask_all


@pytest.mark.parametrize(
    "text",
    [
        "6222021001122334455",
        "6222 0210 0112 2334 455",
        "6222-0210-0112-2334",
        "4111111111111111",
        "11010519491231002X",
        "11010519491231002x",
        "110105491231002",
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 13800138000",
        "8613800138000",
        "１３８００１３８０００",
        "010-88886666",
        "0571 8888 6666",
        "(021) 62345678",
        "400-820-8820",
        "+44 7911 123456",
        "07911 123456",
        "(415) 555-0132",
        "415-555-0132",
    ],
)
def test_a_private_number_is_hidden_wherever_it_stands(text):
    assert mask(text) == MASK
    assert mask(f"您的号码{text}，对吗") == f"您的号码{MASK}，对吗"
    assert mask(f"it is {text}, right?") == f"it is {MASK}, right?"


@pytest.mark.parametrize(
    "text",
    [
        "95533",
        "95588 95533",
        "等了30 40 50分钟",
        "2024-01-15 10:30来的",
        "20240115",
        "1000000元",
        "一共1234567890元",
        "3号窗口，A105号",
        "2000年4月1日",
        "五点前要交三千六",
        "10,000.00",
    ],
)
def test_what_is_not_private_is_left_as_it_is(text):
    assert mask(text) == text


@given(st.text(st.sampled_from("0123456789+-() X.，您a１²①"), max_size=60))
def test_masking_again_changes_nothing(text):
    assert mask(mask(text)) == mask(text)


@given(
    st.from_regex(r"1[3-9][0-9]{9}|62[0-9]{14,17}", fullmatch=True),
    st.sampled_from(["", " ", "，", "是", "a"]),
)
def test_no_card_or_mobile_number_gets_through(number, edge):
    assert number not in mask(f"{edge}{number}{edge}")


def test_every_text_of_a_json_value_is_masked():
    value = {"text": "13800138000", "list": [{"caption": "x"}, 13800138000, None, True]}
    assert mask_all(value) == {"text": MASK, "list": [{"caption": "x"}, 13800138000, None, True]}
