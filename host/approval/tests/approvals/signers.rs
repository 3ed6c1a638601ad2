//! People with keys.

use std::io::Cursor;

use passcode_approval::{
    Approvers, Asked, Decision, Document, Guard, Kind, NAMESPACE, Planner, Statement,
    sign_with_ssh_key,
};
use sha2::{Digest as _, Sha256};
use signature::Signer as _;
use ssh_key::private::{Ed25519Keypair, PrivateKey};
use ssh_key::public::{KeyData, SkEd25519};
use ssh_key::{Algorithm, HashAlg, LineEnding, Signature, SshSig};
use time::OffsetDateTime;
use time::macros::datetime;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
pub(crate) const TENANT: &str = "contoso.example";

/// Somebody with an SSH key.
pub(crate) struct Person(Ed25519Keypair);

impl Person {
    pub(crate) fn new(seed: u8) -> Self {
        Self(Ed25519Keypair::from_seed(&[seed; 32]))
    }

    pub(crate) fn private(&self) -> PrivateKey {
        PrivateKey::from(self.0.clone())
    }

    pub(crate) fn point(&self) -> [u8; 32] {
        self.0.public.0
    }

    pub(crate) fn public(&self) -> String {
        self.private().public_key().to_openssh().unwrap()
    }

    pub(crate) fn signs(&self, statement: &Statement) -> String {
        let key = self.private().to_openssh(LineEnding::LF).unwrap();
        sign_with_ssh_key(statement, &key, None).unwrap()
    }

    /// A signature for another purpose.
    pub(crate) fn signs_for(&self, namespace: &str, statement: &Statement) -> String {
        let text = statement.text().unwrap();
        let signature = self
            .private()
            .sign(namespace, HashAlg::Sha512, text.as_bytes())
            .unwrap();
        text + &pem(&signature)
    }

    /// The public key, as if the key were on a security key.
    fn on_a_token(&self) -> SkEd25519 {
        SkEd25519::new(self.0.public, "ssh:")
    }

    pub(crate) fn public_on_a_token(&self) -> String {
        let key = KeyData::SkEd25519(self.on_a_token());
        ssh_key::PublicKey::from(key).to_openssh().unwrap()
    }

    /// What a security key makes of it (PROTOCOL.u2f): the flags say whether it was touched.
    pub(crate) fn signs_on_a_token(&self, statement: &Statement, flags: u8) -> String {
        let text = statement.text().unwrap();
        let signed = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, text.as_bytes()).unwrap();
        let trailer = [flags, 0, 0, 0, 7];
        let data = [
            Sha256::digest("ssh:").as_slice(),
            &trailer,
            Sha256::digest(&signed).as_slice(),
        ]
        .concat();
        let made: Signature = self.private().try_sign(&data).unwrap();
        let bytes = [made.as_bytes(), &trailer].concat();
        let made = Signature::new(Algorithm::SkEd25519, bytes).unwrap();
        let key = KeyData::SkEd25519(self.on_a_token());
        text + &pem(&SshSig::new(key, NAMESPACE, HashAlg::Sha512, made).unwrap())
    }
}

fn pem(signature: &SshSig) -> String {
    let text = signature.to_pem(LineEnding::LF).unwrap();
    if text.ends_with('\n') {
        text
    } else {
        text + "\n"
    }
}

/// Somebody with a minisign key.
pub(crate) struct Minisigner(minisign::KeyPair);

impl Minisigner {
    pub(crate) fn new() -> Self {
        Self(minisign::KeyPair::generate_unencrypted_keypair().unwrap())
    }

    pub(crate) fn public(&self) -> String {
        self.0.pk.to_base64()
    }

    pub(crate) fn signs(&self, statement: &Statement) -> String {
        let text = statement.text().unwrap();
        let trusted = Some("timestamp:1772366400\tfile:statement\thashed");
        let untrusted = Some("signature from minisign secret key");
        let data = Cursor::new(text.as_bytes());
        let signature =
            minisign::sign(Some(&self.0.pk), &self.0.sk, data, trusted, untrusted).unwrap();
        text + &signature.to_string()
    }
}

/// An approvers file of people's names, operators and keys.
pub(crate) fn approvers(people: &[(&str, &str, String)]) -> Approvers {
    let text: String = people
        .iter()
        .map(|(name, operator, key)| {
            format!("[[approver]]\nname = \"{name}\"\noperator = \"{operator}\"\nkey = \"{key}\"\n")
        })
        .collect();
    Approvers::parse(&text).unwrap()
}

/// What is asked: a set of three plans, by Ada, who is signed in.
pub(crate) fn asked() -> Asked {
    Asked {
        tenant: TENANT.to_owned(),
        subject: "ab".repeat(32),
        kind: Kind::Set,
        devices: 3,
        now: NOW,
        planner: Planner {
            name: "ada@contoso.example".to_owned(),
            id: Some("11111111-aaaa-4aaa-8aaa-111111111111".to_owned()),
            proven: true,
            application: false,
        },
        planner_key: None,
        needed: 1,
        guard: Guard::Unwritable,
    }
}

/// The statement that approves exactly that, for an hour.
pub(crate) fn statement() -> Statement {
    let asked = asked();
    Statement {
        decision: Decision::Approve,
        tenant: asked.tenant,
        subject: asked.subject,
        kind: asked.kind,
        title: "Ward 3".to_owned(),
        devices: asked.devices,
        expires: NOW + time::Duration::HOUR,
    }
}

pub(crate) fn document(text: &str) -> Document {
    Document::parse(text).unwrap()
}

/// A statement with all the signatures of several signed documents of it.
pub(crate) fn joined(documents: &[String]) -> String {
    let (statement, _) = documents[0].split_once('\n').unwrap();
    let signatures = documents.iter().map(|one| one.split_once('\n').unwrap().1);
    format!("{statement}\n{}", signatures.collect::<String>())
}
