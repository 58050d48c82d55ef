"""A change of the switch is complete when it returns, and is finished even if its caller leaves."""

import asyncio

import pytest

from bot.playground.switch import Power, Switch


class Machine:
    """Starts and stops when the test allows it, and records each call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.powers: list[Power] = []
        self.allowed = asyncio.Event()
        self.allowed.set()
        self.switch = Switch(start=self.start, stop=self.stop, on_change=self.on_change)

    async def start(self) -> None:
        await self.allowed.wait()
        self.calls.append("start")

    async def stop(self) -> None:
        await self.allowed.wait()
        self.calls.append("stop")

    def on_change(self) -> None:
        self.powers.append(self.switch.power)


async def test_each_step_of_a_stop_and_start_is_reported() -> None:
    machine = Machine()
    await machine.switch.turn_off()
    await machine.switch.turn_on()
    assert machine.calls == ["stop", "start"]
    assert machine.powers == ["stopping", "stopped", "starting", "running"]


async def test_a_change_to_the_current_state_does_nothing() -> None:
    machine = Machine()
    await machine.switch.turn_on()
    await machine.switch.turn_off()
    await machine.switch.turn_off()
    assert machine.calls == ["stop"]


async def test_a_change_is_finished_if_its_caller_is_cancelled() -> None:
    machine = Machine()
    machine.allowed.clear()
    caller = asyncio.create_task(machine.switch.turn_off())
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    assert machine.switch.power is not Power.STOPPED
    machine.allowed.set()
    await machine.switch.wait_for_changes()
    assert (machine.calls, machine.switch.power) == (["stop"], Power.STOPPED)


async def test_changes_run_one_after_the_other() -> None:
    machine = Machine()
    await asyncio.gather(machine.switch.turn_off(), machine.switch.turn_on())
    assert machine.calls == ["stop", "start"]
    assert machine.switch.power is Power.RUNNING


async def test_a_failed_change_restores_the_state() -> None:
    machine = Machine()

    async def broken() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await machine.switch.turn_off(broken)
    assert machine.powers == ["stopping", "running"]
