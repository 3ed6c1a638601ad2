//! `passcode auth status`: how and as whom this call would sign in.

use passcode_runner::Ended;

use super::whose::{From, Whose};
use crate::app::App;
use crate::failure::Failure;
use crate::output::Reply;
use crate::wiring::signed_in;

pub(super) async fn status(app: &App) -> Result<Reply, Failure> {
    let (place, token) = signed_in(app).await?;
    let from = From {
        kind: place.credential.kind(),
        cloud: &place.cloud,
        authority: &place.authority,
        graph: &place.graph,
        tenant: place.tenant.as_deref(),
    };
    let whose = Whose::of(&from, &token);
    let human = whose.human();
    let rows = whose.rows();
    let reply = Reply::new(Ended::Done, "auth", place.practice, whose.body.into());
    Ok(reply.rows(rows).human(human))
}
