//! A consumer as C code would write one.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use storelink::abi::*;
use storelink::export;

use super::{RUNTIME, wait};

/// One reference to an exported store.
pub struct Exported(pub *const sl_store);

impl Exported {
    pub fn new(store: impl ObjectStore) -> Self {
        Self(export(Arc::new(store), RUNTIME.handle().clone()))
    }

    pub fn filled(keys: &[&str]) -> Self {
        let store = InMemory::new();
        for key in keys {
            wait(store.put(&Path::from(*key), key.to_string().into())).unwrap();
        }
        Self::new(store)
    }

    pub fn table(&self) -> &sl_store {
        // SAFETY: alive until drop.
        unsafe { &*self.0 }
    }
}

impl Drop for Exported {
    fn drop(&mut self) {
        // SAFETY: the one reference.
        unsafe { (self.table().release)(self.0) }
    }
}

pub fn text(text: &str) -> sl_string {
    sl_string {
        data: text.as_ptr().cast(),
        size: text.len(),
    }
}

pub fn owned(text: sl_string) -> String {
    // SAFETY: valid during the callback that calls this.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.size) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub const NOTHING: sl_string = sl_string {
    data: ptr::null(),
    size: 0,
};

/// What callbacks leave.
#[derive(Debug, Default)]
pub struct Outcome {
    pub kind: i32,
    pub message: String,
    pub body: Vec<u8>,
    pub keys: Vec<String>,
    pub prefixes: Vec<String>,
    pub token: String,
    pub upload: Option<*mut sl_upload>,
    pub failures: Vec<i32>,
}

/// Where they leave it.
#[derive(Default)]
pub struct Slot {
    pub calls: AtomicU32,
    pub outcome: Mutex<Outcome>,
}

impl Slot {
    pub fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }

    pub fn kind(&self) -> i32 {
        self.outcome.lock().unwrap().kind
    }

    pub fn user(&self) -> *mut c_void {
        ptr::from_ref(self).cast_mut().cast()
    }
}

/// # Safety
/// As for every callback: `user` is a `Slot`.
pub unsafe fn note(user: *mut c_void, error: *const sl_error, fill: impl FnOnce(&mut Outcome)) {
    // SAFETY: the caller's promise.
    let slot = unsafe { &*user.cast::<Slot>() };
    let mut outcome = slot.outcome.lock().unwrap();
    if error.is_null() {
        fill(&mut outcome);
    } else {
        // SAFETY: valid for the callback.
        let error = unsafe { &*error };
        outcome.kind = error.kind;
        outcome.message = owned(error.message);
    }
    drop(outcome);
    slot.calls.fetch_add(1, SeqCst);
}

/// The operation that `begin` makes with its `user`, driven and released.
pub fn drive(begin: impl FnOnce(*mut c_void) -> *mut sl_operation) -> Outcome {
    let slot = Slot::default();
    let operation = begin(slot.user());
    // SAFETY: alive, and released once.
    unsafe {
        ((*operation).drive)(operation, None, ptr::null_mut());
        ((*operation).release)(operation);
    }
    assert_eq!(slot.calls(), 1);
    slot.outcome.into_inner().unwrap()
}

pub unsafe extern "C" fn on_get(user: *mut c_void, error: *const sl_error, result: *mut sl_get_result) {
    // SAFETY: as the ABI says.
    unsafe {
        note(user, error, |outcome| {
            let result = &mut *result;
            if let Some(release) = result.body.release {
                outcome.body = std::slice::from_raw_parts(result.body.data, result.body.size).to_vec();
                release(result.body.owner);
            }
        })
    }
}

pub unsafe extern "C" fn on_done(user: *mut c_void, error: *const sl_error) {
    // SAFETY: as the ABI says.
    unsafe { note(user, error, |_| ()) }
}

pub unsafe extern "C" fn on_put(user: *mut c_void, error: *const sl_error, _: *const sl_put_result) {
    // SAFETY: as the ABI says.
    unsafe { note(user, error, |_| ()) }
}

pub unsafe extern "C" fn on_page(user: *mut c_void, error: *const sl_error, page: *const sl_list_page) {
    // SAFETY: as the ABI says.
    unsafe {
        note(user, error, |outcome| {
            let page = &*page;
            assert_eq!(page.object_size as usize, size_of::<sl_object_meta>());
            for i in 0..page.object_count {
                outcome.keys.push(owned((*page.objects.add(i)).path));
            }
            for i in 0..page.common_prefix_count {
                outcome.prefixes.push(owned(*page.common_prefixes.add(i)));
            }
            outcome.token = owned(page.next_page_token);
        })
    }
}

pub unsafe extern "C" fn on_upload(user: *mut c_void, error: *const sl_error, upload: *mut sl_upload) {
    // SAFETY: as the ABI says.
    unsafe { note(user, error, |outcome| outcome.upload = Some(upload)) }
}

pub unsafe extern "C" fn on_removed(
    user: *mut c_void,
    error: *const sl_error,
    failures: *const *const sl_error,
    count: usize,
) {
    // SAFETY: as the ABI says.
    unsafe {
        note(user, error, |outcome| {
            for i in 0..count {
                outcome
                    .failures
                    .push((*failures.add(i)).as_ref().map_or(0, |failure| failure.kind));
            }
        })
    }
}

pub fn get_request(path: &str) -> sl_get_request {
    sl_get_request {
        struct_size: size_of::<sl_get_request>() as u32,
        range_kind: SL_RANGE_ALL,
        range_start: 0,
        range_end: 0,
        path: text(path),
        if_match: NOTHING,
        if_none_match: NOTHING,
        version: NOTHING,
        if_modified_since: SL_NO_TIME,
        if_unmodified_since: SL_NO_TIME,
        head: 0,
        sink: SL_SINK_COLLECT,
        buffer: ptr::null_mut(),
        buffer_size: 0,
        headers: ptr::null(),
        header_count: 0,
        collect_up_to: 0,
    }
}

pub fn begin_get(store: &Exported, request: &sl_get_request, user: *mut c_void) -> *mut sl_operation {
    // SAFETY: all alive; the slot outlives the operation.
    unsafe { store.table().get.unwrap()(store.0, request, on_get, user) }
}

pub fn get(store: &Exported, request: &sl_get_request) -> Outcome {
    drive(|user| begin_get(store, request, user))
}

pub fn list_request() -> sl_list_request {
    sl_list_request {
        struct_size: size_of::<sl_list_request>() as u32,
        raw_prefix: 0,
        prefix: NOTHING,
        offset: NOTHING,
        page_token: NOTHING,
        max_keys: 0,
        delimiter: 0,
        reserved: 0,
    }
}

pub fn begin_list(store: &Exported, request: &sl_list_request, user: *mut c_void) -> *mut sl_operation {
    // SAFETY: all alive; the slot outlives the operation.
    unsafe { store.table().list_page.unwrap()(store.0, request, on_page, user) }
}
