//! Sample policies, and what Intune records of them for a device.
//!
//! The lists have every policy of every kind, whatever devices there are. In v1.0 a policy whose type
//! only beta has is written as the general type, without its settings; that is our guess.

use crate::control::inner::Inner;
use crate::fleet::device::{Device, PolicyRecord, ResetOutcome};
use crate::fleet::kind::Kind;
use crate::fleet::property::Version;
use crate::graph::devices::{context, resolve};
use crate::graph::refusal::query_or_refusal;
use crate::graph::route::{Route, Sort, Tail};
use crate::graph::service::Request;
use crate::http::reply::Reply;
use serde_json::{Map, Value, json};

/// A sample policy.
struct Policy {
    sort: Sort,
    name: &'static str,
    /// Without `#microsoft.graph.`.
    type_name: &'static str,
    beta_only: bool,
    platform: &'static str,
    /// What it demands; empty for a policy about something else.
    demands: fn() -> Value,
    kinds: &'static [Kind],
}

use Kind::{
    AospUser, AospUserless, Cobo, Cope, Cosu, DeviceAdministrator, IpadCorporate, IphoneCorporate,
    IphonePersonal, WorkProfile,
};

const OWNER: &[Kind] = &[Cosu, Cobo, Cope];
const PROFILE: &[Kind] = &[WorkProfile];
const AOSP: &[Kind] = &[AospUser, AospUserless];
const ADMINISTRATOR: &[Kind] = &[DeviceAdministrator];
const APPLE: &[Kind] = &[IphoneCorporate, IpadCorporate, IphonePersonal];

const fn policy(
    sort: Sort,
    name: &'static str,
    type_name: &'static str,
    beta_only: bool,
    platform: &'static str,
    kinds: &'static [Kind],
    demands: fn() -> Value,
) -> Policy {
    Policy {
        sort,
        name,
        type_name,
        beta_only,
        platform,
        demands,
        kinds,
    }
}

#[rustfmt::skip]
const POLICIES: &[Policy] = &[
    policy(Sort::Configurations, "Sample corporate Android passcode", "androidDeviceOwnerGeneralDeviceConfiguration", true, "android", OWNER,
        || json!({"passwordRequiredType": "numericComplex", "workProfilePasswordRequiredType": "numeric", "passwordMinimumLength": 6})),
    policy(Sort::Configurations, "Sample corporate Android Wi-Fi", "androidDeviceOwnerWiFiConfiguration", true, "android", OWNER, || json!({})),
    policy(Sort::Configurations, "Sample work profile passcode", "androidWorkProfileGeneralDeviceConfiguration", false, "androidWorkProfile", PROFILE,
        || json!({"workProfileRequirePassword": true, "workProfilePasswordRequiredType": "atLeastNumeric", "passwordRequiredType": "deviceDefault"})),
    policy(Sort::Configurations, "Sample work profile Wi-Fi", "androidWorkProfileWiFiConfiguration", false, "androidWorkProfile", PROFILE, || json!({})),
    policy(Sort::Configurations, "Sample AOSP passcode", "aospDeviceOwnerDeviceConfiguration", true, "androidAOSP", AOSP,
        || json!({"passwordRequiredType": "numeric", "passwordMinimumLength": 6})),
    policy(Sort::Configurations, "Sample AOSP Wi-Fi", "aospDeviceOwnerWiFiConfiguration", true, "androidAOSP", AOSP, || json!({})),
    policy(Sort::Configurations, "Sample older Android passcode", "androidGeneralDeviceConfiguration", false, "android", ADMINISTRATOR,
        || json!({"passwordRequired": true, "passwordRequiredType": "numeric"})),
    policy(Sort::Configurations, "Sample iPhone passcode", "iosGeneralDeviceConfiguration", false, "iOS", APPLE,
        || json!({"passcodeRequired": true, "passcodeBlockModification": false, "passcodeMinimumLength": 6})),
    policy(Sort::Configurations, "Sample iPhone Wi-Fi", "iosWiFiConfiguration", false, "iOS", APPLE, || json!({})),
    policy(Sort::Compliance, "Sample corporate Android compliance", "androidDeviceOwnerCompliancePolicy", true, "android", OWNER,
        || json!({"passwordRequired": true, "passwordRequiredType": "numeric"})),
    policy(Sort::Compliance, "Sample work profile compliance", "androidWorkProfileCompliancePolicy", false, "androidWorkProfile", PROFILE,
        || json!({"passwordRequired": true, "passwordRequiredType": "numeric"})),
    policy(Sort::Compliance, "Sample AOSP compliance", "aospDeviceOwnerCompliancePolicy", true, "androidAOSP", AOSP,
        || json!({"passwordRequired": true, "passwordRequiredType": "numeric"})),
    policy(Sort::Compliance, "Sample older Android compliance", "androidCompliancePolicy", false, "android", ADMINISTRATOR,
        || json!({"passwordRequired": true, "passwordRequiredType": "numeric"})),
    policy(Sort::Compliance, "Sample iPhone compliance", "iosCompliancePolicy", false, "iOS", APPLE,
        || json!({"passcodeRequired": true})),
    policy(Sort::Catalog, "Sample iPad restrictions", "deviceManagementConfigurationPolicy", true, "iOS", &[], || json!({})),
    policy(Sort::Catalog, "Sample Windows baseline", "deviceManagementConfigurationPolicy", true, "windows10", &[], || json!({})),
];

impl Policy {
    fn id(&self) -> String {
        crate::world::derived_guid(&format!("policy:{}", self.name))
    }

    fn write(&self, version: Version) -> Map<String, Value> {
        let general = match self.sort {
            Sort::Configurations => "deviceConfiguration",
            Sort::Compliance => "deviceCompliancePolicy",
            Sort::Catalog => "deviceManagementConfigurationPolicy",
        };
        let hidden = self.beta_only && version == Version::V1;
        let type_name = if hidden { general } else { self.type_name };
        let mut out = match self.sort {
            Sort::Catalog => json!({
                "id": self.id(),
                "name": self.name,
                "description": "",
                "platforms": self.platform,
                "technologies": "mdm",
                "settingCount": 3,
                "isAssigned": true,
            }),
            _ => json!({
                "@odata.type": format!("#microsoft.graph.{type_name}"),
                "id": self.id(),
                "displayName": self.name,
                "description": null,
                "version": 1,
            }),
        };
        if let (Some(out), Value::Object(demands), false) =
            (out.as_object_mut(), (self.demands)(), hidden)
        {
            out.extend(demands);
        }
        out.as_object().cloned().unwrap_or_default()
    }

    /// Whether it is about passcodes.
    fn demands_a_passcode(&self) -> bool {
        (self.demands)() != json!({})
    }

    /// What Intune records of it for a device of its kind; absent for nothing.
    fn state(&self, device: &Device) -> Option<&'static str> {
        let record = match device.policy {
            Some(record) => record,
            None if device.reset == ResetOutcome::NoPasscodePolicy => PolicyRecord::None,
            None => PolicyRecord::Demands,
        };
        match (record, self.sort) {
            _ if !self.kinds.contains(&device.kind) => None,
            _ if !self.demands_a_passcode() => Some("compliant"),
            (PolicyRecord::Demands, _) => Some("compliant"),
            (PolicyRecord::Conflict, Sort::Configurations) => Some("conflict"),
            (PolicyRecord::ComplianceOnly | PolicyRecord::Conflict, Sort::Compliance) => {
                Some("compliant")
            }
            _ => None,
        }
    }
}

/// `GET …/deviceConfigurations` and its like, always whole.
pub(crate) fn list(request: &Request<'_>, sort: Sort) -> Reply {
    let all = POLICIES.iter().filter(|policy| policy.sort == sort);
    let all = all.map(|policy| policy.write(request.version)).collect();
    let set = request.route.name();
    let context = format!(
        "{}/{}/$metadata#deviceManagement/{set}",
        request.call.origin, request.version
    );
    written(request, &context, all)
}

/// `GET …/managedDevices/{id}/deviceConfigurationStates` and its like.
pub(crate) fn states(inner: &Inner, request: &Request<'_>) -> Reply {
    let device = resolve(&inner.world, request.route).and_then(|id| inner.world.device(&id));
    let Some(device) = device else {
        return request.place.not_found();
    };
    let sort = match request.route {
        Route::Device(_, _, Tail::ConfigurationStates) => Sort::Configurations,
        _ => Sort::Compliance,
    };
    let state = |policy: &Policy| -> Option<Map<String, Value>> {
        let state = policy.state(device)?;
        let out = json!({
            "id": policy.id(),
            "displayName": policy.name,
            "version": 1,
            "platformType": policy.platform,
            "state": state,
            "settingCount": 1,
            "settingStates": [],
        });
        out.as_object().cloned()
    };
    let all = POLICIES.iter().filter(|policy| policy.sort == sort);
    let all = all.filter_map(state).collect();
    let context = format!("{}('{}')/states", context(request), device.id);
    written(request, &context, all)
}

fn written(request: &Request<'_>, context: &str, mut items: Vec<Map<String, Value>>) -> Reply {
    let query = match query_or_refusal(request.place, &request.call.query) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    if query.select.iter().any(|name| !name.is_empty()) {
        for item in &mut items {
            let wanted = |name: &String| query.select.contains(name) || name.starts_with('@');
            item.retain(|name, _| wanted(name));
        }
    }
    Reply::json(200, json!({ "@odata.context": context, "value": items }))
}
