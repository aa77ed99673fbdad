//! The page "System": how the installation does. No tenant's, so the role alone decides.

use crate::auth::gate::Action;
use crate::commands::Console;
use api::actor::Actor;
use api::backend::Answer;
use api::system::SystemView;

/// How loop, store, driver and load balancers do.
pub(crate) async fn view(console: &Console, actor: &Actor) -> Answer<SystemView> {
    console.look(actor, Action::ReadSystem)?;
    let read = console.vitals.view().await;
    read.map_err(|why| console.problems(why.into()))
}
