"""What is switched off is off when that returns, and no change is left half-done."""

import asyncio

import pytest

from bot.playground.switch import Power, Switch


class Machine:
    """Starts and stops when the test lets it, and writes down what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.powers: list[Power] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.switch = Switch(on=self.start, off=self.stop, changed=self.changed)

    async def start(self) -> None:
        await self.may_go_on.wait()
        self.heard.append("start")

    async def stop(self) -> None:
        await self.may_go_on.wait()
        self.heard.append("stop")

    def changed(self) -> None:
        self.powers.append(self.switch.power)


async def test_it_goes_off_and_on_again_and_tells_each_step() -> None:
    machine = Machine()
    await machine.switch.turn_off()
    await machine.switch.turn_on()
    assert machine.heard == ["stop", "start"]
    assert machine.powers == ["stopping", "stopped", "starting", "running"]


async def test_what_is_as_wanted_is_left_alone() -> None:
    machine = Machine()
    await machine.switch.turn_on()
    await machine.switch.turn_off()
    await machine.switch.turn_off()
    assert machine.heard == ["stop"]


async def test_whoever_stops_waiting_leaves_nothing_half_done() -> None:
    machine = Machine()
    machine.may_go_on.clear()
    impatient = asyncio.create_task(machine.switch.turn_off())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    assert machine.switch.power is not Power.STOPPED
    machine.may_go_on.set()
    await machine.switch.settle()
    assert (machine.heard, machine.switch.power) == (["stop"], Power.STOPPED)


async def test_two_changes_take_turns() -> None:
    machine = Machine()
    await asyncio.gather(machine.switch.turn_off(), machine.switch.turn_on())
    assert machine.heard == ["stop", "start"]
    assert machine.switch.power is Power.RUNNING


async def test_a_change_that_fails_is_told_and_changes_nothing() -> None:
    machine = Machine()

    async def broken() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await machine.switch.turn_off(broken)
    assert machine.powers == ["stopping", "running"]
