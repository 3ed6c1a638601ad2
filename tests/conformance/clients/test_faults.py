"""msgraph-sdk meets throttles and refusals: the practice tenant's are Graph's to Microsoft's own client."""

import json
import time
from urllib.parse import parse_qs

import pytest
from clients.graph import with_graph
from kiota_abstractions.api_error import APIError
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from practice import device_id


def item(graph, number=1):
    return graph.device_management.managed_devices.by_managed_device_id(device_id(number))


def refused(tenant, use, kind=ODataError):
    with pytest.raises(kind) as info:
        with_graph(tenant, use)
    return info.value


def test_a_throttled_read_is_repeated_after_the_time_given(tenant):
    tenant.inject("429,method=GET,route=device,seconds=2")
    start = time.monotonic()
    device = with_graph(tenant, lambda graph: item(graph).get())
    assert device.id == device_id(1)
    assert time.monotonic() - start >= 2
    assert [entry["status"] for entry in tenant.journal("device")] == [429, 200]


def test_a_throttled_action_is_repeated_and_happens_once(tenant):
    tenant.inject("429,method=POST,route=resetPasscode,seconds=1")
    with_graph(tenant, lambda graph: item(graph).reset_passcode.post())
    assert [entry["status"] for entry in tenant.journal("resetPasscode")] == [429, 204]
    assert tenant.count(1)[1] == 1


def test_an_endless_throttle_becomes_a_typed_error(tenant):
    tenant.inject("429,method=GET,route=device,seconds=0,count=0")
    error = refused(tenant, lambda graph: item(graph).get())
    assert error.response_status_code == 429
    assert error.error.code
    # The client's own limit is three repetitions.
    assert [entry["status"] for entry in tenant.journal("device")] == [429] * 4


def test_a_missing_permission_is_a_typed_error(tenant):
    tenant.inject("403")
    error = refused(tenant, lambda graph: item(graph).reset_passcode.post())
    assert error.response_status_code == 403
    assert error.error.code == "Forbidden"
    assert error.error.message
    assert error.error.inner_error.request_id
    assert error.error.inner_error.client_request_id
    assert error.error.inner_error.date
    assert tenant.count(1)[1] == 0


def test_an_unknown_device_is_a_typed_error(tenant):
    error = refused(tenant, lambda graph: item(graph, 99).get())
    assert error.response_status_code == 404
    assert error.error.code == "ResourceNotFound"


def test_an_internal_error_is_a_typed_error(tenant):
    tenant.inject("500")
    error = refused(tenant, lambda graph: item(graph).reset_passcode.post())
    assert error.response_status_code == 500
    assert error.error.code == "InternalError"
    assert tenant.count(1) == (1, 0)


def test_approval_is_a_typed_error_and_its_code_a_header(tenant):
    tenant.inject("approval-403")
    error = refused(tenant, lambda graph: item(graph).reset_passcode.post())
    assert error.response_status_code == 403
    assert error.error.code == "ApprovalRequired"
    headers = {name.lower(): value for name, value in dict(error.response_headers).items()}
    assert headers["x-msft-approval-code"]


def test_a_page_of_html_is_an_error_without_a_code(tenant):
    tenant.inject("html")
    error = refused(tenant, lambda graph: item(graph).reset_passcode.post(), APIError)
    assert error.response_status_code == 502


def test_a_claims_challenge_is_answered_by_a_new_sign_in(tenant):
    tenant.inject("401-claims,route=device")
    device = with_graph(tenant, lambda graph: item(graph).get())
    assert device.id == device_id(1)
    assert [entry["status"] for entry in tenant.journal("device")] == [401, 200]
    asked = [
        json.loads(parse_qs(entry["body"])["claims"][0])["access_token"] for entry in tenant.journal("token")
    ]
    assert asked == [
        {"xms_cc": {"values": ["CP1"]}},
        {"nbf": {"essential": True, "value": "1"}, "xms_cc": {"values": ["CP1"]}},
    ]


def test_a_claims_challenge_to_an_action_is_answered_and_it_happens_once(tenant):
    tenant.inject("401-claims,method=POST,route=resetPasscode")
    with_graph(tenant, lambda graph: item(graph).reset_passcode.post())
    assert [entry["status"] for entry in tenant.journal("resetPasscode")] == [401, 204]
    assert tenant.count(1) == (2, 1)


def test_a_plain_401_is_not_answered(tenant):
    tenant.inject("401-token,route=device")
    error = refused(tenant, lambda graph: item(graph).get())
    assert error.response_status_code == 401
    assert error.error.code == "InvalidAuthenticationToken"
