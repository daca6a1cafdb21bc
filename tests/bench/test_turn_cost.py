"""One whole turn costs at most twice the CPU of an echo bot, for each message sent."""

from pathlib import Path
from statistics import median

import pytest

from tests.bench.crowd import Cost, Player, answer_each, crowd

PEOPLE, MESSAGES, RUNS = 50, 3_000, 3


@pytest.mark.bench
@pytest.mark.timeout(900)
async def test_a_turn_costs_at_most_twice_an_echo(tmp_path: Path) -> None:
    """Update in, graded by a stand-in, committed, answered: beside an echo with one durable commit."""
    echo: list[Cost] = []
    lobby: list[Cost] = []
    for run in range(RUNS):
        folder = tmp_path / str(run)
        folder.mkdir()
        echo.append(await crowd("tests.bench.echo_bot", folder, PEOPLE, MESSAGES, "喂", answer_each))
        lobby.append(await crowd("tests.bench.lobby_bot", folder, PEOPLE, MESSAGES, "/practice", Player()))
    base, ours = median(cost.each for cost in echo), median(cost.each for cost in lobby)
    ratio = median(mine.each / other.each for mine, other in zip(lobby, echo, strict=True))
    last, other = lobby[-1], echo[-1]
    print(f"\nCPU a message: echo with a commit {base:.2f} ms, lobby-drill {ours:.2f} ms: ratio {ratio:.2f}")
    print(
        f"turns a second: echo {other.turns / other.seconds:.0f}, lobby-drill {last.turns / last.seconds:.0f}"
    )
    print(f"lobby-drill sent {last.messages / last.turns:.1f} messages a turn")
    assert ratio <= 2
