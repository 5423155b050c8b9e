//! Stores of other producers: older ones with less in their tables, newer ones with larger structs, odd ones.

mod support;

use std::ffi::{c_char, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use storelink::abi::*;
use storelink::{ErrorKind, StorelinkStore};
use support::wait;

/// A producer in C's way: its operations run in start(), on the caller's thread.
#[repr(C)]
struct Foreign {
    table: sl_store,
    references: AtomicUsize,
    log: Arc<Mutex<Vec<String>>>,
}

/// How long the table is, and what is done to it.
fn foreign(size: usize, change: impl FnOnce(&mut sl_store)) -> (*const sl_store, Arc<Mutex<Vec<String>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut table = sl_store {
        struct_size: size as u32,
        abi_version: SL_ABI_VERSION,
        retain,
        release,
        capabilities,
        describe,
        executor,
        get: Some(get),
        put: None,
        list_page: Some(list_page),
        remove: Some(remove),
        copy: Some(copy),
        rename: None,
        get_ranges: None,
        start_multipart: None,
        remove_many: None,
        sign: None,
    };
    change(&mut table);
    let references = AtomicUsize::new(1);
    let foreign = Foreign {
        table,
        references,
        log: log.clone(),
    };
    (Box::into_raw(Box::new(foreign)).cast(), log)
}

fn import(store: *const sl_store) -> StorelinkStore {
    // SAFETY: made by `foreign`, whose reference is given back.
    unsafe {
        let imported = StorelinkStore::from_raw(store).unwrap();
        release(store);
        imported
    }
}

/// A producer with nothing but what every version has, and a log of what was asked of it.
fn bare() -> (StorelinkStore, Arc<Mutex<Vec<String>>>) {
    let (store, log) = foreign(offset_of!(sl_store, rename), |_| ());
    (import(store), log)
}

/// # Safety
/// `store` was made by `foreign` and is alive.
unsafe fn this<'a>(store: *const sl_store) -> &'a Foreign {
    // SAFETY: the caller's promise.
    unsafe { &*store.cast::<Foreign>() }
}

unsafe extern "C" fn retain(store: *const sl_store) {
    // SAFETY: the consumer's promise.
    unsafe { this(store) }.references.fetch_add(1, SeqCst);
}

unsafe extern "C" fn release(store: *const sl_store) {
    // SAFETY: the consumer's promise; freed with the last reference.
    unsafe {
        if this(store).references.fetch_sub(1, SeqCst) == 1 {
            this(store).log.lock().unwrap().push("freed".into());
            drop(Box::from_raw(store.cast_mut().cast::<Foreign>()));
        }
    }
}

unsafe extern "C" fn capabilities(_: *const sl_store) -> u64 {
    0
}

unsafe extern "C" fn describe(_: *const sl_store, text: *mut c_char, size: usize) -> usize {
    let name = [b'n'; 200];
    // SAFETY: `text` has room for `size` bytes.
    unsafe { ptr::copy_nonoverlapping(name.as_ptr(), text.cast(), size.min(name.len())) };
    name.len()
}

unsafe extern "C" fn executor(_: *const sl_store) -> *const sl_executor {
    ptr::null()
}

#[repr(C)]
struct Inline {
    table: sl_operation,
    run: Option<Box<dyn FnOnce()>>,
}

fn inline(run: impl FnOnce() + 'static) -> *mut sl_operation {
    unsafe extern "C" fn start(operation: *mut sl_operation) {
        // SAFETY: made below, started once.
        let run = unsafe { (*operation.cast::<Inline>()).run.take() };
        run.expect("started once")();
    }
    unsafe extern "C" fn drive(_: *mut sl_operation, _: Option<sl_interrupt>, _: *mut c_void) {
        unreachable!("futures are started")
    }
    unsafe extern "C" fn cancel(_: *mut sl_operation) {}
    unsafe extern "C" fn release(operation: *mut sl_operation) {
        // SAFETY: made below, released once.
        drop(unsafe { Box::from_raw(operation.cast::<Inline>()) });
    }
    let table = sl_operation {
        struct_size: size_of::<sl_operation>() as u32,
        reserved: 0,
        start,
        drive,
        cancel,
        release,
    };
    Box::into_raw(Box::new(Inline {
        table,
        run: Some(Box::new(run)),
    }))
    .cast()
}

fn text(text: &'static str) -> sl_string {
    sl_string {
        data: text.as_ptr().cast(),
        size: text.len(),
    }
}

/// # Safety
/// `raw` is valid.
unsafe fn owned(raw: sl_string) -> String {
    // SAFETY: the caller's promise.
    String::from_utf8(unsafe { std::slice::from_raw_parts(raw.data.cast(), raw.size) }.to_vec()).unwrap()
}

const META: sl_object_meta = sl_object_meta {
    struct_size: size_of::<sl_object_meta>() as u32,
    reserved: 0,
    path: sl_string {
        data: ptr::null(),
        size: 0,
    },
    last_modified: 0,
    size: 10,
    e_tag: sl_string {
        data: ptr::null(),
        size: 0,
    },
    version: sl_string {
        data: ptr::null(),
        size: 0,
    },
};

unsafe extern "C" fn not_there(_: *mut c_void) -> *mut c_void {
    unreachable!("beyond the size of its struct")
}

static DIGITS: &[u8] = b"0123456789";

/// Every object is "0123456789", but for two.
unsafe extern "C" fn get(
    _: *const sl_store,
    request: *const sl_get_request,
    callback: sl_get_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (path, request) = unsafe { (owned((*request).path), &*request) };
    let (start, end) = match request.range_kind {
        SL_RANGE_BOUNDED => (request.range_start as usize, request.range_end as usize),
        _ => (0, 10),
    };
    if path == "no memory" {
        return ptr::null_mut();
    }
    inline(move || {
        if path == "odd" {
            let error = sl_error {
                struct_size: offset_of!(sl_error, cause) as u32, // of the first version
                kind: 77,
                message: text("an error of the future"),
                store: text("s3://b"),
                path: text("odd"),
                request_id: text("r-1"),
                status: 418,
                reserved: 0,
                cause: sl_object {
                    object: ptr::dangling_mut(),
                    owner: ptr::null_mut(),
                    copy: Some(not_there),
                    release: None,
                },
            };
            // SAFETY: the one callback.
            return unsafe { callback(user, &error, ptr::null_mut()) };
        }
        let attributes = [("x-of-the-future", "1"), ("content-type", "a/b")].map(|(name, value)| sl_pair {
            name: text(name),
            value: text(value),
        });
        let mut result = sl_get_result {
            struct_size: size_of::<sl_get_result>() as u32,
            reserved: 0,
            meta: &META,
            start: start as u64,
            end: end as u64,
            attributes: attributes.as_ptr(),
            attribute_count: attributes.len(),
            metadata: ptr::null(),
            metadata_count: 0,
            body: sl_bytes {
                data: DIGITS[start..end].as_ptr(),
                size: end - start,
                owner: ptr::null_mut(),
                release: None, // static
            },
            stream: ptr::null_mut(),
        };
        // SAFETY: the one callback.
        unsafe { callback(user, ptr::null(), &mut result) }
    })
}

/// Two pages, of objects that are larger than those of this version.
unsafe extern "C" fn list_page(
    _: *const sl_store,
    request: *const sl_list_request,
    callback: sl_list_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    #[repr(C)]
    struct Larger {
        meta: sl_object_meta,
        more: [u64; 3],
    }
    // SAFETY: the consumer's promise: alive for the call.
    let first = unsafe { (*request).page_token.size == 0 };
    inline(move || {
        let names: [&'static str; 3] = if first { ["a", "b//c", "d"] } else { ["e", "f", "g"] };
        let objects = names.map(|name| Larger {
            meta: sl_object_meta {
                path: text(name),
                ..META
            },
            more: [u64::MAX; 3],
        });
        let page = sl_list_page {
            struct_size: size_of::<sl_list_page>() as u32,
            object_size: size_of::<Larger>() as u32,
            objects: objects.as_ptr().cast(),
            object_count: objects.len(),
            common_prefixes: ptr::null(),
            common_prefix_count: 0,
            next_page_token: text(if first { "next" } else { "" }),
        };
        // SAFETY: the one callback.
        unsafe { callback(user, ptr::null(), &page) }
    })
}

unsafe extern "C" fn remove(
    store: *const sl_store,
    path: sl_string,
    callback: sl_done_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (log, path) = unsafe { (this(store).log.clone(), owned(path)) };
    inline(move || {
        log.lock().unwrap().push(format!("remove {path}"));
        // SAFETY: the one callback.
        unsafe { callback(user, ptr::null()) }
    })
}

unsafe extern "C" fn copy(
    store: *const sl_store,
    request: *const sl_copy_request,
    callback: sl_done_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (log, entry) = unsafe {
        let request = &*request;
        let (from, to) = (owned(request.from), owned(request.to));
        (
            this(store).log.clone(),
            format!("copy {from} {to} {}", request.overwrite),
        )
    };
    inline(move || {
        log.lock().unwrap().push(entry);
        // SAFETY: the one callback.
        unsafe { callback(user, ptr::null()) }
    })
}

fn refusal(store: *const sl_store) -> storelink::Error {
    // SAFETY: null, or made by `foreign`.
    unsafe { StorelinkStore::from_raw(store) }.unwrap_err()
}

#[test]
fn another_version_is_refused() {
    let (newer, log) = foreign(size_of::<sl_store>(), |table| table.abi_version = 2);
    let error = refusal(newer);
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert!(
        error.message().contains("version 2") && error.message().contains("version 1"),
        "{error}"
    );
    // SAFETY: nobody has another reference.
    unsafe { release(newer) };
    assert_eq!(*log.lock().unwrap(), ["freed"]);

    let (short, _) = foreign(offset_of!(sl_store, describe), |_| ());
    assert_eq!(refusal(short).kind(), ErrorKind::NotSupported);
    // SAFETY: as above.
    unsafe { release(short) };
    assert!(refusal(ptr::null()).message().contains("null"));
}

#[test]
fn what_a_table_lacks_is_made_of_what_it_has() {
    let (store, log) = bare();
    let path = Path::from("key");
    let pieces = wait(store.get_ranges(&path, &[1..3, 8..9])).unwrap();
    assert_eq!(pieces, ["12", "8"]);
    let paths = stream::iter(["a", "b", "c"]).map(|key| Ok(Path::from(key))).boxed();
    assert_eq!(
        wait(store.delete_stream(paths).try_collect::<Vec<_>>()).unwrap().len(),
        3
    );
    wait(store.rename_if_not_exists(&Path::from("x"), &Path::from("y"))).unwrap();
    wait(store.copy(&Path::from("x"), &Path::from("y"))).unwrap();
    drop(store);
    let expected = [
        "remove a",
        "remove b",
        "remove c",
        "copy x y 0",
        "remove x",
        "copy x y 1",
        "freed",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn what_cannot_be_made_is_not_supported() {
    let (whole, _) = foreign(size_of::<sl_store>(), |_| ()); // null entries instead of a short table
    for store in [bare().0, import(whole)] {
        let path = Path::from("key");
        let errors = [
            ("put", wait(store.put(&path, "x".into())).unwrap_err()),
            ("start_multipart", wait(store.put_multipart(&path)).unwrap_err()),
            (
                "sign",
                wait(store.sign("GET", &path, Duration::from_secs(1))).unwrap_err(),
            ),
        ];
        for (verb, error) in errors {
            assert!(matches!(&error, Error::NotSupported { .. }), "{error}");
            assert!(error.to_string().contains(&format!("offers no `{verb}`")), "{error}");
        }
    }
}

#[test]
fn larger_structs_of_later_versions_are_walked() {
    let (store, _) = bare();
    let listed: Vec<_> = wait(store.list(None).collect());
    let keys: Vec<_> = listed
        .iter()
        .map(|object| object.as_ref().map_or("-", |o| o.location.as_ref()))
        .collect();
    // A key that object_store cannot name is an error, and the others come all the same.
    assert_eq!(keys, ["a", "-", "d", "e", "f", "g"]);
    assert!(matches!(listed[1], Err(Error::InvalidPath { .. })));
}

#[test]
fn errors_and_attributes_of_other_versions() {
    let (store, _) = bare();
    let error = storelink::Error::from(wait(store.head(&Path::from("odd"))).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Generic);
    assert_eq!((error.status(), error.request_id()), (418, "r-1"));
    let shown = "an error of the future [store s3://b, path odd, HTTP status 418, request id r-1]";
    assert_eq!(error.to_string(), shown);
    let got = wait(store.get(&Path::from("key"))).unwrap();
    assert_eq!(got.attributes.len(), 1);
    assert_eq!(wait(got.bytes()).unwrap(), DIGITS);
}

#[test]
fn no_operation_means_no_memory() {
    let (store, log) = bare();
    let error = wait(store.head(&Path::from("no memory"))).unwrap_err();
    assert!(error.to_string().contains("out of memory"), "{error}");
    drop(store);
    assert_eq!(*log.lock().unwrap(), ["freed"]); // no reference was lost
}

#[test]
fn long_descriptions_are_whole() {
    assert_eq!(bare().0.to_string(), "n".repeat(200));
}
