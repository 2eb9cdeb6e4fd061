//! The collections that are shared, by name: a hash in the cluster, looked at again and again.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use basma_engine::Timestamp;
use basma_proto::DEFAULT_COLLECTION;
use basma_redis::{Ack, Address, Command, Error, Redis, cmd};
use dashmap::{DashMap, Entry};
use tokio::{sync::OnceCell, time::Instant};
use tokio_util::task::AbortOnDropHandle;
use tonic::Code;
use tracing::warn;

use super::{collection::Collection, entries, gone, keys, meter::Meter, reply, stamps::Stamps};
use crate::{
    auth::Access,
    failure::Failure,
    index::{Catalog, Index},
    metrics::Figures,
    registry::{now, or_default, page, validate_name},
    settings::Settings,
    store::{Snapshot, State},
};

/// So long a cluster may take to be there when a server starts, and between two attempts.
const START: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);

/// Between two exchanges of counts, and looks at what others have changed. More often it costs a master more: what is
/// counted are the words of articles, most of which are those of the ones before.
const PERIOD: Duration = Duration::from_secs(1);

/// So long it is known that a collection was deleted, for whoever has read before that it is there: longer than any call
/// of the cluster takes.
const DELETED: Duration = Duration::from_secs(60);

/// All collections of a cluster.
#[derive(Debug)]
pub(crate) struct Shared {
    address: Address,
    ack: Ack,
    most: usize,
    /// Once the cluster is reached.
    reached: OnceCell<Reached>,
    collections: DashMap<String, Collection>,
    /// By their numbers those that this server has deleted lately, and when.
    deleted: DashMap<u64, Instant>,
    ready: AtomicBool,
    meter: Meter,
    /// Keeps up with the other servers.
    watch: OnceCell<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Reached {
    redis: Arc<Redis>,
    stamps: Arc<Stamps>,
}

impl Shared {
    /// Those of the cluster at an address, at most `most`.
    pub(crate) fn new(address: Address, ack: Ack, most: usize) -> Self {
        Self {
            address,
            ack,
            most,
            reached: OnceCell::new(),
            collections: DashMap::new(),
            deleted: DashMap::new(),
            ready: AtomicBool::new(false),
            meter: Meter::default(),
            watch: OnceCell::new(),
        }
    }

    /// Reaches the cluster, or says why not, and whether it may be reached soon.
    async fn begin(self: &Arc<Self>) -> Result<(), (String, bool)> {
        let redis = match Redis::connect(&self.address, self.ack).await {
            Ok(redis) => redis,
            Err(error) => {
                let passes = matches!(error, Error::Unreachable(_) | Error::Unconfirmed(_));
                return Err((format!("{}: {error}", self.address), passes));
            }
        };
        let reached = self.reach(redis).await;
        reached.map_err(|failure| (failure.message().to_owned(), failure.retry().is_some()))
    }

    fn reached(&self) -> Result<&Reached, Failure> {
        match self.is_ready() {
            true => self.reached.get().ok_or_else(Failure::recovering),
            false => Err(Failure::recovering()),
        }
    }

    fn made(
        &self,
        reached: &Reached,
        (name, created, number): (&str, Timestamp, u64),
        settings: Settings,
    ) -> Collection {
        let (redis, stamps) = (Arc::clone(&reached.redis), Arc::clone(&reached.stamps));
        Collection::new((name, created, number), settings, redis, stamps)
    }

    /// Reads which collections there are.
    async fn look(&self, reached: &Reached) -> Result<(), Failure> {
        let known = self.collections.iter().map(|each| each.clone());
        let known: Vec<_> = known.map(|known| (known.changes(), known)).collect();
        let mut names = Vec::new();
        for reply in reached.redis.read(vec![entries::all()]).await? {
            let mut pairs = reply::several(reply)?.into_iter();
            while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
                let name = reply::text(name)?;
                let (number, state) = self.learn(reached, &name, &reply::bytes(value)?).await?;
                for (changes, known) in &known {
                    if known.number == number {
                        known.follow(*changes, state.settings);
                    }
                }
                names.push(name);
            }
        }
        // Not one that was made meanwhile.
        let gone = known.iter().map(|(_, known)| known);
        for gone in gone.filter(|known| !names.contains(&known.name)) {
            self.forget(&gone.name, gone.number);
        }
        Ok(())
    }

    /// Forgets a collection, and none of the same name that was made since.
    fn forget(&self, name: &str, number: u64) {
        self.collections
            .remove_if(name, |_, known| known.number == number);
    }

    /// Takes a collection as it is in the cluster, if it is not known.
    async fn learn(
        &self,
        reached: &Reached,
        name: &str,
        value: &[u8],
    ) -> Result<(u64, State), Failure> {
        let (number, state) = entries::decode(value)?;
        if !state.is_current() {
            let message = format!(
                "the fingerprints of the collection {name:?} are of another version: all servers of a \
                 cluster must be of one version, or the collection be filled anew"
            );
            return Err(Failure::new(
                Code::FailedPrecondition,
                "STORE_VERSION",
                message,
            ));
        }
        let known = self.collections.get(name).map(|known| known.number);
        if known != Some(number) {
            let made = self.made(reached, (name, state.created, number), state.settings);
            // What all have counted is known before the first question.
            made.exchange().await?;
            // Another request may have been faster: what that has counted is not to be lost.
            let known = self.collections.entry(name.to_owned());
            if !matches!(&known, Entry::Occupied(known) if known.get().number == number) {
                known.insert(made);
            }
            // What was read may be older than its deletion here, which must not be undone.
            if self.deleted.contains_key(&number) {
                self.forget(name, number);
            }
        }
        Ok((number, state))
    }

    /// The collection of a name, also one that another server has just made.
    async fn find(&self, reached: &Reached, name: &str) -> Result<Option<Collection>, Failure> {
        if let Some(found) = self.collections.get(name) {
            return Ok(Some(found.clone()));
        }
        for reply in reached.redis.read(vec![entries::of(name)]).await? {
            let value = reply::bytes(reply)?;
            if !value.is_empty() {
                self.learn(reached, name, &value).await?;
            }
        }
        Ok(self.collections.get(name).map(|found| found.clone()))
    }

    async fn make(
        &self,
        reached: &Reached,
        name: &str,
        settings: Settings,
    ) -> Result<Collection, Failure> {
        let made = self.made(reached, (name, now(), reached.stamps.next()), settings);
        let replies = reached.redis.write(vec![entries::create(&made)]).await?;
        for reply in replies {
            if reply::number(reply)? == 0 {
                return Err(Failure::collection_exists(name));
            }
        }
        self.collections.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    /// Makes a cluster that was reached ready to be asked.
    async fn reach(self: &Arc<Self>, redis: Arc<Redis>) -> Result<(), Failure> {
        let mut count = cmd("INCR");
        count.arg(keys::SERVERS);
        let replies = redis
            .write(vec![Command::new(keys::SERVERS.as_bytes(), count)])
            .await?;
        let number = replies.into_iter().next().map_or(Ok(0), reply::number)?;
        let reached = Reached {
            redis,
            stamps: Arc::new(Stamps::new(number.unsigned_abs())),
        };
        self.look(&reached).await?;
        if !self.collections.contains_key(DEFAULT_COLLECTION) {
            match self
                .make(&reached, DEFAULT_COLLECTION, Settings::default())
                .await
            {
                Ok(_) => {}
                // Another server was faster.
                Err(_) => self.look(&reached).await?,
            }
        }
        let _first = self.reached.set(reached);
        self.ready.store(true, Ordering::Release);
        let watch = tokio::spawn(watch(Arc::downgrade(self)));
        let _first = self.watch.set(AbortOnDropHandle::new(watch));
        Ok(())
    }

    /// Exchanges counts, and looks at what others have changed.
    async fn keep_up(&self) -> Result<(), Failure> {
        let reached = self.reached()?;
        self.look(reached).await?;
        gone::clear_due(&reached.redis).await?;
        self.deleted.retain(|_, at| at.elapsed() < DELETED);
        let bytes = self.meter.ask(&reached.redis).await?;
        self.collections
            .iter()
            .for_each(|each| each.counts.note_bytes(bytes));
        let all: Vec<_> = self.collections.iter().map(|each| each.clone()).collect();
        for collection in all {
            collection.exchange().await?;
        }
        self.meter.exchanged();
        Ok(())
    }
}

/// Keeps up until nobody has the catalog any more.
async fn watch(shared: std::sync::Weak<Shared>) {
    let mut failed = false;
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        match shared.keep_up().await {
            Ok(()) => failed = false,
            Err(failure) if !failed => {
                warn!(?failure, "cannot exchange counts with the cluster");
                failed = true;
            }
            Err(_) => {}
        }
    }
}

#[tonic::async_trait]
impl Catalog for Shared {
    async fn recover(self: Arc<Self>) -> Result<(), String> {
        let until = Instant::now() + START;
        let mut told = false;
        // A cluster that is being started itself is waited for.
        loop {
            match self.begin().await {
                Ok(()) => return Ok(()),
                Err((message, true)) if Instant::now() < until => {
                    if !std::mem::replace(&mut told, true) {
                        warn!(message, "waits for the cluster");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Err((message, _)) => return Err(message),
            }
        }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    async fn get(&self, access: &Access, name: &str) -> Result<Arc<dyn Index>, Failure> {
        let name = or_default(name);
        access.may(name)?;
        match self.find(self.reached()?, name).await? {
            Some(found) => Ok(Arc::new(found)),
            None => Err(Failure::collection_not_found(name)),
        }
    }

    async fn create(
        &self,
        access: &Access,
        name: &str,
        settings: Settings,
    ) -> Result<Arc<dyn Index>, Failure> {
        access.may(name)?;
        let reached = self.reached()?;
        validate_name(name)?;
        if self.collections.len() >= self.most {
            return Err(Failure::too_many_collections());
        }
        Ok(Arc::new(self.make(reached, name, settings).await?))
    }

    async fn delete(&self, access: &Access, name: &str) -> Result<(), Failure> {
        let name = or_default(name);
        access.may(name)?;
        let reached = self.reached()?;
        if name == DEFAULT_COLLECTION {
            return Err(Failure::collection_protected());
        }
        let Some(found) = self.find(reached, name).await? else {
            return Err(Failure::collection_not_found(name));
        };
        let was_there = gone::delete(&reached.redis, &found).await?;
        self.deleted.insert(found.number, Instant::now());
        self.forget(name, found.number);
        match was_there {
            true => Ok(()),
            false => Err(Failure::collection_not_found(name)),
        }
    }

    async fn list(
        &self,
        access: &Access,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<Arc<dyn Index>>, bool), Failure> {
        let rights = access.rights()?;
        self.look(self.reached()?).await?;
        Ok(page(self.all(), &rights, after, limit))
    }

    fn all(&self) -> Vec<Arc<dyn Index>> {
        let collections = self.collections.iter();
        collections
            .map(|each| Arc::new(each.clone()) as Arc<dyn Index>)
            .collect()
    }

    async fn snapshot(&self, access: &Access) -> Result<Snapshot, Failure> {
        access.may_everywhere()?;
        let message = "the index is in a cluster: take backups of that";
        Err(Failure::new(Code::FailedPrecondition, "NO_STORE", message))
    }

    fn register(&self, _metrics: &mut prometheus_client::registry::Registry) {}

    fn figures(&self, out: &mut Figures<'_>) -> fmt::Result {
        let mut reached = self.reached.get().into_iter();
        reached.try_for_each(|reached| self.meter.figures(&reached.redis, out))
    }

    fn stop(&self) {
        // What was counted and is not in the cluster yet.
        let all: Vec<_> = self.collections.iter().map(|each| each.clone()).collect();
        tokio::runtime::Handle::current().block_on(async {
            for collection in all {
                if collection.exchange().await.is_err() {
                    warn!(collection = collection.name, "its latest counts are lost");
                }
            }
        });
    }
}
