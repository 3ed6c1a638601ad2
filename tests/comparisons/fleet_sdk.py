"""The job of a run, as a script on Microsoft's own client does it: find each device, read it once more,
reset its passcode; so many devices at once. No list of what was done, no checks.

    python fleet_sdk.py ORIGIN DEVICES CONCURRENCY
"""

import asyncio
import json
import os
import sys
import time

from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.device_management.managed_devices.item.managed_device_item_request_builder import (
    ManagedDeviceItemRequestBuilder as Item,
)

BEFORE = ["id", "deviceName", "serialNumber", "operatingSystem", "osVersion", "managementState", "userPrincipalName"]
AGAIN = [*BEFORE, "deviceActionResults"]


def selecting(names):
    query = Item.ManagedDeviceItemRequestBuilderGetQueryParameters(select=names)
    return Item.ManagedDeviceItemRequestBuilderGetRequestConfiguration(query_parameters=query)


async def main(origin, count, concurrency):
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=origin,
        disable_instance_discovery=True,
    )
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=[origin + "/.default"], allowed_hosts=["localhost"]
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{origin}/beta"
    devices = GraphServiceClient(request_adapter=adapter).device_management.managed_devices
    numbers = iter(range(1, count + 1))
    done = 0

    async def worker():
        nonlocal done
        for number in numbers:
            item = devices.by_managed_device_id(f"5ca1e000-0000-4000-8000-{number:012}")
            before = await item.get(selecting(BEFORE))
            if before.operating_system != "Android":
                sys.exit(f"{before.id} is not an Android device")
            again = await item.get(selecting(AGAIN))
            if any(one.action_name == "resetPasscode" for one in again.device_action_results or []):
                sys.exit(f"{again.id} was reset before")
            await item.reset_passcode.post()
            done += 1

    # The first request signs in, which is no part of the rate of the others.
    await devices.by_managed_device_id(f"5ca1e000-0000-4000-8000-{1:012}").get(selecting(BEFORE))
    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    print(json.dumps({"seconds": time.perf_counter() - began, "done": done}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
