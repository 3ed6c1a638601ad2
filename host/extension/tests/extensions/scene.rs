//! A host, and extensions in files with their digests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use passcode_extension::{Catalog, Digest, ExtensionId, Spec};
use passcode_host::contract::types::{
    Caller, Context, Device, Effect, Level, Method, Operator, Plan, PlannedRequest, Proof, Proposal,
};
use passcode_host::{Host, Limits};
use passcode_ledger::SqliteLedger;

/// A folder of extensions, and a host of practice to load them.
pub(crate) struct Scene {
    pub(crate) host: Host,
    pub(crate) catalog: Catalog,
    pub(crate) folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let ledger = SqliteLedger::in_memory().await.expect("a ledger");
        let limits = Limits {
            cpu: Duration::from_millis(200),
            ..Limits::default()
        };
        let host = Host::builder(Arc::new(ledger)).practice().limits(limits);
        Self {
            host: host.build().expect("a host"),
            catalog: Catalog::new(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Configure an extension `contoso.example/NAME` of these bytes.
    pub(crate) fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        let component = self.file(name);
        std::fs::write(&component, bytes).expect("written");
        let spec = Spec {
            component,
            digest: Digest::of(bytes),
            grant: None,
            settings: vec![("pattern".to_owned(), "CHG".to_owned())],
        };
        let id = ExtensionId::parse(&format!("contoso.example/{name}")).expect("a name");
        self.catalog.insert(id, spec);
        self
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.wasm"))
    }
}

pub(crate) fn context() -> Context {
    Context {
        now: "2026-03-02T10:00:00Z".to_owned(),
        time_zone: None,
        cloud: "global".to_owned(),
        practice: true,
    }
}

pub(crate) fn plan() -> Plan {
    let device: Device = serde_json::from_value(serde_json::json!({
        "id": "5f2c9a8e-0000-4000-8000-000000000001", "name": "KIOSK-0001",
        "userId": null, "userPrincipalName": null, "userDisplayName": null,
        "serialNumber": "SAMPLE-COSU-0001", "imei": null, "entraDeviceId": null,
        "manufacturer": null, "model": null, "operatingSystem": "Android", "osVersion": null,
        "deviceType": null, "enrollmentType": null, "managementAgent": null, "ownership": null,
        "managementState": null, "lostModeState": null, "supervised": null, "shared": null,
        "complianceState": null, "jailBroken": null, "enrolled": null, "lastCheckIn": null,
        "certificateExpires": null, "kind": "android-dedicated", "kindReason": "enrolled so",
        "readFrom": "beta", "unreadable": [], "attributes": [],
    }))
    .expect("a device");
    Plan {
        proposal: Proposal {
            request: PlannedRequest {
                destination: "graph".to_owned(),
                method: Method::Post,
                path: format!(
                    "/v1.0/deviceManagement/managedDevices/{}/resetPasscode",
                    device.id
                ),
                query: Vec::new(),
                body: None,
            },
            device,
            effect: Effect::ResetDevicePasscode,
            level: Level::Device,
            address: "managed-devices".to_owned(),
            checks: Vec::new(),
            expectations: Vec::new(),
            earlier_results: Vec::new(),
            limits: Vec::new(),
            usual_seconds: None,
            longest_seconds: None,
        },
        caller: Caller {
            operator: Operator {
                name: "helpdesk@contoso.example".to_owned(),
                id: None,
                proof: Proof::Claimed,
            },
            reason: None,
            ticket: Some("CHG0040007".to_owned()),
            verified_by: None,
            accepted_checks: Vec::new(),
            facts: Vec::new(),
        },
        tenant: "contoso.example".to_owned(),
        cloud: "global".to_owned(),
        practice: true,
        created: "2026-03-02T10:00:00Z".to_owned(),
        expires: "2026-03-03T10:00:00Z".to_owned(),
        reviews: Vec::new(),
        delivery: "none".to_owned(),
        component_digest: "c".to_owned(),
        grant_digest: "g".to_owned(),
        again: false,
        after_unknown: None,
    }
}
