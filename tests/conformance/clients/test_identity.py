"""msal and azure-identity: managed identities, and certificates and assertions in place of a secret."""

import base64
import hashlib
import os
import pathlib

import msal
import pytest
import requests
from azure.identity import CertificateCredential, ManagedIdentityCredential
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from practice import CLIENT, TENANT, claims

IDENTITY = "1de70000-0000-4000-8000-00000000c0de"
RESOURCE = (
    "/subscriptions/50b50000-0000-4000-8000-00000000c0de/resourcegroups/practice"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/practice"
)
HEADER = "practice-identity-header-opens-nothing"
EXCHANGE = "api://AzureADTokenExchange"


@pytest.fixture
def app_service(tenant, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", tenant.http + "/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", HEADER)


@pytest.fixture
def machine(tenant, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", tenant.http)


def managed(identity=None):
    return msal.ManagedIdentityClient(
        identity or msal.SystemAssignedManagedIdentity(), http_client=requests.Session()
    )


def user_assigned(object_id):
    return [
        msal.UserAssignedManagedIdentity(client_id=IDENTITY),
        msal.UserAssignedManagedIdentity(object_id=object_id),
        msal.UserAssignedManagedIdentity(resource_id=RESOURCE),
    ]


def check(tenant, answer):
    assert answer.get("access_token"), answer
    assert 3000 < answer["expires_in"] <= 3600
    carried = claims(answer["access_token"])
    assert (carried["appid"], carried["aud"]) == (IDENTITY, tenant.http)
    return carried["oid"]


def test_msal_has_the_identity_of_app_service(tenant, app_service):
    oid = check(tenant, managed().acquire_token_for_client(resource=tenant.http))
    for identity in user_assigned(oid):
        check(tenant, managed(identity).acquire_token_for_client(resource=tenant.http))
    assert {entry["route"] for entry in tenant.journal()} == {"identity"}
    assert HEADER not in str(tenant.journal())


def test_msal_has_the_identity_of_a_machine(tenant, machine):
    oid = check(tenant, managed().acquire_token_for_client(resource=tenant.http))
    for identity in user_assigned(oid):
        check(tenant, managed(identity).acquire_token_for_client(resource=tenant.http))


def test_an_identity_that_is_not_there_is_refused(tenant, app_service):
    other = msal.UserAssignedManagedIdentity(client_id="00000000-0000-4000-8000-000000000001")
    answer = managed(other).acquire_token_for_client(resource=tenant.http)
    assert "access_token" not in answer and "error" in answer


def test_a_wrong_header_is_refused(tenant, app_service, monkeypatch):
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    answer = managed().acquire_token_for_client(resource=tenant.http)
    assert "access_token" not in answer and "error" in answer


def test_azure_identity_has_both(tenant, app_service, machine, monkeypatch):
    scope = tenant.http + "/.default"
    token = ManagedIdentityCredential(client_id=IDENTITY).get_token(scope)
    assert claims(token.token)["appid"] == IDENTITY
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.delenv("IDENTITY_HEADER")
    token = ManagedIdentityCredential().get_token(scope)
    assert claims(token.token)["appid"] == IDENTITY


def certificate(name):
    text = (pathlib.Path(os.environ["CONFORMANCE_CERTIFICATE"]) / name).read_bytes()
    return text, x509.load_pem_x509_certificate(text), load_pem_private_key(text, None)


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def big_endian(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def register(tenant, name="app.pem"):
    _, own, key = certificate(name)
    numbers = key.public_key().public_numbers()
    der = own.public_bytes(Encoding.DER)
    tenant.control(
        "POST",
        "certificates",
        {
            "x5t#S256": url64(hashlib.sha256(der).digest()),
            "x5t": url64(hashlib.sha1(der).digest()),
            "n": url64(big_endian(numbers.n)),
            "e": url64(big_endian(numbers.e)),
        },
    )


def application(tenant, credential):
    return msal.ConfidentialClientApplication(
        CLIENT,
        client_credential=credential,
        authority=f"{tenant.https}/{TENANT}",
        instance_discovery=False,
    )


def with_certificate(tenant, name="app.pem"):
    text, own, _ = certificate(name)
    public = own.public_bytes(Encoding.PEM).decode()
    return application(tenant, {"private_key": text.decode(), "public_certificate": public})


def test_msal_signs_in_with_a_certificate(tenant):
    register(tenant)
    scope = [tenant.https + "/.default"]
    answer = with_certificate(tenant).acquire_token_for_client(scope)
    assert answer.get("access_token"), answer
    assert claims(answer["access_token"])["appid"] == CLIENT
    # It keeps its assertion for the next request, which is taken, too.
    again = with_certificate(tenant)
    for _ in range(2):
        again.remove_tokens_for_client()
        assert again.acquire_token_for_client(scope).get("access_token")
    refused = with_certificate(tenant, "other.pem").acquire_token_for_client(scope)
    assert refused["error_codes"] == [700027], refused
    assert "client_assertion=***" in str(tenant.journal("token"))


def test_azure_identity_signs_in_with_a_certificate(tenant):
    register(tenant)
    path = pathlib.Path(os.environ["CONFORMANCE_CERTIFICATE"]) / "app.pem"
    credential = CertificateCredential(
        TENANT, CLIENT, str(path), authority=tenant.https, disable_instance_discovery=True
    )
    token = credential.get_token(tenant.https + "/.default")
    assert claims(token.token)["appid"] == CLIENT


def test_a_managed_identity_stands_for_the_application(tenant, app_service):
    assertion = managed().acquire_token_for_client(resource=EXCHANGE)["access_token"]
    scope = [tenant.https + "/.default"]
    answer = application(tenant, {"client_assertion": assertion}).acquire_token_for_client(scope)
    assert answer.get("access_token"), answer
    assert claims(answer["access_token"])["appid"] == CLIENT
    # A token for Graph is no assertion.
    other = managed().acquire_token_for_client(resource=tenant.http)["access_token"]
    refused = application(tenant, {"client_assertion": other}).acquire_token_for_client(scope)
    assert refused["error_codes"] == [700213], refused
