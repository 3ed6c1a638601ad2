"""msgraph-sdk lists, filters, pages and reads devices."""

import datetime

import pytest
from clients.graph import Given, with_graph
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.device_management.managed_devices.item.managed_device_item_request_builder import (
    ManagedDeviceItemRequestBuilder as One,
)
from msgraph.generated.device_management.managed_devices.managed_devices_request_builder import (
    ManagedDevicesRequestBuilder as Many,
)
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core.tasks.page_iterator import PageIterator
from practice import device_id

FLEET = 36


def many(**query):
    parameters = Many.ManagedDevicesRequestBuilderGetQueryParameters(**query)
    return RequestConfiguration(query_parameters=parameters)


def one(*properties):
    parameters = One.ManagedDeviceItemRequestBuilderGetQueryParameters(select=list(properties))
    return RequestConfiguration(query_parameters=parameters)


def test_the_whole_list_is_understood(tenant):
    page = with_graph(tenant, lambda graph: graph.device_management.managed_devices.get())
    assert len(page.value) == FLEET
    assert page.odata_next_link is None
    # What a client does not know lands in additional_data, and an enum member it does not know becomes None.
    for device in page.value:
        assert device.additional_data == {}, device.device_name
        for name in ("device_enrollment_type", "management_agent", "managed_device_owner_type", "compliance_state"):
            assert getattr(device, name) is not None, (device.device_name, name)
        for name in ("enrolled_date_time", "last_sync_date_time"):
            assert isinstance(getattr(device, name), datetime.datetime), (device.device_name, name)
        for result in device.device_action_results or []:
            assert result.additional_data == {}, device.device_name
            assert result.action_state is not None, device.device_name


def test_beta_says_more_and_nothing_else(tenant):
    async def use(graph):
        return (await graph.device_management.managed_devices.get()).value

    stable, beta = with_graph(tenant, use), with_graph(tenant, use, "beta")
    assert len(beta) == FLEET
    for device, also in zip(stable, beta, strict=True):
        # The client knows v1.0; what only beta has stays as it came.
        assert also.additional_data["deviceType"], device.device_name
        for name in ("id", "device_name", "serial_number", "operating_system", "eas_activation_date_time"):
            assert getattr(device, name) == getattr(also, name) is not None, (device.device_name, name)


FILTERS = [
    ("serialNumber eq 'SAMPLE-COSU-0001'", ["KIOSK-0001"]),
    ("serialNumber eq 'SAMPLE-TWICE-0023'", ["SCANNER-0023", "SCANNER-0024"]),
    ("deviceName eq 'Front desk phone'", ["Front desk phone", "Front desk phone"]),
    ("userPrincipalName eq 'adele@contoso.example'", ["IPHONE-0010", "LAPTOP-0017"]),
    ("userPrincipalName eq 'adele@contoso.example' and operatingSystem eq 'iOS'", ["IPHONE-0010"]),
    ("startswith(deviceName,'SCANNER')", ["SCANNER-0023", "SCANNER-0024"]),
    ("deviceName eq 'nobody''s'", []),
]


@pytest.mark.parametrize("wanted, names", FILTERS, ids=[row[0] for row in FILTERS])
def test_filters(tenant, wanted, names):
    page = with_graph(tenant, lambda graph: graph.device_management.managed_devices.get(many(filter=wanted)))
    assert sorted(device.device_name for device in page.value) == sorted(names)


def test_a_filter_on_what_is_no_property_is_an_error(tenant):
    with pytest.raises(ODataError) as refused:
        with_graph(tenant, lambda graph: graph.device_management.managed_devices.get(many(filter="colour eq 'red'")))
    assert refused.value.response_status_code == 400
    assert refused.value.error.code == "BadRequest"


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_pages_by_the_clients_own_iterator(version, tenant):
    async def use(graph):
        first = await graph.device_management.managed_devices.get(many(top=7, select=["id", "deviceName"]))
        assert len(first.value) == 7
        assert first.odata_next_link.startswith(f"{tenant.https}/{version}/")
        seen = []
        await PageIterator(first, graph.request_adapter).iterate(lambda device: seen.append(device.id) or True)
        return seen

    seen = with_graph(tenant, use, version)
    assert len(seen) == FLEET
    assert sorted(seen) == sorted(device_id(number) for number in range(1, FLEET + 1))
    # 36 devices in pages of 7.
    assert len(tenant.journal("list")) == 6


def test_pages_by_following_the_links(tenant):
    async def use(graph):
        devices = graph.device_management.managed_devices
        page = await devices.get(many(top=10, filter="operatingSystem eq 'Android'", orderby=["deviceName"]))
        names = []
        while True:
            assert all(device.operating_system == "Android" for device in page.value)
            names += [device.device_name for device in page.value]
            if not page.odata_next_link:
                return names
            page = await devices.with_url(page.odata_next_link).get()

    names = with_graph(tenant, use)
    assert len(names) > 10
    assert len(tenant.journal("list")) == -(-len(names) // 10)


def test_one_device_with_select(tenant):
    device = with_graph(
        tenant,
        lambda graph: graph.device_management.managed_devices.by_managed_device_id(device_id(10)).get(
            one("id", "deviceName", "serialNumber", "userPrincipalName", "deviceActionResults")
        ),
    )
    assert device.id == device_id(10)
    assert device.device_name == "IPHONE-0010"
    assert device.serial_number == "SAMPLE-IPHONE-0010"
    assert device.user_principal_name == "adele@contoso.example"
    assert device.device_action_results == []
    assert device.operating_system is None, "not selected"
    assert device.last_sync_date_time is None, "not selected"


def test_a_persons_devices(tenant):
    page = with_graph(tenant, lambda graph: graph.users.by_user_id("adele@contoso.example").managed_devices.get())
    assert sorted(device.device_name for device in page.value) == ["IPHONE-0010", "LAPTOP-0017"]


def allowed(tenant, credential=None):
    answer = with_graph(
        tenant,
        lambda graph: graph.device_management.get_effective_permissions_with_scope("*").get(),
        credential=credential,
    )
    return {
        action
        for permission in answer.value
        for actions in permission.resource_actions
        for action in actions.allowed_resource_actions
    }


def test_what_a_person_may_do(tenant):
    actions = allowed(tenant, Given(tenant.person()))
    assert any("RemoteTasks" in action and "ResetPasscode" in action for action in actions), sorted(actions)


def test_an_application_has_no_intune_role(tenant):
    assert allowed(tenant) == set()
