//! What must hold of any request, for the fuzz targets in `fuzz/`. See [`crate::fuzz`].

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use basma_proto::v1::{
    collection_service_server::CollectionService as _, dedup_service_server::DedupService as _,
};
use prost::Message;
use tonic::{Code, Request, Response, Status};

use super::Service;
use crate::{auth::Access, config::Config, limits::Limits, registry::Registry};

/// Of the bytes after the first one, which chooses the RPC: a message is answered, or refused with a reason;
/// nothing waits.
pub(crate) fn request(bytes: &[u8]) {
    let Some((rpc, bytes)) = bytes.split_first() else {
        return;
    };
    let registry = Arc::new(Registry::new(3, None));
    registry.read().expect("there is nothing to recover");
    let ceilings = Config::default().ceilings;
    let limits = Limits::new(ceilings.clone());
    let service = Service::new(registry, limits, &ceilings, Default::default());
    macro_rules! ask {
        ($($rpc:literal => $method:ident),*) => {
            match rpc {
                // Twice: the second one meets what the first one left.
                $($rpc => for _ in 0..2 {
                    let Some(message) = decoded(bytes) else { return };
                    let mut request = Request::new(message);
                    request.extensions_mut().insert(Access::everything());
                    accept(at_once(service.$method(request)));
                })*
                _ => {}
            }
        };
    }
    ask! {
        0 => submit, 1 => check, 2 => batch_submit, 3 => batch_check, 4 => find_duplicates, 5 => compare,
        6 => fingerprint, 7 => create_collection, 8 => update_collection, 9 => list_collections
    }
}

/// Whether a task has asked to be polled again.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What comes of work that may let others come first, as a batch does that takes its time, but waits for nothing.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        let again = woken.0.swap(false, Ordering::Relaxed);
        assert!(again, "there is nothing to wait for");
    }
}

fn decoded<M: Message + Default>(bytes: &[u8]) -> Option<M> {
    M::decode(bytes).ok()
}

fn accept<A: Message>(answer: Result<Response<A>, Status>) {
    match answer {
        Ok(answer) => drop(answer.into_inner().encode_to_vec()),
        Err(status) => assert!(
            !matches!(
                status.code(),
                Code::Internal | Code::Unknown | Code::DataLoss
            ),
            "{status}"
        ),
    }
}
