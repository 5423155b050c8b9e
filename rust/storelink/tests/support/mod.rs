//! What the tests share: a store through both directions, and stores that misbehave.
#![allow(dead_code, reason = "each test file uses its part of it")]

pub mod consumer;

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use storelink::{StorelinkStore, export};
use tokio::runtime::{Builder, Runtime};

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap()
});

pub fn wait<F: Future>(future: F) -> F::Output {
    storelink::block_on(future, || false).expect("never interrupted")
}

/// A store, exported and imported again.
pub fn chained(store: impl ObjectStore) -> StorelinkStore {
    let exported = export(Arc::new(store), RUNTIME.handle().clone());
    // SAFETY: it came from export(), with one reference, which is given back.
    unsafe {
        let imported = StorelinkStore::from_raw(exported).unwrap();
        ((*exported).release)(exported);
        imported
    }
}

pub fn until(condition: impl Fn() -> bool) {
    for _ in 0..2000 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen within 10 s");
}

/// What has happened in a `TestStore`.
#[derive(Debug, Default)]
pub struct Seen {
    pub waiting: AtomicUsize,
    pub abandoned: AtomicUsize,
    pub pieces: AtomicUsize,
    pub parts: AtomicUsize,
    pub aborted: AtomicBool,
    pub dropped: AtomicBool,
    pub gate: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Behaviour {
    #[default]
    Good,
    /// Every verb waits for ever.
    Stuck,
    /// Every verb panics.
    Panics,
    /// Every verb sleeps and spawns, as tokio has it.
    NeedsRuntime,
    /// Bodies come in pieces of this size.
    Pieces(usize),
    /// As above, and fail after the second.
    BreaksAfterTwo(usize),
    /// As above, and end after the second.
    EndsAfterTwo(usize),
    /// Bodies come in pieces of this size, and wait for ever behind the first.
    SticksAfterOne(usize),
    /// The second part of an upload fails.
    PartFails,
    /// Listings come backwards, and fail behind this many objects.
    ListsBackwards(usize),
    /// Listings wait behind this many objects until the gate is open.
    ListWaits(usize),
}

/// An `InMemory` with bad manners.
#[derive(Debug, Default)]
pub struct TestStore {
    pub inner: InMemory,
    pub behaviour: Behaviour,
    pub seen: Arc<Seen>,
}

impl TestStore {
    pub fn new(behaviour: Behaviour) -> Self {
        let mut store = Self::default();
        store.behaviour = behaviour;
        store
    }

    async fn behave(&self) {
        match self.behaviour {
            Behaviour::Stuck => {
                let _abandoned = Abandoned(Arc::clone(&self.seen));
                self.seen.waiting.fetch_add(1, SeqCst);
                std::future::pending().await
            }
            Behaviour::Panics => panic!("as asked"),
            Behaviour::NeedsRuntime => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                tokio::spawn(std::future::ready(())).await.unwrap();
            }
            _ => {}
        }
    }
}

struct Abandoned(Arc<Seen>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.abandoned.fetch_add(1, SeqCst);
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        self.seen.dropped.store(true, SeqCst);
    }
}

impl fmt::Display for TestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestStore")
    }
}

pub fn failure() -> Error {
    Error::Generic {
        store: "TestStore",
        source: "as asked".into(),
    }
}

#[async_trait]
impl ObjectStore for TestStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.behave().await;
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.behave().await;
        let inner = self.inner.put_multipart_opts(location, opts).await?;
        let (seen, behaviour) = (Arc::clone(&self.seen), self.behaviour);
        Ok(Box::new(TestUpload { inner, seen, behaviour }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.behave().await;
        let result = self.inner.get_opts(location, options).await?;
        let (size, end) = match self.behaviour {
            Behaviour::Pieces(size) | Behaviour::SticksAfterOne(size) => (size, None),
            Behaviour::BreaksAfterTwo(size) => (size, Some(Err(failure()))),
            Behaviour::EndsAfterTwo(size) => (size, Some(Ok(()))),
            _ => return Ok(result),
        };
        let (meta, range, attributes) = (result.meta.clone(), result.range.clone(), result.attributes.clone());
        let body = result.bytes().await?;
        let slice = move |start: usize| body.slice(start..body.len().min(start + size));
        let whole = stream::iter((range.start as usize..range.end as usize).step_by(size)).map(slice);
        let seen = Arc::clone(&self.seen);
        let counted = whole.map(move |piece: Bytes| {
            seen.pieces.fetch_add(1, SeqCst);
            Ok(piece)
        });
        let payload = match end {
            None if matches!(self.behaviour, Behaviour::SticksAfterOne(_)) => {
                let seen = Arc::clone(&self.seen);
                let stuck = stream::once(async move {
                    let _abandoned = Abandoned(Arc::clone(&seen));
                    seen.waiting.fetch_add(1, SeqCst);
                    std::future::pending().await
                });
                counted.take(1).chain(stuck).boxed()
            }
            None => counted.boxed(),
            Some(Ok(())) => counted.take(2).boxed(),
            Some(Err(error)) => counted
                .take(2)
                .chain(stream::once(std::future::ready(Err(error))))
                .boxed(),
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(payload),
            meta,
            range,
            attributes,
            extensions: Default::default(),
        })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.behave().await;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.behaviour {
            Behaviour::Stuck => stream::pending().boxed(),
            Behaviour::Panics => panic!("as asked"),
            _ => self.inner.delete_stream(locations),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.behaviour {
            Behaviour::Stuck => stream::pending().boxed(),
            Behaviour::Panics => panic!("as asked"),
            Behaviour::ListsBackwards(good) => {
                let mut all: Vec<_> = wait(self.inner.list(prefix).collect());
                all.reverse();
                let failure = stream::once(std::future::ready(Err(failure())));
                stream::iter(all).take(good).chain(failure).boxed()
            }
            Behaviour::ListWaits(good) => {
                let all: Vec<_> = wait(self.inner.list(prefix).collect());
                let (seen, mut place) = (Arc::clone(&self.seen), 0);
                let mut all = all.into_iter();
                stream::poll_fn(move |_| {
                    if place == good && !seen.gate.load(SeqCst) {
                        seen.waiting.fetch_add(1, SeqCst);
                        return Poll::Pending;
                    }
                    place += 1;
                    Poll::Ready(all.next())
                })
                .boxed()
            }
            _ => self.inner.list(prefix),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.behave().await;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.behave().await;
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct TestUpload {
    inner: Box<dyn MultipartUpload>,
    seen: Arc<Seen>,
    behaviour: Behaviour,
}

#[async_trait]
impl MultipartUpload for TestUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let number = self.seen.parts.fetch_add(1, SeqCst);
        let inner = self.inner.put_part(data);
        if self.behaviour == Behaviour::PartFails && number == 1 {
            return Box::pin(std::future::ready(Err(failure())));
        }
        inner
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.seen.aborted.store(true, SeqCst);
        self.inner.abort().await
    }
}
