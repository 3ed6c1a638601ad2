//! From a URL to where the server is, and how sure we are that it is that server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;

use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::fault::fault;

/// What may stand in the query. sqlx overlooks a name that it does not know, and a `sslmode` with a
/// letter too many would be a connection that nobody checked.
const KNOWN: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Where the ledger is.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) options: PgConnectOptions,
    /// How it is named to a person: host, port and database, nothing else.
    pub(super) shown: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    /// Read a URL. `PGSSLMODE`, `PGSSLROOTCERT`, `PGPASSFILE` and their like stand for what it does
    /// not say, as everywhere with PostgreSQL; but a server elsewhere whose `sslmode` nobody named
    /// has to prove who it is.
    pub(super) fn read(text: &str) -> Result<Self, LedgerError> {
        let unread = |detail: &str| fault(LedgerFault::Other, "in PASSCODE_DATABASE_URL", detail);
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))
            .ok_or_else(|| unread("it is no URL like postgres://USER@HOST/DATABASE"))?;
        for (key, _) in url.query_pairs() {
            if !KNOWN.contains(&&*key) && !key.starts_with("options[") {
                // Only the name: what stands behind it may be a password.
                let name: String = key.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(unread(&format!("nobody knows the parameter {name:?}")));
            }
        }
        let mut options = PgConnectOptions::from_str(text)
            .map_err(|_| unread("a part of the URL cannot be read"))?;
        if options.get_application_name().is_none() {
            options = options.application_name("passcode");
        }
        let named = url
            .query_pairs()
            .any(|(key, _)| matches!(&*key, "sslmode" | "ssl-mode"))
            || std::env::var_os("PGSSLMODE").is_some();
        if !named && !is_here(&options) {
            options = options.ssl_mode(PgSslMode::VerifyFull);
        }
        let roots = url
            .query_pairs()
            .any(|(key, _)| matches!(&*key, "sslrootcert" | "ssl-root-cert" | "ssl-ca"))
            || std::env::var_os("PGSSLROOTCERT").is_some();
        let checked = matches!(
            options.get_ssl_mode(),
            PgSslMode::VerifyCa | PgSslMode::VerifyFull
        );
        if checked && !roots {
            options = options.ssl_root_cert_from_pem(of_this_machine());
        }
        let shown = shown(&options);
        Ok(Self { options, shown })
    }
}

/// A socket, or this machine's own address: nobody is in between.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn shown(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(socket) => format!("postgres://{}/{database}", socket.display()),
        None => format!(
            "postgres://{}:{}/{database}",
            options.get_host(),
            options.get_port()
        ),
    }
}

/// The certificates that this machine trusts (`SSL_CERT_FILE` names others), besides those that
/// every browser does: a company's own authority is known to its machines and to nobody else.
fn of_this_machine() -> Vec<u8> {
    use base64::Engine as _;
    let mut pem = String::new();
    let mut store = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that rustls cannot read would end the connection, not only itself.
        if store.add(certificate.clone()).is_err() {
            continue;
        }
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = base64::engine::general_purpose::STANDARD.encode(certificate);
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_proves_who_it_is_unless_somebody_says_otherwise() {
        for (url, expected) in [
            ("postgres://u:p@db.contoso.example/passcode", "VerifyFull"),
            ("postgresql://u@10.0.0.7:6432/passcode", "VerifyFull"),
            (
                "postgres://u@db.contoso.example/p?sslmode=require",
                "Require",
            ),
            (
                "postgres://u@db.contoso.example/p?sslmode=disable",
                "Disable",
            ),
            ("postgres://u@localhost/passcode", "Prefer"),
            ("postgres://u@127.0.0.1/passcode", "Prefer"),
            ("postgres://u@[::1]/passcode", "Prefer"),
            (
                "postgres://u@localhost/passcode?host=/run/postgresql",
                "Prefer",
            ),
            (
                "postgres://u@localhost/p?host=db.contoso.example",
                "VerifyFull",
            ),
            ("postgres://u@localhost/p?hostaddr=10.0.0.7", "VerifyFull"),
        ] {
            let address = Address::read(url).unwrap();
            let mode = format!("{:?}", address.options.get_ssl_mode());
            assert_eq!(mode, expected, "{url}");
        }
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        for url in [
            "postgres://u:hunter2@db.contoso.example/passcode",
            "postgres://db.contoso.example/passcode?user=u&password=hunter2",
            "postgres://u:hunter2@db.contoso.example:port/passcode",
            "postgres://u:hunter2@db.contoso.example/passcode?sslmode=hunter2",
            "postgres://db.contoso.example/passcode?pasword=hunter2",
            "mysql://u:hunter2@db.contoso.example/passcode",
            "u:hunter2@db.contoso.example",
        ] {
            let shown = format!("{:?}", Address::read(url));
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_parameter_that_nobody_knows_is_refused() {
        let refused = Address::read("postgres://db.contoso.example/p?sslmod=verify-full");
        assert!(refused.unwrap_err().message.contains("\"sslmod\""));
    }

    #[test]
    fn a_person_sees_host_port_and_database() {
        for (url, expected) in [
            (
                "postgres://u:p@db.contoso.example/passcode?sslmode=require",
                "postgres://db.contoso.example:5432/passcode",
            ),
            (
                "postgres://u@localhost/passcode?host=/run/postgresql",
                "postgres:///run/postgresql/passcode",
            ),
        ] {
            assert_eq!(Address::read(url).unwrap().shown, expected);
        }
    }
}
