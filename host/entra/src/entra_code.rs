//! What the numbers of Entra's refusals mean.
//!
//! Microsoft says that they change, and that programs should not depend on them. So they choose
//! words and a code of our own, and nothing else: whether trying again can help is read from the
//! status and the OAuth error, and a number that is not here is a refusal like any other.
//!
//! From "Microsoft Entra authentication and authorization error codes" (entra-docs, 2026).

/// A refusal with a name: our stable code, the cause, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) code: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) remedy: &'static str,
}

const SIGN_IN_PAGE: &str = "see the sign-in in the Entra admin center (Monitoring & health > Sign-in logs) by its correlation id";

/// Numbers, and what they mean. A number stands once.
const MEANINGS: &[(&[u64], Meaning)] = &[
    (
        &[7_000_215, 70_002],
        Meaning {
            code: "app-secret-wrong",
            cause: "the client secret is wrong",
            remedy: "set AZURE_CLIENT_SECRET to the secret's value; the secret's id, which the portal shows beside it, is something else",
        },
    ),
    (
        &[7_000_222],
        Meaning {
            code: "app-secret-expired",
            cause: "the client secret has expired",
            remedy: "make a new one: az ad app credential reset --id APP --append, and set AZURE_CLIENT_SECRET",
        },
    ),
    (
        &[700_016, 700_011],
        Meaning {
            code: "app-not-in-tenant",
            cause: "the tenant has no such app",
            remedy: "check AZURE_CLIENT_ID, AZURE_TENANT_ID and PASSCODE_CLOUD; an app exists in the cloud where it was registered, and its service principal in each tenant that consented",
        },
    ),
    (
        &[90_002, 900_023, 50_059, 50_128, 90_019],
        Meaning {
            code: "tenant-unknown",
            cause: "there is no such tenant in this cloud",
            remedy: "check AZURE_TENANT_ID and PASSCODE_CLOUD",
        },
    ),
    (
        &[700_027, 50_012, 700_030],
        Meaning {
            code: "app-certificate-refused",
            cause: "the certificate, or the signature made with it, is not accepted",
            remedy: "upload the certificate's public part to the app registration (Certificates & secrets), and check that it has not expired",
        },
    ),
    (
        &[700_213, 70_021, 700_211, 700_212],
        Meaning {
            code: "federation-mismatch",
            cause: "no federated credential of the app matches the assertion's issuer, subject and audience",
            remedy: "compare them with the app registration's federated credentials: az ad app federated-credential list --id APP",
        },
    ),
    (
        &[50_027, 50_013, 500_133],
        Meaning {
            code: "assertion-refused",
            cause: "the assertion is not accepted",
            remedy: "check AZURE_TENANT_ID and the clock: an assertion is made for one tenant's token endpoint and for minutes",
        },
    ),
    (
        &[65_001, 65_004, 90_094, 90_095, 650_056, 650_057, 90_008],
        Meaning {
            code: "consent-missing",
            cause: "nobody has consented to the app for this person or tenant",
            remedy: "have an administrator consent to the app's permissions",
        },
    ),
    (
        &[7_000_112, 70_001],
        Meaning {
            code: "app-disabled",
            cause: "the app is disabled",
            remedy: "enable its enterprise application, or use another app",
        },
    ),
    (
        &[50_105],
        Meaning {
            code: "app-not-assigned",
            cause: "the app is for assigned people only, and this person is not assigned",
            remedy: "assign the person to the enterprise application (Users and groups), or turn off Assignment required",
        },
    ),
    (
        &[7_000_218, 700_025],
        Meaning {
            code: "app-type-wrong",
            cause: "the app is registered as a public client, which has no secret",
            remedy: "register a confidential client, with Allow public client flows off",
        },
    ),
    (
        &[500_011, 50_001],
        Meaning {
            code: "resource-unknown",
            cause: "the tenant does not know the resource",
            remedy: "check that PASSCODE_CLOUD is the tenant's cloud",
        },
    ),
    (
        &[650_052],
        Meaning {
            code: "licence-missing",
            cause: "the tenant has not subscribed to the service, or not enabled it",
            remedy: "check the tenant's subscriptions in the Microsoft 365 admin center (Billing > Licenses): Intune has to be among them",
        },
    ),
    (
        &[
            53_000, 53_001, 53_002, 53_003, 53_004, 53_010, 53_011, 50_005, 50_131, 50_158,
            530_032, 530_034, 530_035, 70_043,
        ],
        Meaning {
            code: "conditional-access",
            cause: "Conditional Access or a security policy blocks it",
            remedy: "ask for a policy that lets this sign-in in from here, or sign in in a way that the policy allows; the sign-in logs name the policy",
        },
    ),
    (
        &[
            50_072, 50_074, 50_076, 50_078, 50_079, 50_097, 50_125, 700_020,
        ],
        Meaning {
            code: "interaction-needed",
            cause: "a person has to confirm the sign-in, with a second factor or a device",
            remedy: "sign in with the browser, where all of it can be asked",
        },
    ),
    (
        &[70_008, 700_082, 700_084, 50_173, 50_089, 50_132, 50_133],
        Meaning {
            code: "sign-in-expired",
            cause: "the earlier sign-in has expired or was revoked",
            remedy: "sign in again",
        },
    ),
    (
        &[50_053, 50_055, 50_057, 50_144],
        Meaning {
            code: "account-blocked",
            cause: "the account is locked or disabled, or its password has expired",
            remedy: SIGN_IN_PAGE,
        },
    ),
    (
        &[500_208, 90_027, 9_002_332, 500_200],
        Meaning {
            code: "personal-account",
            cause: "it is a personal Microsoft account, and Intune takes work and school accounts only",
            remedy: "sign in with a work or school account of the tenant (AZURE_TENANT_ID)",
        },
    ),
    (
        &[50_020, 50_034, 50_014, 51_004, 16_000, 16_003, 90_072],
        Meaning {
            code: "account-not-in-tenant",
            cause: "the account is none of this tenant: a personal Microsoft account, or one of another tenant",
            remedy: "sign in with an account of the tenant, check AZURE_TENANT_ID, or have the account invited",
        },
    ),
    (
        &[500_021, 500_022, 50_002, 500_212, 500_213],
        Meaning {
            code: "tenant-restricted",
            cause: "a restriction between tenants does not let this sign-in through",
            remedy: "ask whoever runs the proxy's tenant restrictions or the cross-tenant access settings",
        },
    ),
    (
        &[900_382, 900_432, 900_439, 90_038, 90_043, 90_051],
        Meaning {
            code: "wrong-cloud",
            cause: "the app or tenant belongs to another cloud",
            remedy: "set PASSCODE_CLOUD to that cloud",
        },
    ),
];

/// What a number means, if it is known.
pub(crate) fn meaning(number: u64) -> Option<Meaning> {
    MEANINGS
        .iter()
        .find(|(numbers, _)| numbers.contains(&number))
        .map(|(_, meaning)| *meaning)
}

/// What an OAuth error means by itself, where there is no number.
pub(crate) fn by_name(name: &str) -> Option<Meaning> {
    match name {
        "consent_required" => meaning(65_001),
        "interaction_required" | "login_required" => meaning(50_076),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_number_and_a_code_stand_once_and_say_what_to_do() {
        let numbers = || MEANINGS.iter().flat_map(|(numbers, _)| numbers.iter());
        assert_eq!(numbers().collect::<BTreeSet<_>>().len(), numbers().count());
        let codes = || MEANINGS.iter().map(|(_, meaning)| meaning.code);
        assert_eq!(codes().collect::<BTreeSet<_>>().len(), codes().count());
        for (_, meaning) in MEANINGS {
            assert!(
                !meaning.remedy.contains("Global Administrator"),
                "{meaning:?}"
            );
            assert!(meaning.cause.len() > 10 && meaning.remedy.len() > 10);
        }
    }

    #[test]
    fn the_refusals_that_people_meet_have_names() {
        for (number, code) in [
            (53_000, "conditional-access"),
            (53_003, "conditional-access"),
            (50_005, "conditional-access"),
            (65_001, "consent-missing"),
            (90_094, "consent-missing"),
            (650_052, "licence-missing"),
            (500_208, "personal-account"),
            (50_020, "account-not-in-tenant"),
            (90_072, "account-not-in-tenant"),
            (700_016, "app-not-in-tenant"),
            (90_002, "tenant-unknown"),
            (900_382, "wrong-cloud"),
            (90_038, "wrong-cloud"),
            (50_076, "interaction-needed"),
            (7_000_222, "app-secret-expired"),
        ] {
            assert_eq!(
                meaning(number).map(|meaning| meaning.code),
                Some(code),
                "{number}"
            );
        }
        assert_eq!(meaning(1), None);
        assert_eq!(
            by_name("consent_required").map(|m| m.code),
            Some("consent-missing")
        );
        assert_eq!(by_name("invalid_client"), None);
    }
}
