//! One look at a service: whether it answers, and if not, how far a request came. For those who
//! ask what is wrong; nobody signs in with this.

use std::fmt;

use passcode_host::credential::AccessToken;
use reqwest::RequestBuilder;
use url::Url;

use crate::cloud::Cloud;
use crate::error::shown;
use crate::http::{Http, LONGEST_ANSWER};

/// An answer, whatever it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its status.
    pub status: u16,
    /// Its `Date`.
    pub date: Option<String>,
    /// Its `request-id`.
    pub request_id: Option<String>,
    /// Its body, if it is not too long.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body may hold anything.
        f.debug_struct("Seen")
            .field("status", &self.status)
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}

/// How far a request came that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The name has no address.
    Name,
    /// Nobody takes a connection.
    Connection,
    /// The proxy does not let it through.
    Proxy,
    /// There is a connection, and no encryption: no TLS there, or a certificate nobody trusts.
    Encryption,
    /// Time ran out.
    Time,
    /// The connection was there, and the answer was not.
    Answer,
}

/// No answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSeen {
    /// How far it came.
    pub stage: Stage,
    /// The innermost cause, in the words of the system. Names no address.
    pub cause: String,
}

impl Http {
    /// GET something that takes no sign-in.
    ///
    /// # Errors
    ///
    /// [`NotSeen`]; an answer of whatever status is none.
    pub async fn look(&self, origin: &str, path: &str) -> Result<Seen, NotSeen> {
        let url = below(origin, path)?;
        let request = self.reading(&url)?;
        seen(request).await
    }

    /// GET something below a cloud's Graph root with a token, which goes nowhere else.
    ///
    /// # Errors
    ///
    /// As [`Http::look`].
    pub async fn look_with(
        &self,
        cloud: &Cloud,
        path: &str,
        token: &AccessToken,
    ) -> Result<Seen, NotSeen> {
        let url = below(cloud.graph_root(), path)?;
        let request = self.reading(&url)?.bearer_auth(token.secret());
        seen(request).await
    }

    fn reading(&self, url: &Url) -> Result<RequestBuilder, NotSeen> {
        let client = self.to(url).map_err(|error| NotSeen {
            stage: Stage::Encryption,
            cause: error.message,
        })?;
        Ok(client.get(url.clone()))
    }
}

/// An address below an origin: what is appended must not make another origin of it.
fn below(origin: &str, path: &str) -> Result<Url, NotSeen> {
    let wrong = || NotSeen {
        stage: Stage::Name,
        cause: "not an address".to_owned(),
    };
    let root = Url::parse(origin).map_err(|_| wrong())?;
    let url = Url::parse(&format!("{origin}{path}")).map_err(|_| wrong())?;
    if !path.starts_with('/') || url.origin() != root.origin() || !url.username().is_empty() {
        return Err(wrong());
    }
    Ok(url)
}

async fn seen(request: RequestBuilder) -> Result<Seen, NotSeen> {
    let request = request.header("accept", "application/json");
    let mut response = request.send().await.map_err(|error| not_seen(&error))?;
    let text = |name: &str| {
        let value = response.headers().get(name)?;
        Some(shown(value.to_str().ok()?, 100))
    };
    let (date, request_id) = (text("date"), text("request-id"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let body = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LONGEST_ANSWER => {
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break Some(body),
            // It answered, and that is what was asked.
            Ok(Some(_)) | Err(_) => break None,
        }
    };
    Ok(Seen {
        status,
        date,
        request_id,
        body,
    })
}

fn not_seen(error: &reqwest::Error) -> NotSeen {
    let mut causes = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = next {
        // The outermost names the address; so do none of the others.
        causes.push(one.to_string());
        next = one.source();
    }
    NotSeen {
        stage: stage(&causes, error.is_timeout()),
        cause: shown(causes.last().map_or("", String::as_str), 200),
    }
}

/// The libraries below have no other word for it than their texts.
fn stage(causes: &[String], timeout: bool) -> Stage {
    let any = |word: &str| causes.iter().any(|cause| cause.contains(word));
    if any("dns error") {
        Stage::Name
    } else if any("tunnel") || any("proxy") {
        Stage::Proxy
    } else if any("certificate") || any("corrupt message") || any("handshake") || any("TLS") {
        Stage::Encryption
    } else if timeout || any("timed out") || any("deadline") {
        Stage::Time
    } else if any("tcp connect error") || any("Connection refused") {
        Stage::Connection
    } else {
        Stage::Answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_never_leads_to_another_origin() {
        let root = "https://graph.microsoft.com";
        assert!(below(root, "/v1.0/deviceManagement").is_ok());
        for path in [
            ".evil.example/",
            "@evil.example/",
            ":8443/",
            "",
            "v1.0",
            "\\evil.example",
        ] {
            assert!(below(root, path).is_err(), "{path}");
        }
        let function = "/v1.0/deviceManagement/getEffectivePermissions(scope='*')";
        let url = below(root, function).unwrap();
        assert_eq!(url.path(), function, "Graph reads it as it is written");
    }

    #[test]
    fn an_answer_is_not_printed_with_its_body() {
        let seen = Seen {
            status: 200,
            date: None,
            request_id: None,
            body: Some(b"hunter2".to_vec()),
        };
        assert!(!format!("{seen:?}").contains("hunter2"));
        assert!(!format!("{seen:?}").contains("104"), "{seen:?}");
    }
}
