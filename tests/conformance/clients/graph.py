"""msgraph-sdk, pointed at the practice tenant."""

import asyncio
import time

from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from practice import CLIENT, SECRET, TENANT


class Given:
    """A person who has signed in elsewhere."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self.token, int(time.time()) + 3600)


def graph(tenant, version="v1.0", credential=None):
    credential = credential or ClientSecretCredential(
        TENANT, CLIENT, SECRET, authority=tenant.https, disable_instance_discovery=True
    )
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=[tenant.https + "/.default"], allowed_hosts=["localhost"]
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{tenant.https}/{version}"
    return GraphServiceClient(request_adapter=adapter)


def with_graph(tenant, use, version="v1.0", credential=None):
    """What `use` makes of a fresh client."""

    async def called():
        return await use(graph(tenant, version, credential))

    return asyncio.run(called())
