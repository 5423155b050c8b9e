//! What export() gives, used as C code would: the contract of `storelink/abi.h`.

mod support;

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use object_store::ObjectStoreExt;
use object_store::path::Path;
use storelink::abi::*;
use storelink::export;
use support::consumer::*;
use support::{Behaviour, RUNTIME, Seen, TestStore, until, wait};

fn stuck() -> (Exported, Arc<Seen>) {
    let store = TestStore::new(Behaviour::Stuck);
    let seen = store.seen.clone();
    (Exported::new(store), seen)
}

#[test]
fn an_operation_that_was_never_run_has_no_callback() {
    let store = Exported::filled(&["key"]);
    let slot = Slot::default();
    let operation = begin_get(&store, &get_request("key"), slot.user());
    // SAFETY: alive, and released once.
    unsafe { ((*operation).release)(operation) };
    drop(store);
    assert_eq!(slot.calls(), 0);
}

#[test]
fn what_is_cancelled_before_it_runs_ends_as_cancelled() {
    let store = Exported::filled(&["key"]);
    let slot = Slot::default();
    let operation = begin_get(&store, &get_request("key"), slot.user());
    // SAFETY: alive, and released once.
    unsafe {
        ((*operation).cancel)(operation);
        ((*operation).start)(operation);
        until(|| slot.calls() == 1);
        assert_eq!(slot.kind(), SL_CANCELLED);
        ((*operation).cancel)(operation);
        ((*operation).release)(operation);
    }
    assert_eq!(slot.calls(), 1);
}

#[test]
fn a_running_operation_goes_on_when_it_is_released() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let store = TestStore::new(Behaviour::Stuck);
    let seen = store.seen.clone();
    let store = Exported(export(Arc::new(store), runtime.handle().clone()));
    let slot = Slot::default();
    let operation = begin_get(&store, &get_request("key"), slot.user());
    // SAFETY: alive, and released once.
    unsafe {
        ((*operation).start)(operation);
        ((*operation).release)(operation);
    }
    until(|| seen.waiting.load(SeqCst) == 1);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!((slot.calls(), seen.abandoned.load(SeqCst)), (0, 0));
    drop(runtime);
    assert_eq!((slot.calls(), slot.kind()), (1, SL_CANCELLED));
}

#[test]
fn drive_asks_for_interrupts() {
    unsafe extern "C" fn third_time(user: *mut c_void) -> i32 {
        // SAFETY: the counter below.
        let asked = unsafe { &*user.cast::<AtomicU32>() };
        i32::from(asked.fetch_add(1, SeqCst) == 2)
    }
    let (store, seen) = stuck();
    let slot = Slot::default();
    let asked = AtomicU32::new(0);
    let operation = begin_get(&store, &get_request("key"), slot.user());
    let begin = Instant::now();
    // SAFETY: alive, and released once.
    unsafe {
        ((*operation).drive)(operation, Some(third_time), ptr::from_ref(&asked).cast_mut().cast());
        ((*operation).release)(operation);
    }
    assert_eq!((slot.calls(), slot.kind(), asked.load(SeqCst)), (1, SL_CANCELLED, 3));
    assert!(
        (100..1000).contains(&begin.elapsed().as_millis()),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(seen.abandoned.load(SeqCst), 1);
}

#[test]
fn drive_works_inside_a_runtime() {
    let store = Exported::filled(&["key"]);
    RUNTIME.block_on(async { assert_eq!(get(&store, &get_request("key")).body, b"key") });
    let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
    current.block_on(async { assert_eq!(get(&store, &get_request("key")).body, b"key") });
}

#[test]
fn drive_gives_the_store_its_runtime() {
    let store = TestStore::new(Behaviour::NeedsRuntime);
    wait(store.inner.put(&Path::from("key"), "value".into())).unwrap();
    assert_eq!(get(&Exported::new(store), &get_request("key")).body, b"value");
}

#[test]
fn a_buffer_is_filled_or_found_too_small() {
    let store = TestStore::new(Behaviour::Pieces(3));
    wait(store.put(&Path::from("key"), "0123456789".into())).unwrap();
    let store = Exported::new(store);
    let mut buffer = [b'-'; 12];
    let mut request = get_request("key");
    request.sink = SL_SINK_INTO;
    request.buffer = buffer.as_mut_ptr();
    request.buffer_size = buffer.len();
    assert_eq!(get(&store, &request).kind, 0);
    assert_eq!(&buffer, b"0123456789--");

    request.buffer_size = 9;
    let outcome = get(&store, &request);
    assert_eq!(outcome.kind, SL_GENERIC);
    assert!(
        outcome.message.contains("holds 9 bytes, the range has 10"),
        "{}",
        outcome.message
    );
}

#[test]
fn a_buffer_is_not_written_after_the_callback() {
    let store = TestStore::new(Behaviour::SticksAfterOne(3));
    let seen = store.seen.clone();
    wait(store.put(&Path::from("key"), "0123456789".into())).unwrap();
    let store = Exported::new(store);
    let mut buffer = vec![b'-'; 10];
    let mut request = get_request("key");
    request.sink = SL_SINK_INTO;
    request.buffer = buffer.as_mut_ptr();
    request.buffer_size = buffer.len();
    let slot = Slot::default();
    let operation = begin_get(&store, &request, slot.user());
    // SAFETY: alive, and released once.
    unsafe {
        ((*operation).start)(operation);
        until(|| seen.waiting.load(SeqCst) == 1);
        ((*operation).cancel)(operation);
        until(|| slot.calls() == 1);
        ((*operation).release)(operation);
    }
    // The work was gone before the callback came.
    assert_eq!((slot.kind(), seen.abandoned.load(SeqCst)), (SL_CANCELLED, 1));
    assert_eq!(buffer, b"012-------");
}

#[test]
fn what_object_store_cannot_name_is_an_invalid_path() {
    let store = Exported::filled(&["a/b"]);
    for key in ["a//b", "/a/b", "a/b/", "a/./b"] {
        let outcome = get(&store, &get_request(key));
        assert_eq!(outcome.kind, SL_INVALID_PATH, "{key}: {}", outcome.message);
    }
    let mut request = get_request("");
    request.path = sl_string {
        data: b"a\xff".as_ptr().cast(),
        size: 2,
    };
    assert_eq!(get(&store, &request).kind, SL_INVALID_PATH);
}

#[test]
fn what_is_not_known_is_not_supported() {
    let store = Exported::filled(&["key"]);
    let mut request = get_request("key");
    request.sink = 9;
    assert_eq!(get(&store, &request).kind, SL_NOT_SUPPORTED);
    request.sink = SL_SINK_COLLECT;
    request.range_kind = 9;
    assert_eq!(get(&store, &request).kind, SL_NOT_SUPPORTED);
    assert_eq!(put(&store, "new", 9, &[]).kind, SL_NOT_SUPPORTED);
    let unknown = [sl_pair {
        name: text("x-unknown"),
        value: text("1"),
    }];
    let outcome = put(&store, "new", SL_PUT_OVERWRITE, &unknown);
    assert_eq!(outcome.kind, SL_NOT_SUPPORTED);
    assert!(outcome.message.contains("x-unknown"));
    assert_eq!(get(&store, &get_request("new")).kind, SL_NOT_FOUND);
}

/// Puts "body", and checks that it is released once.
fn put(store: &Exported, path: &str, mode: i32, attributes: &[sl_pair]) -> Outcome {
    unsafe extern "C" fn count(owner: *mut c_void) {
        // SAFETY: the counter below, which outlives the store or is leaked.
        unsafe { &*owner.cast::<AtomicU32>() }.fetch_add(1, SeqCst);
    }
    let released: &AtomicU32 = Box::leak(Box::new(AtomicU32::new(0)));
    let request = sl_put_request {
        struct_size: size_of::<sl_put_request>() as u32,
        mode,
        path: text(path),
        body: sl_bytes {
            data: b"body".as_ptr(),
            size: 4,
            owner: ptr::from_ref(released).cast_mut().cast(),
            release: Some(count),
        },
        e_tag: NOTHING,
        version: NOTHING,
        attributes: attributes.as_ptr(),
        attribute_count: attributes.len(),
        metadata: ptr::null(),
        metadata_count: 0,
        tags: ptr::null(),
        tag_count: 0,
        headers: ptr::null(),
        header_count: 0,
    };
    // SAFETY: all alive.
    let outcome = drive(|user| unsafe { store.table().put.unwrap()(store.0, &request, on_put, user) });
    assert_eq!(
        released.load(SeqCst),
        u32::from(outcome.kind != 0),
        "kept by the store, or released"
    );
    outcome
}

#[test]
fn a_body_is_kept_or_released() {
    let store = Exported::filled(&[]);
    assert_eq!(put(&store, "key", SL_PUT_CREATE, &[]).kind, 0);
    assert_eq!(put(&store, "key", SL_PUT_CREATE, &[]).kind, SL_ALREADY_EXISTS);
    assert_eq!(put(&store, "a//b", SL_PUT_CREATE, &[]).kind, SL_INVALID_PATH);
    assert_eq!(get(&store, &get_request("key")).body, b"body");
}

fn list(store: &Exported, change: impl FnOnce(&mut sl_list_request)) -> Outcome {
    let mut request = list_request();
    change(&mut request);
    drive(|user| begin_list(store, &request, user))
}

#[test]
fn pages_have_at_most_the_keys_that_were_asked_for() {
    let store = Exported::filled(&["a", "b", "c", "d"]);
    let first = list(&store, |request| request.max_keys = 3);
    assert_eq!(first.keys, ["a", "b", "c"]);
    let token = first.token;
    let last = list(&store, |request| {
        request.max_keys = 3;
        request.page_token = text(&token);
    });
    assert_eq!((last.keys, last.token.as_str()), (vec!["d".into()], ""));
    // No empty last page.
    assert_eq!(list(&store, |request| request.max_keys = 4).token, "");
}

#[test]
fn the_newest_page_may_be_asked_for_again() {
    let store = Exported::filled(&["a", "b", "c", "d", "e"]);
    let page = |token: &str| {
        list(&store, |request| {
            request.max_keys = 2;
            request.page_token = text(token);
        })
    };
    let second = page("").token;
    let third = page(&second).token;
    for _ in 0..3 {
        let again = page(&second);
        assert_eq!((again.keys, &again.token), (vec!["c".into(), "d".into()], &third));
    }
    for _ in 0..3 {
        assert_eq!(page(&third).keys, ["e"]);
    }
    let older = page(&second);
    assert_eq!(older.kind, SL_GENERIC);
    assert!(older.message.contains("list again"), "{}", older.message);
}

#[test]
fn a_page_whose_reading_was_cancelled_misses_nothing() {
    let store = TestStore::new(Behaviour::ListWaits(3));
    let seen = store.seen.clone();
    for key in ["a", "b", "c", "d"] {
        wait(store.put(&Path::from(key), "".into())).unwrap();
    }
    let store = Exported::new(store);
    let token = list(&store, |request| request.max_keys = 2).token;
    let slot = Slot::default();
    let request = sl_list_request {
        page_token: text(&token),
        ..list_request()
    };
    let operation = begin_list(&store, &request, slot.user());
    // SAFETY: alive, and released once.
    unsafe {
        ((*operation).start)(operation);
        ((*operation).cancel)(operation);
        until(|| slot.calls() == 1);
        ((*operation).release)(operation);
    }
    assert_eq!(slot.kind(), SL_CANCELLED);
    assert!(seen.waiting.load(SeqCst) > 0);
    seen.gate.store(true, SeqCst);
    assert_eq!(
        list(&store, |request| request.page_token = text(&token)).keys,
        ["c", "d"]
    );
}

#[test]
fn below_what_no_key_can_have_there_is_nothing() {
    let store = Exported::filled(&["a/b"]);
    for (prefix, raw_prefix) in [("/", 0), ("a//", 0), ("..", 0), ("/", 1), ("a//", 1), ("a//b", 1)] {
        for delimiter in [0, 1] {
            let found = list(&store, |request| {
                request.prefix = text(prefix);
                request.raw_prefix = raw_prefix;
                request.delimiter = delimiter;
            });
            assert_eq!(
                (found.kind, found.keys.len(), found.prefixes.len()),
                (0, 0, 0),
                "{prefix}"
            );
        }
    }
    assert_eq!(list(&store, |request| request.prefix = text("a/")).keys, ["a/b"]);
}

#[test]
fn the_oldest_of_many_unfinished_listings_is_forgotten() {
    let store = Exported::filled(&["a", "b"]);
    let tokens: Vec<_> = (0..65)
        .map(|_| list(&store, |request| request.max_keys = 1).token)
        .collect();
    assert_eq!(
        list(&store, |request| request.page_token = text(&tokens[0])).kind,
        SL_GENERIC
    );
    for token in &tokens[1..] {
        assert_eq!(list(&store, |request| request.page_token = text(token)).keys, ["b"]);
    }
}

#[test]
fn raw_prefixes_and_offsets() {
    let store = Exported::filled(&["foo", "foo/bar", "foo/baz", "foobar", "g"]);
    let raw = |prefix: &str, delimiter| {
        let found = list(&store, |request| {
            request.raw_prefix = 1;
            request.prefix = text(prefix);
            request.delimiter = delimiter;
        });
        (found.keys.join(" "), found.prefixes.join(" "))
    };
    let is = |keys: &str, prefixes: &str| (keys.to_string(), prefixes.to_string());
    let mut all: Vec<String> = raw("foo", 0).0.split(' ').map(String::from).collect();
    all.sort();
    assert_eq!(all, ["foo", "foo/bar", "foo/baz", "foobar"]);
    assert_eq!(raw("foo/ba", 0), is("foo/bar foo/baz", ""));
    assert_eq!(raw("foo/", 0), is("foo/bar foo/baz", ""));
    assert_eq!(raw("fo", 1), is("foo foobar", "foo"));
    assert_eq!(raw("foo/bar", 1), is("foo/bar", ""));

    let after = |offset: &str, delimiter| {
        let found = list(&store, |request| {
            request.offset = text(offset);
            request.delimiter = delimiter;
        });
        (found.keys.join(" "), found.prefixes.join(" "))
    };
    assert_eq!(after("foo/bar", 0), is("foo/baz foobar g", ""));
    assert_eq!(after("foo//", 0), is("foo/bar foo/baz foobar g", "")); // not a path
    assert_eq!(after("foo/bar", 1), is("foobar g", "foo"));
    assert_eq!(after("foo0", 1), is("foobar g", ""));
}

#[test]
fn directories_have_pages_as_well() {
    let store = Exported::filled(&["a", "b/1", "c", "d/1", "e"]);
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let page = list(&store, |request| {
            request.delimiter = 1;
            request.max_keys = 2;
            request.page_token = text(&token);
        });
        assert!(page.keys.len() + page.prefixes.len() <= 2);
        names.extend(page.keys);
        names.extend(page.prefixes);
        token = page.token;
        if token.is_empty() {
            break;
        }
    }
    names.sort();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
}

#[test]
fn deleting_many_tells_about_each() {
    let store = Exported::filled(&["a", "b"]);
    let paths = ["a", "x//y", "b", "missing", "a"].map(text);
    let request = sl_remove_many_request {
        struct_size: size_of::<sl_remove_many_request>() as u32,
        reserved: 0,
        paths: paths.as_ptr(),
        path_count: paths.len(),
    };
    // SAFETY: all alive.
    let outcome = drive(|user| unsafe { store.table().remove_many.unwrap()(store.0, &request, on_removed, user) });
    assert_eq!(outcome.failures, [0, SL_INVALID_PATH, 0, 0, 0]);
    assert!(list(&store, |_| ()).keys.is_empty());
}

#[test]
fn a_description_is_cut_to_its_buffer() {
    let store = Exported::filled(&[]);
    let mut buffer = [0u8; 4];
    let describe = store.table().describe;
    // SAFETY: the size is that of the buffer; with 0 nothing is written.
    let sizes = unsafe {
        let cut = describe(store.0, buffer.as_mut_ptr().cast(), buffer.len());
        (cut, describe(store.0, ptr::null_mut(), 0))
    };
    assert_eq!((sizes, &buffer), ((8, 8), b"InMe"));
}

struct Upload<'a> {
    store: &'a Exported,
    upload: *mut sl_upload,
}

impl<'a> Upload<'a> {
    fn new(store: &'a Exported, path: &str) -> Self {
        let request = sl_multipart_request {
            struct_size: size_of::<sl_multipart_request>() as u32,
            reserved: 0,
            path: text(path),
            attributes: ptr::null(),
            attribute_count: 0,
            metadata: ptr::null(),
            metadata_count: 0,
            tags: ptr::null(),
            tag_count: 0,
        };
        // SAFETY: all alive.
        let outcome =
            drive(|user| unsafe { store.table().start_multipart.unwrap()(store.0, &request, on_upload, user) });
        let upload = outcome.upload.unwrap();
        Self { store, upload }
    }

    fn put(&self, index: usize, part: &'static str) -> Outcome {
        let mut part = sl_bytes {
            data: part.as_ptr(),
            size: part.len(),
            owner: ptr::null_mut(),
            release: None,
        };
        // SAFETY: alive; the part is static.
        drive(|user| unsafe { ((*self.upload).put_part)(self.upload, index, &mut part, on_done, user) })
    }

    fn complete(&self) -> Outcome {
        // SAFETY: alive.
        drive(|user| unsafe { ((*self.upload).complete)(self.upload, on_put, user) })
    }

    fn read(&self, path: &str) -> Outcome {
        get(self.store, &get_request(path))
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        // SAFETY: released once.
        unsafe { ((*self.upload).release)(self.upload) }
    }
}

#[test]
fn parts_are_assembled_by_index() {
    let store = Exported::filled(&[]);
    let upload = Upload::new(&store, "key");
    for (index, part) in [(2, "c"), (1, "x"), (1, "b"), (0, "a"), (3, "d")] {
        assert_eq!(upload.put(index, part).kind, 0); // never waits for a part that nobody has put
    }
    assert_eq!(upload.read("key").kind, SL_NOT_FOUND);
    assert_eq!(upload.complete().kind, 0);
    assert_eq!(upload.read("key").body, b"abcd");
    assert_eq!(upload.complete().kind, SL_GENERIC);
}

#[test]
fn a_missing_part_is_noticed() {
    let store = Exported::filled(&[]);
    let upload = Upload::new(&store, "key");
    upload.put(0, "a");
    upload.put(2, "c");
    let outcome = upload.complete();
    assert_eq!(outcome.kind, SL_GENERIC);
    assert!(
        outcome.message.contains("part 2 was put, part 1 was not"),
        "{}",
        outcome.message
    );
    assert_eq!(upload.put(0, "again").kind, SL_NOT_SUPPORTED);
    upload.put(1, "b");
    assert_eq!(upload.complete().kind, 0);
    assert_eq!(upload.read("key").body, b"abc");
}

#[test]
fn references_are_counted() {
    let store = TestStore::default();
    let seen = store.seen.clone();
    let exported = Exported::new(store);
    // SAFETY: alive; the second reference is given back below.
    unsafe { (exported.table().retain)(exported.0) };
    let second = Exported(exported.0);
    drop(exported);
    assert!(!seen.dropped.load(SeqCst));
    assert_eq!(get(&second, &get_request("no")).kind, SL_NOT_FOUND);
    drop(second);
    assert!(seen.dropped.load(SeqCst));
}
