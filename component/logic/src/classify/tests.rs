use super::*;

/// operating system, device type, enrolment, owner, shared, beta, kind. `-` for absent.
const CASES: &str = "
Android | androidEnterprise | androidEnterpriseDedicatedDevice | company | - | beta | android-dedicated
Android | androidEnterprise | androidEnterpriseFullyManaged | company | - | beta | android-fully-managed
Android | androidEnterprise | androidEnterpriseCorporateWorkProfile | company | - | beta | android-corporate-work-profile
Android | androidForWork | userEnrollment | personal | - | beta | android-personal-work-profile
Android | androidForWork | userEnrollment | company | - | beta | android-personal-work-profile
Android | androidForWork | deviceEnrollmentManager | company | - | beta | android-personal-work-profile
Android | androidnGMS | androidAOSPUserOwnedDeviceEnrollment | company | - | beta | aosp-user-associated
Android | androidnGMS | androidAOSPUserlessDeviceEnrollment | company | - | beta | aosp-userless
Android | android | userEnrollment | personal | - | beta | android-device-administrator
Android | android | deviceEnrollmentManager | company | - | beta | android-device-administrator
Android | androidEnterprise | userEnrollment | personal | - | beta | unknown
Android | androidEnterprise | unknown | company | - | beta | unknown
Android | - | userEnrollment | personal | - | beta | unknown
Android | - | - | - | - | beta | unknown
Android | - | userEnrollment | personal | - | v1.0 | unknown
Android | - | unknown | company | - | v1.0 | unknown
Android | - | unknownFutureValue | company | - | v1.0 | unknown
ANDROID (AOSP) | androidnGMS | androidAOSPUserlessDeviceEnrollment | company | - | beta | aosp-userless
AndroidEnterprise | androidEnterprise | ANDROIDENTERPRISEDEDICATEDDEVICE | company | - | beta | android-dedicated
- | androidForWork | userEnrollment | personal | - | beta | android-personal-work-profile
iOS | iPhone | appleBulkWithUser | company | false | beta | ios-corporate
iOS | iPhone | appleBulkWithoutUser | - | false | beta | ios-corporate
iOS | iPhone | appleBulkWithUser | personal | false | beta | ios-personal
iOS | iPhone | userEnrollment | company | false | beta | ios-corporate
iOS | iPhone | userEnrollment | personal | false | beta | ios-personal
iOS | iPhone | userEnrollment | unknown | false | beta | ios-personal
iOS | iPod | deviceEnrollmentManager | company | false | beta | ios-corporate
iPadOS | iPad | userEnrollment | company | false | beta | ios-corporate
iOS | iPad | appleBulkWithoutUser | company | true | beta | shared-ipad
iPadOS | iPad | userEnrollment | company | true | beta | shared-ipad
iOS | iPhone | appleUserEnrollment | personal | false | beta | ios-user-enrollment
iOS | iPhone | appleUserEnrollmentWithServiceAccount | personal | false | beta | ios-user-enrollment
iOS | iPad | appleAccountDrivenUserEnrollment | personal | false | beta | ios-user-enrollment
iOS | iPad | appleAccountDrivenUserEnrollment | personal | true | beta | ios-user-enrollment
iOS | - | appleBulkWithUser | company | - | v1.0 | ios-corporate
iOS | - | userEnrollment | personal | - | v1.0 | ios-personal
iOS | - | unknownFutureValue | personal | - | v1.0 | unknown
iOS | iPhone | unknown | company | false | beta | unknown
visionOS | visionOS | userEnrollment | company | - | beta | visionos
visionOS | visionOS | appleBulkWithUser | company | false | beta | visionos
visionOS | visionOS | appleAccountDrivenUserEnrollment | personal | - | beta | ios-user-enrollment
visionOS | - | userEnrollment | company | - | v1.0 | visionos
macOS | macMDM | userEnrollment | company | - | beta | macos
macOS | - | userEnrollment | company | - | v1.0 | macos
Windows | desktop | windowsAzureADJoin | company | - | beta | windows
Windows 11 | - | windowsAutoEnrollment | company | - | v1.0 | windows
- | holoLens | windowsAzureADJoin | company | - | beta | windows
Linux | linux | unknown | company | - | beta | linux
Linux (ubuntu) | unix | unknown | company | - | beta | linux
ChromeOS | chromeOS | unknown | company | - | beta | chromeos
iOS | androidForWork | userEnrollment | personal | - | beta | unknown
Android | iPhone | userEnrollment | personal | - | beta | unknown
tvOS | tvOS | appleBulkWithoutUser | company | - | beta | unknown
- | blackberry | userEnrollment | company | - | beta | unknown
- | - | - | - | - | beta | unknown
";

#[test]
fn every_kind_is_told_from_what_the_service_says() {
    let mut seen = Vec::new();
    for line in CASES.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<Option<&str>> = line
            .split('|')
            .map(|cell| Some(cell.trim()).filter(|cell| *cell != "-"))
            .collect();
        let [system, device, enrollment, owner, shared, version, expected] = cells[..] else {
            panic!("a line of another shape: {line}");
        };
        let traits = Traits {
            operating_system: system,
            device_type: device,
            enrollment,
            owner,
            shared: shared.map(|shared| shared == "true"),
            beta: version == Some("beta"),
        };
        let (kind, reason) = classify(&traits);
        assert_eq!(Some(kind.name()), expected, "{line}: {reason}");
        assert!(!reason.is_empty(), "{line}");
        seen.push(kind);
    }
    for kind in Kind::ALL {
        assert!(seen.contains(&kind), "no case for {kind:?}");
    }
}
