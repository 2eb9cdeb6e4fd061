//! Questions to the cluster, as tasks.

use futures_util::FutureExt as _;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, instrument::WithSubscriber as _};

use crate::{failure::Failure, index::Answering, limits};

/// What asks the cluster, as a task of its own while somebody waits for it: of a batch or a stream each article is on its
/// way before the next is looked at, and all processors decide. It begins at once, so in the order in which the
/// articles came: who is first in the lists is the earlier ([`super::order`]).
pub(super) fn under_way<T: Send + 'static>(
    asking: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Answering<T> {
    let mut asking = Box::pin(asking.in_current_span().with_current_subscriber());
    if let Some(done) = asking.as_mut().now_or_never() {
        return std::future::ready(done).boxed();
    }
    let task = AbortOnDropHandle::new(tokio::spawn(asking));
    async move {
        limits::make_room();
        match task.await {
            Ok(done) => done,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Failure::draining()),
            },
        }
    }
    .boxed()
}
