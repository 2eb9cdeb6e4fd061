//! Questions to the cluster, as they are begun.

use futures_util::FutureExt as _;
use tracing::{Instrument as _, instrument::WithSubscriber as _};

use crate::{failure::Failure, index::Answering, limits};

/// Begins at once: articles of a batch or a stream are on their way in the order in which they came, and who is first in
/// the lists is the earlier ([`super::order`]).
pub(super) fn under_way<T: Send + 'static>(
    asking: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Answering<T> {
    let mut asking = Box::pin(asking.in_current_span().with_current_subscriber());
    match asking.as_mut().now_or_never() {
        Some(done) => std::future::ready(done).boxed(),
        None => async move {
            limits::make_room();
            asking.await
        }
        .boxed(),
    }
}
