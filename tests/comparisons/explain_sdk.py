"""What `passcode explain --id` asks the service, asked by Microsoft's own client: sign in with a secret, read the device,
then what lists of policies say, at the same time.

The address, the device and the properties come from the caller, who has them from the practice tenant's journal.
"""

import asyncio
import json
import os
import sys

from azure.identity import ClientSecretCredential
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.device_management.managed_devices.item.managed_device_item_request_builder import (
    ManagedDeviceItemRequestBuilder as Item,
)


async def main(asked):
    origin = asked["origin"]
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
    adapter.base_url = f"{origin}/{asked['version']}"
    devices = GraphServiceClient(request_adapter=adapter).device_management.managed_devices
    for select in asked["selects"]:
        query = Item.ManagedDeviceItemRequestBuilderGetQueryParameters(select=select)
        configuration = Item.ManagedDeviceItemRequestBuilderGetRequestConfiguration(query_parameters=query)
        device = await devices.by_managed_device_id(asked["device"]).get(configuration)
        if device is None or device.id != asked["device"]:
            sys.exit("no such device")

    # Not all of them have a class in the client for v1.0, so none is given one.
    def read(address):
        request = RequestInformation()
        request.http_method = Method.GET
        request.url = origin + address
        return adapter.send_primitive_async(request, "bytes", {})

    await asyncio.gather(*(read(address) for address in asked["lists"]))
    print(json.dumps({"id": device.id, "name": device.device_name, "system": device.operating_system}))


asyncio.run(main(json.loads(sys.argv[1])))
