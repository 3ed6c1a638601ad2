"""msgraph-sdk resets and removes passcodes, and reads what came of it."""

import asyncio
import datetime

import pytest
from clients.graph import with_graph
from msgraph.generated.models.action_state import ActionState
from msgraph.generated.models.reset_passcode_action_result import ResetPasscodeActionResult
from practice import device_id


async def reset_and_poll(graph, number):
    """The states seen, and the last result."""
    item = graph.device_management.managed_devices.by_managed_device_id(device_id(number))
    before = len((await item.get()).device_action_results)
    assert await item.reset_passcode.post() is None
    seen = []
    for _ in range(100):
        results = (await item.get()).device_action_results
        new = results[before:] if len(results) > before else []
        if new:
            if not seen or seen[-1] != new[-1].action_state:
                seen.append(new[-1].action_state)
            if new[-1].action_state not in (ActionState.Pending, ActionState.Active):
                return seen, new[-1]
        await asyncio.sleep(0.1)
    raise AssertionError(f"no end after {seen}")


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_android_reset_is_polled_to_its_passcode(version, tenant):
    tenant.pace(0.03)
    seen, result = with_graph(tenant, lambda graph: reset_and_poll(graph, 1), version)
    assert seen[0] in (ActionState.Pending, ActionState.Active), seen
    assert seen[-1] == ActionState.Done
    # The type is chosen by @odata.type, so a wrong one would give a plain result.
    assert type(result) is ResetPasscodeActionResult
    assert result.action_name == "resetPasscode"
    assert len(result.passcode) >= 4
    assert result.error_code == 0
    assert isinstance(result.start_date_time, datetime.datetime)
    assert result.start_date_time <= result.last_updated_date_time
    assert result.additional_data == {}
    assert tenant.count(1) == (1, 1)


def test_work_profile_reset_has_a_passcode(tenant):
    _, result = with_graph(tenant, lambda graph: reset_and_poll(graph, 4))
    assert result.action_state == ActionState.Done
    assert result.passcode


@pytest.mark.parametrize("number", [10, 11], ids=["iPhone", "iPad"])
def test_removal_on_ios_has_no_passcode(tenant, number):
    _, result = with_graph(tenant, lambda graph: reset_and_poll(graph, number))
    assert result.action_state == ActionState.Done
    assert not getattr(result, "passcode", None)
    assert result.additional_data == {}
    assert tenant.count(number) == (1, 1)


@pytest.mark.parametrize("number", [33, 34, 35], ids=["wrong unlock token", "no policy", "token inactive"])
def test_what_fails_on_the_device_is_a_failed_result(tenant, number):
    _, result = with_graph(tenant, lambda graph: reset_and_poll(graph, number))
    assert result.action_state == ActionState.Failed
    assert result.error_code != 0
    assert not getattr(result, "passcode", None)


def test_by_the_persons_address(tenant):
    async def use(graph):
        devices = graph.users.by_user_id("bruno@contoso.example").managed_devices
        await devices.by_managed_device_id(device_id(2)).reset_passcode.post()

    with_graph(tenant, use)
    assert tenant.count(2) == (1, 1)
