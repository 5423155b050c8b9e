//! Cancelling, dropping, panics, many at once, and a runtime that ends: through the C ABI and back.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use storelink::{Error, ErrorKind, StorelinkStore, export};
use support::{Behaviour, RUNTIME, Seen, TestStore, chained, until, wait};

type Named<'a> = (&'static str, BoxFuture<'a, object_store::Result<()>>);

/// One future of each verb.
fn every_verb(store: &StorelinkStore) -> Vec<Named<'_>> {
    fn path(key: &str) -> Path {
        Path::from(key)
    }
    vec![
        ("get", async { store.get(&path("key")).await.map(drop) }.boxed()),
        (
            "get_ranges",
            async { store.get_ranges(&path("key"), &[0..1, 2..3]).await.map(drop) }.boxed(),
        ),
        (
            "put",
            async { store.put(&path("key"), "x".into()).await.map(drop) }.boxed(),
        ),
        (
            "put_multipart",
            async { store.put_multipart(&path("key")).await.map(drop) }.boxed(),
        ),
        ("delete", async { store.delete(&path("key")).await }.boxed()),
        (
            "delete_stream",
            store
                .delete_stream(stream::iter(["a", "b"]).map(|key| Ok(path(key))).boxed())
                .map_ok(drop)
                .try_collect()
                .boxed(),
        ),
        ("list", store.list(None).map_ok(drop).try_collect().boxed()),
        (
            "list_with_delimiter",
            async { store.list_with_delimiter(None).await.map(drop) }.boxed(),
        ),
        ("copy", async { store.copy(&path("key"), &path("to")).await }.boxed()),
        (
            "rename",
            async { store.rename(&path("key"), &path("to")).await }.boxed(),
        ),
    ]
}

fn poll_once(future: &mut BoxFuture<'_, object_store::Result<()>>) -> Poll<object_store::Result<()>> {
    future.poll_unpin(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn nothing_happens_before_the_first_poll() {
    let test_store = TestStore::new(Behaviour::Panics);
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    drop(every_verb(&store));
    drop(store);
    until(|| seen.dropped.load(SeqCst));
}

#[test]
fn a_dropped_future_cancels_its_operation() {
    let test_store = TestStore::new(Behaviour::Stuck);
    let seen: Arc<Seen> = test_store.seen.clone();
    let store = chained(test_store);
    let mut futures = every_verb(&store);
    for (name, future) in &mut futures {
        assert!(poll_once(future).is_pending(), "{name}");
    }
    // All but deletes and list, which wait in streams.
    until(|| seen.waiting.load(SeqCst) == 7);
    assert_eq!(seen.abandoned.load(SeqCst), 0);
    drop(futures);
    until(|| seen.abandoned.load(SeqCst) == 7);
    drop(store);
    until(|| seen.dropped.load(SeqCst)); // streams as well
}

#[test]
fn a_store_may_be_released_while_its_operations_run() {
    let test_store = TestStore::new(Behaviour::Stuck);
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    let path = Path::from("key");
    let get = {
        let store = store.clone();
        async move { store.get(&path).await.map(drop) }
    };
    let mut get = get.boxed();
    assert!(poll_once(&mut get).is_pending());
    drop(store);
    until(|| seen.waiting.load(SeqCst) == 1);
    assert!(!seen.dropped.load(SeqCst));
    drop(get);
    until(|| seen.dropped.load(SeqCst));
}

#[test]
fn a_panic_is_an_error_of_its_own_kind() {
    let store = chained(TestStore::new(Behaviour::Panics));
    for (name, future) in every_verb(&store) {
        let error = Error::from(wait(future).expect_err(name));
        assert_eq!(error.kind(), ErrorKind::Join, "{name}");
        assert!(error.message().contains("as asked"), "{name}: {error}");
        assert_eq!(error.store(), "TestStore", "{name}");
    }
}

#[test]
fn a_payload_lives_until_its_operation_has_ended() {
    struct Watched(Arc<AtomicBool>);
    impl AsRef<[u8]> for Watched {
        fn as_ref(&self) -> &[u8] {
            b"watched"
        }
    }
    impl Drop for Watched {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let test_store = TestStore::new(Behaviour::Stuck);
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    let gone = Arc::new(AtomicBool::new(false));
    let payload = PutPayload::from_bytes(Bytes::from_owner(Watched(gone.clone())));
    let path = Path::from("key");
    let mut put = store.put(&path, payload).map(|result| result.map(drop)).boxed();
    assert!(poll_once(&mut put).is_pending());
    until(|| seen.waiting.load(SeqCst) == 1);
    assert!(!gone.load(SeqCst));
    drop(put);
    until(|| gone.load(SeqCst));
}

#[test]
fn a_stream_that_is_dropped_while_it_waits_ends_its_transfer() {
    let test_store = TestStore::new(Behaviour::SticksAfterOne(10));
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    let path = Path::from("key");
    wait(store.put(&path, vec![0; 100].into())).unwrap();
    let mut pieces = wait(store.get(&path)).unwrap().into_stream();
    wait(pieces.next()).unwrap().unwrap();
    let mut next = pieces.next().map(|_| Ok(())).boxed();
    assert!(poll_once(&mut next).is_pending());
    drop(next);
    until(|| seen.waiting.load(SeqCst) == 1);
    assert_eq!(seen.abandoned.load(SeqCst), 0);
    drop(pieces);
    until(|| seen.abandoned.load(SeqCst) == 1);
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    #[derive(Default)]
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let store = chained(TestStore::new(Behaviour::Stuck));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let stuck = export(Arc::new(TestStore::new(Behaviour::Stuck)), runtime.handle().clone());
    // SAFETY: it came from export(), with one reference, which is given back.
    let waiting = unsafe {
        let waiting = StorelinkStore::from_raw(stuck).unwrap();
        ((*stuck).release)(stuck);
        waiting
    };
    let path = Path::from("key");
    let mut get = waiting.head(&path).map(|result| result.map(drop)).boxed();
    let (first, last) = (Arc::new(Count::default()), Arc::new(Count::default()));
    for count in [&first, &last] {
        assert!(
            get.poll_unpin(&mut Context::from_waker(&Waker::from(count.clone())))
                .is_pending()
        );
    }
    drop(runtime); // ends the operation
    until(|| last.0.load(SeqCst) == 1);
    assert_eq!(first.0.load(SeqCst), 0);
    drop((get, store));
}

#[test]
fn a_runtime_that_ends_cancels_what_runs_on_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let test_store = TestStore::new(Behaviour::Stuck);
    let seen = test_store.seen.clone();
    let exported = export(Arc::new(test_store), runtime.handle().clone());
    // SAFETY: it came from export(), with one reference, which is given back.
    let store = unsafe {
        let store = StorelinkStore::from_raw(exported).unwrap();
        ((*exported).release)(exported);
        store
    };
    let ending = std::thread::spawn(move || {
        until(|| seen.waiting.load(SeqCst) == 1);
        drop(runtime);
    });
    let cancelled = |error| Error::from(error).kind() == ErrorKind::Cancelled;
    assert!(cancelled(wait(store.head(&Path::from("key"))).unwrap_err()));
    ending.join().unwrap();
    assert!(cancelled(wait(store.head(&Path::from("key"))).unwrap_err()));
}

#[test]
fn many_operations_at_once() {
    let store = chained(InMemory::new());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let store = store.clone();
            std::thread::spawn(move || {
                let round = async |i: usize| {
                    let path = Path::from(format!("{thread}/{i}"));
                    store.put(&path, path.to_string().into()).await?;
                    let body = store.get(&path).await?.bytes().await?;
                    assert_eq!(body, path.as_ref());
                    if i % 3 == 0 {
                        store.delete(&path).await?;
                    }
                    Ok::<_, object_store::Error>(())
                };
                wait(join_all((0..300).map(round))).into_iter().for_each(Result::unwrap);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(wait(store.list(None).count()), 8 * 200);
}

#[test]
fn cancelling_races_with_the_end() {
    let store = chained(InMemory::new());
    let path = Path::from("key");
    wait(store.put(&path, vec![1; 1000].into())).unwrap();
    for i in 0..2000u64 {
        let mut get = async { store.get(&path).await?.bytes().await.map(drop) }.boxed();
        let first = poll_once(&mut get);
        if i % 2 == 0 && first.is_pending() {
            std::thread::sleep(Duration::from_micros(i % 50));
        }
        drop(get);
    }
    // All callbacks come: only this store is left to use what was shared.
    assert_eq!(wait(store.head(&path)).unwrap().size, 1000);
}

#[test]
fn futures_run_on_any_executor() {
    let store = chained(InMemory::new());
    let path = Path::from("key");
    let task = RUNTIME.spawn(async move {
        store.put(&path, "x".into()).await?;
        tokio::task::yield_now().await;
        store.head(&path).await
    });
    assert_eq!(wait(task).unwrap().unwrap().size, 1);
}

#[test]
fn an_upload_that_is_dropped_is_aborted() {
    let test_store = TestStore::default();
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    let path = Path::from("key");
    let mut upload = wait(store.put_multipart(&path)).unwrap();
    wait(upload.put_part("part".into())).unwrap();
    drop(upload);
    until(|| seen.aborted.load(SeqCst));

    let test_store = TestStore::default();
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    let mut upload = wait(store.put_multipart(&path)).unwrap();
    wait(upload.put_part("part".into())).unwrap();
    wait(upload.complete()).unwrap();
    drop(upload);
    drop(store);
    until(|| seen.dropped.load(SeqCst));
    assert!(!seen.aborted.load(SeqCst));
}

#[test]
fn an_upload_with_a_failed_part_cannot_be_completed() {
    let store = chained(TestStore::new(Behaviour::PartFails));
    let path = Path::from("key");
    let mut upload = wait(store.put_multipart(&path)).unwrap();
    wait(upload.put_part("one".into())).unwrap();
    assert!(wait(upload.put_part("two".into())).is_err());
    wait(upload.put_part("three".into())).unwrap();
    let error = wait(upload.complete()).unwrap_err().to_string();
    assert!(error.contains("as asked"), "{error}");
    assert!(wait(store.head(&path)).is_err());
}
