//! What a server sends to the cluster, taken down, and sent again by itself.

use std::{
    mem,
    sync::{Arc, Mutex},
};

use basma_redis::{CALLS, Command, Error, Redis, cmd};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    reload,
};

/// One round trip: the commands, each of its arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    writes: bool,
    commands: Vec<Vec<Vec<u8>>>,
}

/// The round trips of one submission.
pub(crate) type Submission = Vec<Call>;

impl Call {
    pub(crate) fn bytes(&self) -> usize {
        self.commands.iter().flatten().map(Vec::len).sum()
    }

    pub(crate) fn commands(&self) -> usize {
        self.commands.len()
    }

    /// Sends it again, to the collection `to` what was for `from`.
    async fn send(&self, redis: &Redis, from: &[u8], to: &[u8]) -> Result<(), Error> {
        let commands = self.commands.iter().map(|args| {
            let mut command = cmd(&String::from_utf8_lossy(&args[0]));
            // A script's keys follow its hash and their number.
            let key = if args[0] == b"EVALSHA" { 3 } else { 1 };
            let keys = key..args.len();
            let mut slot = Vec::new();
            for (place, arg) in args.iter().enumerate().skip(1) {
                let arg = match keys.contains(&place) && arg.starts_with(b"basma:") {
                    true => replaced(arg, from, to),
                    false => arg.clone(),
                };
                command.arg(&arg);
                if place == key {
                    slot = arg;
                }
            }
            Command::new(&slot, command)
        });
        match self.writes {
            true => redis.write(commands.collect()).await?,
            false => redis.read(commands.collect()).await?,
        };
        Ok(())
    }
}

/// Sends all calls of a submission, one after the other.
pub(crate) async fn replay(
    submission: &Submission,
    redis: &Redis,
    from: &[u8],
    to: &[u8],
) -> Result<(), Error> {
    for call in submission {
        call.send(redis, from, to).await?;
    }
    Ok(())
}

fn replaced(key: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let place = key.windows(from.len()).position(|some| some == from);
    let mut key = key.to_vec();
    if let Some(place) = place {
        key[place..place + to.len()].copy_from_slice(to);
    }
    key
}

/// The number of the collection that a submission went to, as its keys have it.
pub(crate) fn collection(submission: &Submission) -> Option<Vec<u8>> {
    let args = submission.iter().flat_map(|call| call.commands.iter());
    let key = args.flatten().find(|arg| arg.starts_with(b"basma:"))?;
    let digits = key.split(|byte| !byte.is_ascii_hexdigit());
    digits
        .filter(|digits| digits.len() == 16)
        .map(<[u8]>::to_vec)
        .next()
}

/// Takes down what is called while a request is answered. What a server does by itself is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Submission>>);

/// Ends the recording, which costs nothing afterwards.
pub(crate) struct End(Box<dyn Fn() + Send>);

impl Recorder {
    /// Records from now on what is called in this process.
    pub(crate) fn start() -> (Self, End) {
        let recorder = Self::default();
        let spans = Targets::new()
            .with_target("basma_server", Level::ERROR)
            .with_target(CALLS, Level::TRACE);
        let (filter, handle) = reload::Layer::new(spans);
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(recorder.clone());
        tracing::subscriber::set_global_default(subscriber).expect("nobody else records");
        let end = move || {
            let nothing = handle.modify(|filter| *filter = Targets::new());
            nothing.expect("the filter is there");
        };
        (recorder, End(Box::new(end)))
    }

    /// What was called since.
    pub(crate) fn take(&self) -> Submission {
        mem::take(&mut *self.0.lock().expect("nobody panics"))
    }
}

impl End {
    pub(crate) fn end(self) {
        (self.0)();
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != CALLS || context.event_span(event).is_none() {
            return;
        }
        let mut call = Call::default();
        event.record(&mut call);
        self.0.lock().expect("nobody panics").push(call);
    }
}

impl Visit for Call {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "writes" {
            self.writes = value;
        }
    }

    fn record_bytes(&mut self, _: &Field, sent: &[u8]) {
        self.commands = commands(sent).expect("what is sent is well-formed");
    }
}

/// Reads `*2 $3 GET $1 k`, as often as it stands there.
fn commands(mut sent: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
    let mut commands = Vec::new();
    while !sent.is_empty() {
        let count = number(&mut sent, b'*')?;
        let mut args = Vec::with_capacity(count);
        for _ in 0..count {
            let length = number(&mut sent, b'$')?;
            args.push(sent.get(..length)?.to_vec());
            sent = sent.get(length + 2..)?;
        }
        commands.push(args);
    }
    Some(commands)
}

fn number(sent: &mut &[u8], mark: u8) -> Option<usize> {
    let rest = sent.strip_prefix(&[mark])?;
    let end = rest.iter().position(|byte| *byte == b'\r')?;
    let number = std::str::from_utf8(&rest[..end]).ok()?.parse().ok();
    *sent = rest.get(end + 2..)?;
    number
}
