"""Settings of a person: language, difficulty, mode, time zone; changed in place, kept for good."""

from dataclasses import replace
from itertools import pairwise

from bot.actions import Action, Verb, action
from bot.answers import outdated
from bot.choosing import MODES
from bot.desk import Visit
from bot.messages import Button, Message, Rows, bold, lines, paragraphs
from dialogues.languages import LANGUAGES, texts
from dialogues.scenario import DIFFICULTIES

ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Tokyo",
    "Asia/Bangkok",
    "Asia/Dubai",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Sydney",
)
"""Time zones that can be chosen with a button."""

_VALUES: dict[str, tuple[str, ...]] = {
    "lang": LANGUAGES,
    "difficulty": tuple(DIFFICULTIES),
    "mode": MODES,
    "zone": ZONES,
}


def settings(visit: Visit) -> list[Message]:
    """What is set, with buttons that change it."""
    return [_shown(visit)]


def change(visit: Visit, pressed: Action) -> list[Message]:
    """Keep a preference; without a value show what can be chosen."""
    preference, value = pressed.word(0), pressed.word(1)
    if preference == "zone" and not value:
        return [_zones(visit)]
    if value not in _VALUES.get(preference, ()):
        return [outdated(visit)]
    visit.store.people.prefer(visit.person.id, preference, value)
    person = visit.store.people.find(visit.person.id) or visit.person
    lang = person.lang or visit.lang
    changed = replace(visit, person=person, lang=lang, texts=texts(lang))
    return [replace(_shown(changed), replaces=True)]


def _shown(visit: Visit) -> Message:
    person = visit.person
    now = {"lang": visit.lang, "difficulty": person.difficulty, "mode": person.mode}
    zone = person.zone or visit.home_zone
    text = paragraphs(
        bold(visit.say("settings_title")),
        lines(
            *[
                visit.say(f"settings_{name}", value=visit.say(f"{name}_{value}"))
                for name, value in now.items()
            ],
            visit.say("settings_zone", value=_zone_name(visit, zone)),
        ),
        visit.say("settings_how"),
    )
    buttons = [
        Button(
            visit.say(f"change_{name}", value=visit.say(f"{name}_{following}")),
            action(Verb.SET, name, following),
        )
        for name, following in ((name, _after(name, value)) for name, value in now.items())
    ]
    buttons.append(Button(visit.say("change_zone"), action(Verb.SET, "zone")))
    rows: Rows = tuple((button,) for button in buttons)
    return Message(text, buttons=rows)


def _after(preference: str, value: str) -> str:
    values = _VALUES[preference]
    return dict(pairwise([*values, values[0]]))[value]


def _zones(visit: Visit) -> Message:
    buttons = [Button(_zone_name(visit, zone), action(Verb.SET, "zone", zone)) for zone in ZONES]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    return Message(visit.say("settings_choose_zone"), buttons=rows, replaces=True)


def _zone_name(visit: Visit, zone: str) -> str:
    return visit.say(f"zone_{_key(zone)}") if zone in ZONES else zone


def _key(zone: str) -> str:
    return zone.split("/")[-1].lower()
