//! A managed device as Graph describes it.

use crate::classify::{Traits, classify};
use crate::contract::Device;
use crate::graph::Version;
use crate::json::{Value, instant, text, truth};
use crate::kind::Kind;
use crate::prelude::*;
use crate::version::OsVersion;

/// What beta is asked for. Every name must be granted as `$select` of the route.
pub(crate) const SELECT_BETA: &str = "id,deviceName,userId,userPrincipalName,userDisplayName,serialNumber,imei,azureADDeviceId,manufacturer,model,operatingSystem,osVersion,deviceType,deviceEnrollmentType,managementAgent,managedDeviceOwnerType,managementState,lostModeState,isSupervised,complianceState,jailBroken,enrolledDateTime,lastSyncDateTime,managementCertificateExpirationDate";

/// The same without what v1.0 does not have.
pub(crate) const SELECT_V1: &str = "id,deviceName,userId,userPrincipalName,userDisplayName,serialNumber,imei,azureADDeviceId,manufacturer,model,operatingSystem,osVersion,deviceEnrollmentType,managementAgent,managedDeviceOwnerType,managementState,isSupervised,complianceState,jailBroken,enrolledDateTime,lastSyncDateTime,managementCertificateExpirationDate";

/// Where it was read, which decides what an absent property means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum View {
    /// A record of a list, which carries no hardware information.
    List,
    /// The device by itself.
    One,
}

/// Read one record. Absent if it has no id.
pub(crate) fn device(value: &Value, version: Version, view: View) -> Option<Device> {
    let text = |key: &str| text(value, key);
    let id = text("id")?;
    let beta = version == Version::Beta;
    let shared = value
        .get("hardwareInformation")
        .and_then(|hardware| truth(hardware, "isSharedDevice"));
    let (system, device_type) = (text("operatingSystem"), text("deviceType"));
    let (enrollment, owner) = (text("deviceEnrollmentType"), text("managedDeviceOwnerType"));
    let (kind, kind_reason) = classify(&Traits {
        operating_system: system.as_deref(),
        device_type: device_type.as_deref(),
        enrollment: enrollment.as_deref(),
        owner: owner.as_deref(),
        shared,
        beta,
    });
    let mut unreadable = Vec::new();
    if !beta {
        unreadable.extend(["deviceType", "lostModeState"].map(str::to_owned));
    }
    if shared.is_none() && (!beta || view == View::List) {
        unreadable.push("hardwareInformation.isSharedDevice".to_owned());
    }
    Some(Device {
        id,
        name: text("deviceName").unwrap_or_default(),
        user_id: text("userId"),
        user_principal_name: text("userPrincipalName"),
        user_display_name: text("userDisplayName"),
        serial_number: text("serialNumber"),
        imei: text("imei"),
        entra_device_id: text("azureADDeviceId"),
        manufacturer: text("manufacturer"),
        model: text("model"),
        operating_system: system,
        os_version: text("osVersion"),
        device_type,
        enrollment_type: enrollment,
        management_agent: text("managementAgent"),
        ownership: owner,
        management_state: text("managementState"),
        lost_mode_state: text("lostModeState"),
        supervised: truth(value, "isSupervised"),
        shared,
        compliance_state: text("complianceState"),
        jail_broken: text("jailBroken"),
        enrolled: instant(value, "enrolledDateTime"),
        last_check_in: instant(value, "lastSyncDateTime"),
        certificate_expires: instant(value, "managementCertificateExpirationDate"),
        kind: kind.name().to_owned(),
        kind_reason,
        read_from: version.name().to_owned(),
        unreadable,
        attributes: Vec::new(),
    })
}

/// The kind a device was classified as.
pub(crate) fn kind_of(device: &Device) -> Kind {
    Kind::named(&device.kind).unwrap_or(Kind::Unknown)
}

/// The version of its system, as far as it can be read.
pub(crate) fn version_of(device: &Device) -> Option<OsVersion> {
    device.os_version.as_deref().and_then(OsVersion::parse)
}

/// How a sentence calls it. Names are chosen by users, so the id is always there.
pub(crate) fn called(device: &Device) -> String {
    match device.user_principal_name.as_deref() {
        Some(user) => format!("\"{}\" of {user} ({})", device.name, device.id),
        None => format!("\"{}\" ({})", device.name, device.id),
    }
}
