//! Our sign-in against the practice tenant, at whose endpoints Microsoft's own clients sign in, too
//! (`tests/conformance`).

#![allow(
    clippy::unwrap_used,
    reason = "a failed step is how a test says that it failed"
)]

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passcode_entra::{
    Certificate, Claims, ClientCertificate, Cloud, Federated, Http, HttpOptions, Identity,
    ManagedIdentity, ManagedIdentityAssertion, Platform, claims,
};
use passcode_host::credential::{Credential, CredentialError, TokenRequest};
use passcode_practice::{
    AppCertificate, PRACTICE_CLIENT_ID, PRACTICE_IDENTITY_CLIENT_ID, PRACTICE_IDENTITY_HEADER,
    PRACTICE_IDENTITY_RESOURCE_ID, PRACTICE_TENANT_ID, PracticeOptions, PracticeTenant,
};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, PublicKeyData as _};
use zeroize::Zeroizing;

fn tenant() -> (PracticeTenant, Cloud) {
    let tenant = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
    let cloud = Cloud::custom(tenant.url(), tenant.url(), &[]).unwrap();
    (tenant, cloud)
}

fn http() -> Http {
    Http::new(&HttpOptions::default()).unwrap()
}

async fn token(app: &dyn Credential, cloud: &Cloud) -> Result<Claims, CredentialError> {
    let request = TokenRequest {
        scope: cloud.scope(),
        claims: None,
        renew: false,
    };
    Ok(claims(app.token(&request).await?.secret()).unwrap())
}

fn platforms(at: &str) -> [Platform; 3] {
    let endpoint = || format!("{at}/msi/token").parse().unwrap();
    [
        Platform::Imds {
            origin: at.parse().unwrap(),
        },
        Platform::AppService {
            endpoint: endpoint(),
            header: Zeroizing::new(PRACTICE_IDENTITY_HEADER.into()),
        },
        Platform::Msi {
            endpoint: endpoint(),
            secret: Zeroizing::new(PRACTICE_IDENTITY_HEADER.into()),
        },
    ]
}

#[tokio::test]
async fn managed_identities_of_every_platform_and_choice() {
    let (tenant, cloud) = tenant();
    let mut object = String::new();
    for platform in platforms(tenant.url()) {
        let older = matches!(platform, Platform::Msi { .. });
        let ask = async |identity: Identity| {
            let app = ManagedIdentity::new(cloud.clone(), platform.clone(), identity, http())?;
            token(&app, &cloud).await
        };
        let own = ask(Identity::System).await.unwrap();
        assert_eq!(own.app_id.as_deref(), Some(PRACTICE_IDENTITY_CLIENT_ID));
        object = own.object_id.unwrap();
        let by_client = Identity::ClientId(PRACTICE_IDENTITY_CLIENT_ID.into());
        ask(by_client).await.unwrap();
        let others = [
            Identity::ObjectId(object.clone()),
            Identity::ResourceId(PRACTICE_IDENTITY_RESOURCE_ID.into()),
        ];
        for identity in others {
            let code = ask(identity).await.map(|_| ()).map_err(|error| error.code);
            let expected = if older {
                Err("managed-identity-choice".into())
            } else {
                Ok(())
            };
            assert_eq!(code, expected, "{platform:?}");
        }
        let unknown = ask(Identity::ClientId(object.clone())).await.unwrap_err();
        assert_eq!(unknown.code, "managed-identity", "{platform:?}");
    }
    assert!(!object.is_empty());
}

#[tokio::test]
async fn a_managed_identity_stands_for_the_application() {
    let (tenant, cloud) = tenant();
    let [_, platform, _] = platforms(tenant.url());
    let audience = cloud.exchange_audience();
    let source =
        ManagedIdentityAssertion::new(platform, Identity::System, audience, http()).unwrap();
    let (id, client) = (PRACTICE_TENANT_ID, PRACTICE_CLIENT_ID);
    let app = Federated::new(cloud.clone(), id, client, Arc::new(source), http()).unwrap();
    let given = token(&app, &cloud).await.unwrap();
    assert_eq!(given.app_id.as_deref(), Some(PRACTICE_CLIENT_ID));
}

#[tokio::test]
async fn a_certificate_signs_in_once_it_is_registered() {
    let (tenant, cloud) = tenant();
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["app.example".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
    let (id, client) = (PRACTICE_TENANT_ID, PRACTICE_CLIENT_ID);
    let read = Certificate::from_pem(pem.as_bytes()).unwrap();
    let app = ClientCertificate::new(cloud.clone(), id, client, read, http()).unwrap();
    let refused = token(&app, &cloud).await.unwrap_err();
    assert_eq!(refused.code, "app-certificate-refused");

    let (n, e) = numbers(key.der_bytes());
    tenant.register_certificate(AppCertificate {
        thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate.der())),
        old_thumbprint: None,
        n: URL_SAFE_NO_PAD.encode(n),
        e: URL_SAFE_NO_PAD.encode(e),
    });
    let given = token(&app, &cloud).await.unwrap();
    assert_eq!(given.app_id.as_deref(), Some(PRACTICE_CLIENT_ID));
    let journal = format!("{:?}", tenant.journal());
    assert!(journal.contains("client_assertion=***") && !journal.contains("eyJ"));
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017): a sequence of two integers.
fn numbers(der: &[u8]) -> (&[u8], &[u8]) {
    fn element(der: &[u8]) -> (&[u8], &[u8]) {
        let (head, rest) = match der[1] {
            0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), &der[4..]),
            0x81 => (usize::from(der[2]), &der[3..]),
            short => (usize::from(short), &der[2..]),
        };
        rest.split_at(head)
    }
    let (both, _) = element(der);
    let (n, rest) = element(both);
    let (e, _) = element(rest);
    (n.strip_prefix(&[0]).unwrap_or(n), e)
}
