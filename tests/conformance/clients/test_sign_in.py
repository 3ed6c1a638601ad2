"""msal and azure-identity sign in with the practice application's secret."""

import time

import msal
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from msal.exceptions import MsalServiceError
from practice import CLIENT, SECRET, TENANT, claims


def application(tenant, secret=SECRET, client=CLIENT, directory=TENANT):
    return msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=f"{tenant.https}/{directory}",
        instance_discovery=False,
    )


def credential(tenant, secret=SECRET, client=CLIENT, directory=TENANT):
    return ClientSecretCredential(
        directory, client, secret, authority=tenant.https, disable_instance_discovery=True
    )


def test_both_refuse_plain_http(tenant):
    with pytest.raises(ValueError):
        msal.ConfidentialClientApplication(
            CLIENT,
            client_credential=SECRET,
            authority=f"{tenant.http}/{TENANT}",
            instance_discovery=False,
        )
    with pytest.raises(ValueError):
        ClientSecretCredential(TENANT, CLIENT, SECRET, authority=tenant.http, disable_instance_discovery=True)


def test_msal_signs_in_and_caches(tenant):
    app = application(tenant)
    scope = [tenant.https + "/.default"]
    first = app.acquire_token_for_client(scope)
    assert first["token_type"] == "Bearer"
    assert first["token_source"] == "identity_provider"
    assert 0 < first["expires_in"] <= 3600
    carried = claims(first["access_token"])
    assert carried["tid"] == TENANT
    assert carried["appid"] == CLIENT
    assert "DeviceManagementManagedDevices.PrivilegedOperations.All" in carried["roles"]
    second = app.acquire_token_for_client(scope)
    assert second["token_source"] == "cache"
    assert second["access_token"] == first["access_token"]
    assert len(tenant.journal("token")) == 1


def test_azure_identity_signs_in_and_caches(tenant):
    own = credential(tenant)
    first = own.get_token(tenant.https + "/.default")
    assert claims(first.token)["appid"] == CLIENT
    assert abs(first.expires_on - claims(first.token)["exp"]) <= 5
    assert own.get_token(tenant.https + "/.default").token == first.token
    assert len(tenant.journal("token")) == 1


REFUSED = [
    ("wrong secret", {"secret": "wrong"}, "invalid_client", 7000215),
    ("no such application", {"client": "00000000-0000-4000-8000-000000000001"}, "unauthorized_client", 700016),
]


@pytest.mark.parametrize("change, error, code", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_both_are_refused_with_the_code(tenant, change, error, code):
    scope = tenant.https + "/.default"
    answer = application(tenant, **change).acquire_token_for_client([scope])
    assert "access_token" not in answer
    assert answer["error"] == error
    assert answer["error_codes"] == [code]
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    with pytest.raises(ClientAuthenticationError, match=f"AADSTS{code}: "):
        credential(tenant, **change).get_token(scope)


def test_a_scope_of_somewhere_else_is_refused(tenant):
    answer = application(tenant).acquire_token_for_client(["https://elsewhere.example/.default"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_scope", [70011])


def test_an_unknown_directory_is_refused(tenant):
    other = "00000000-0000-4000-8000-000000000002"
    with pytest.raises(ValueError, match="(?i)unable to get (authority|oidc)"):
        application(tenant, directory=other).acquire_token_for_client([tenant.https + "/.default"])
    with pytest.raises(ClientAuthenticationError, match="(?i)unable to get (authority|oidc)"):
        credential(tenant, directory=other).get_token(tenant.https + "/.default")


def statuses(tenant):
    return [entry["status"] for entry in tenant.journal("token")]


def test_msal_asks_no_more_until_a_throttle_is_over(tenant):
    tenant.inject("429,route=token,seconds=2")
    app, scope = application(tenant), [tenant.https + "/.default"]
    first = app.acquire_token_for_client(scope)
    assert (first["error"], first["error_codes"]) == ("temporarily_unavailable", [90055])
    assert "access_token" not in app.acquire_token_for_client(scope)
    # The second one was never sent: the client had read how long to wait.
    assert statuses(tenant) == [429]
    time.sleep(2.1)
    assert app.acquire_token_for_client(scope)["access_token"]
    assert statuses(tenant) == [429, 200]


def test_azure_identity_waits_out_a_throttle(tenant):
    tenant.inject("429,route=token,seconds=1")
    start = time.monotonic()
    assert credential(tenant).get_token(tenant.https + "/.default").token
    assert time.monotonic() - start >= 1
    assert statuses(tenant) == [429, 200]


@pytest.mark.parametrize("fault, status", [("500", 500), ("503-before-accept", 503), ("html", 502)])
def test_msal_raises_a_fault_and_azure_identity_asks_again(fault, status, tenant):
    tenant.inject(f"{fault},route=token")
    with pytest.raises(MsalServiceError, match=str(status)):
        application(tenant).acquire_token_for_client([tenant.https + "/.default"])
    tenant.inject(f"{fault},route=token")
    assert credential(tenant).get_token(tenant.https + "/.default").token
    assert statuses(tenant) == [status, status, 200]
