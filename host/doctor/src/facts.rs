//! What was gathered, as values. Nothing here holds a secret.

use std::path::PathBuf;

use passcode_entra::{Claims, NotSeen};
use time::OffsetDateTime;

use crate::answer::Answer;

/// Everything that is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The cloud, and its two origins.
    pub cloud: Where,
    /// Whether somebody is signed in.
    pub sign_in: SignIn,
    /// Whether the authority answers; the status, if it does.
    pub authority: Result<u16, NotSeen>,
    /// Whether Graph answers.
    pub graph: Result<u16, NotSeen>,
    /// A name on the way to Graph that leads nowhere but inside, where no action goes.
    pub inside: Option<Inside>,
    /// How far the service's clock is ahead of this machine's, in seconds.
    pub ahead: Option<i64>,
    /// One device's id.
    pub devices: Answer,
    /// What the person's Intune role allows.
    pub rights: Answer,
    /// How the tenant's Intune subscription stands.
    pub subscription: Answer,
    /// What takes another administrator's approval in this tenant.
    pub approvals: Answer,
    /// The proxies on the way to the authority and to Graph, and what goes past them.
    pub proxy: Proxy,
    /// Who is trusted.
    pub roots: Roots,
    /// What is on this machine.
    pub disk: Disk,
    /// When.
    pub now: OffsetDateTime,
}

/// A cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// `global`, `usgov`, `dod`, `china` or `custom`.
    pub name: String,
    /// The authority's origin.
    pub authority: String,
    /// The Graph root's origin.
    pub graph: String,
}

/// A name that has only addresses inside this machine or network. The door does not connect to
/// them for a service that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    /// The name.
    pub name: String,
}

/// Whether somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// There is a token.
    In(Box<Signed>),
    /// There is none.
    Out(NotSignedIn),
}

/// A token, without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The kind of credential.
    pub kind: String,
    /// What the token says of itself; `None` if it says nothing.
    pub claims: Option<Claims>,
    /// Whether it is for this cloud's Graph, as far as it says so.
    pub fits: bool,
    /// When it stops being valid.
    pub expires: Option<OffsetDateTime>,
}

/// Who carries a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// A person, through an app.
    Yes,
    /// An application alone.
    No,
    /// The token does not say.
    Unknown,
}

impl Signed {
    /// Whether a person is signed in.
    #[must_use]
    pub fn person(&self) -> Person {
        match &self.claims {
            None => Person::Unknown,
            Some(claims) if claims.is_app_only() => Person::No,
            Some(_) => Person::Yes,
        }
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSignedIn {
    /// A stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do now.
    pub remedy: String,
    /// Whether it is the network's or the service's doing.
    pub transient: bool,
}

/// The proxies in use. Without user names and passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// On the way to the authority.
    pub authority: Option<String>,
    /// On the way to Graph.
    pub graph: Option<String>,
    /// Which variables are set, by name.
    pub variables: Vec<String>,
    /// What `NO_PROXY` says.
    pub past: Option<String>,
}

/// Certificate authorities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// How many there are; `None` if nobody looked, because nothing is encrypted here.
    pub system: Option<usize>,
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR`, where that replaces the system's.
    pub instead: Option<String>,
    /// `ca_file`, trusted beside them.
    pub beside: Option<PathBuf>,
}

/// What is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Where everything is.
    pub home: Folder,
    /// The ledger.
    pub ledger: Ledger,
    /// Where compiled components are.
    pub cache: Folder,
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Whether it, or where it would be made, can be written to; `None`: not known on this system.
    pub writable: Option<bool>,
    /// Whether every user of the machine may look into it; `None` as above.
    pub open_to_all: Option<bool>,
}

/// The ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ledger {
    /// It is there and works.
    Works(PathBuf),
    /// It is not there yet.
    NotThere(PathBuf),
    /// It cannot be used: why, and what to do.
    Unusable(String, String),
}
