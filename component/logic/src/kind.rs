//! The kinds of device the documents tell apart, and the ones nobody resets.

/// One kind. The names are part of the contract (`device.kind`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "`label` says what each one is")]
pub enum Kind {
    AndroidDedicated,
    AndroidFullyManaged,
    AndroidCorporateWorkProfile,
    AndroidPersonalWorkProfile,
    AospUserAssociated,
    AospUserless,
    AndroidDeviceAdministrator,
    IosCorporate,
    IosPersonal,
    IosUserEnrollment,
    SharedIpad,
    VisionOs,
    MacOs,
    Windows,
    Linux,
    ChromeOs,
    Unknown,
}

/// Which of the two verbs could fit at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Family {
    /// The passcode is removed.
    Apple,
    /// The passcode is reset.
    Android,
    /// Set aside: never touched by this action.
    Computer,
    /// Not told apart.
    Unknown,
}

impl Kind {
    /// Every kind, in the order a person would list them.
    pub const ALL: [Self; 17] = [
        Self::AndroidDedicated,
        Self::AndroidFullyManaged,
        Self::AndroidCorporateWorkProfile,
        Self::AndroidPersonalWorkProfile,
        Self::AospUserAssociated,
        Self::AospUserless,
        Self::AndroidDeviceAdministrator,
        Self::IosCorporate,
        Self::IosPersonal,
        Self::IosUserEnrollment,
        Self::SharedIpad,
        Self::VisionOs,
        Self::MacOs,
        Self::Windows,
        Self::Linux,
        Self::ChromeOs,
        Self::Unknown,
    ];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// What Intune's pages call it.
    pub const fn label(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AndroidDedicated => (
                "android-dedicated",
                "Android Enterprise dedicated device (COSU)",
            ),
            Self::AndroidFullyManaged => (
                "android-fully-managed",
                "Android Enterprise fully managed device (COBO)",
            ),
            Self::AndroidCorporateWorkProfile => (
                "android-corporate-work-profile",
                "Android Enterprise corporate-owned device with a work profile (COPE)",
            ),
            Self::AndroidPersonalWorkProfile => (
                "android-personal-work-profile",
                "Android Enterprise personally-owned device with a work profile (BYOD)",
            ),
            Self::AospUserAssociated => (
                "aosp-user-associated",
                "Android Open Source Project (AOSP) device with a user",
            ),
            Self::AospUserless => (
                "aosp-userless",
                "Android Open Source Project (AOSP) device without a user",
            ),
            Self::AndroidDeviceAdministrator => (
                "android-device-administrator",
                "Android device under device administrator",
            ),
            Self::IosCorporate => ("ios-corporate", "corporate-owned iPhone or iPad"),
            Self::IosPersonal => ("ios-personal", "personally owned iPhone or iPad"),
            Self::IosUserEnrollment => ("ios-user-enrollment", "Apple device with User Enrollment"),
            Self::SharedIpad => ("shared-ipad", "Shared iPad"),
            Self::VisionOs => ("visionos", "Apple Vision Pro"),
            Self::MacOs => ("macos", "Mac"),
            Self::Windows => ("windows", "Windows device"),
            Self::Linux => ("linux", "Linux device"),
            Self::ChromeOs => ("chromeos", "ChromeOS device"),
            Self::Unknown => ("unknown", "device of a kind that could not be told"),
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Which verb could fit.
    pub const fn family(self) -> Family {
        match self {
            Self::AndroidDedicated
            | Self::AndroidFullyManaged
            | Self::AndroidCorporateWorkProfile
            | Self::AndroidPersonalWorkProfile
            | Self::AospUserAssociated
            | Self::AospUserless
            | Self::AndroidDeviceAdministrator => Family::Android,
            Self::IosCorporate
            | Self::IosPersonal
            | Self::IosUserEnrollment
            | Self::SharedIpad
            | Self::VisionOs => Family::Apple,
            Self::MacOs | Self::Windows | Self::Linux | Self::ChromeOs => Family::Computer,
            Self::Unknown => Family::Unknown,
        }
    }

    /// Whether it is managed without Google's services, so that no push wakes it.
    pub const fn without_push(self) -> bool {
        matches!(self, Self::AospUserAssociated | Self::AospUserless)
    }

    /// Whether it has a work profile of its own.
    pub const fn has_work_profile(self) -> bool {
        matches!(
            self,
            Self::AndroidCorporateWorkProfile | Self::AndroidPersonalWorkProfile
        )
    }
}
