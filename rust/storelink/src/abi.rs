//! `storelink/abi.h`, by hand: the same names, the same layout. What everything means is written there; a test
//! compares names, sizes, offsets and values with the header.
#![allow(non_camel_case_types, missing_docs)]

use std::ffi::{c_char, c_void};

pub const SL_ABI_VERSION: u32 = 1;
/// The name of the capsule that [`SL_CAPSULE_METHOD`] returns.
pub const SL_CAPSULE_NAME: &std::ffi::CStr = c"storelink_store";
/// The method of Python objects that carry a store.
pub const SL_CAPSULE_METHOD: &str = "__storelink_store__";

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sl_string {
    pub data: *const c_char,
    pub size: usize,
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_bytes {
    pub data: *const u8,
    pub size: usize,
    pub owner: *mut c_void,
    pub release: Option<unsafe extern "C" fn(owner: *mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sl_pair {
    pub name: sl_string,
    pub value: sl_string,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sl_range {
    pub start: u64,
    pub end: u64,
}

pub const SL_GENERIC: i32 = 1;
pub const SL_NOT_FOUND: i32 = 2;
pub const SL_ALREADY_EXISTS: i32 = 3;
pub const SL_PRECONDITION: i32 = 4;
pub const SL_NOT_MODIFIED: i32 = 5;
pub const SL_PERMISSION_DENIED: i32 = 6;
pub const SL_UNAUTHENTICATED: i32 = 7;
pub const SL_INVALID_PATH: i32 = 8;
pub const SL_UNKNOWN_CONFIG_KEY: i32 = 9;
pub const SL_NOT_SUPPORTED: i32 = 10;
pub const SL_NOT_IMPLEMENTED: i32 = 11;
pub const SL_JOIN: i32 = 12;
pub const SL_IO: i32 = 13;
pub const SL_TIMEOUT: i32 = 14;
pub const SL_CANCELLED: i32 = 15;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sl_object {
    pub object: *mut c_void,
    pub owner: *mut c_void,
    pub copy: Option<unsafe extern "C" fn(owner: *mut c_void) -> *mut c_void>,
    pub release: Option<unsafe extern "C" fn(copied: *mut c_void)>,
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_error {
    pub struct_size: u32,
    pub kind: i32,
    pub message: sl_string,
    pub store: sl_string,
    pub path: sl_string,
    pub request_id: sl_string,
    pub status: i32,
    pub reserved: i32,
    pub cause: sl_object,
}

pub type sl_interrupt = unsafe extern "C" fn(user: *mut c_void) -> i32;

#[repr(C)]
#[derive(Debug)]
pub struct sl_operation {
    pub struct_size: u32,
    pub reserved: u32,
    pub start: unsafe extern "C" fn(operation: *mut sl_operation),
    pub drive: unsafe extern "C" fn(operation: *mut sl_operation, interrupt: Option<sl_interrupt>, user: *mut c_void),
    pub cancel: unsafe extern "C" fn(operation: *mut sl_operation),
    pub release: unsafe extern "C" fn(operation: *mut sl_operation),
}

pub type sl_done_callback = unsafe extern "C" fn(user: *mut c_void, error: *const sl_error);

#[repr(C)]
#[derive(Debug)]
pub struct sl_object_meta {
    pub struct_size: u32,
    pub reserved: u32,
    pub path: sl_string,
    pub last_modified: i64,
    pub size: u64,
    pub e_tag: sl_string,
    pub version: sl_string,
}

pub type sl_bytes_callback = unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, piece: *mut sl_bytes);

#[repr(C)]
#[derive(Debug)]
pub struct sl_stream {
    pub struct_size: u32,
    pub reserved: u32,
    pub next: unsafe extern "C" fn(
        stream: *mut sl_stream,
        callback: sl_bytes_callback,
        user: *mut c_void,
    ) -> *mut sl_operation,
    pub release: unsafe extern "C" fn(stream: *mut sl_stream),
}

pub const SL_RANGE_ALL: i32 = 0;
pub const SL_RANGE_BOUNDED: i32 = 1;
pub const SL_RANGE_OFFSET: i32 = 2;
pub const SL_RANGE_SUFFIX: i32 = 3;

pub const SL_SINK_COLLECT: i32 = 0;
pub const SL_SINK_INTO: i32 = 1;
pub const SL_SINK_STREAM: i32 = 2;

pub const SL_NO_TIME: i64 = i64::MIN;

#[repr(C)]
#[derive(Debug)]
pub struct sl_get_request {
    pub struct_size: u32,
    pub range_kind: i32,
    pub range_start: u64,
    pub range_end: u64,
    pub path: sl_string,
    pub if_match: sl_string,
    pub if_none_match: sl_string,
    pub version: sl_string,
    pub if_modified_since: i64,
    pub if_unmodified_since: i64,
    pub head: i32,
    pub sink: i32,
    pub buffer: *mut u8,
    pub buffer_size: usize,
    pub headers: *const sl_pair,
    pub header_count: usize,
    pub collect_up_to: u64,
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_get_result {
    pub struct_size: u32,
    pub reserved: u32,
    pub meta: *const sl_object_meta,
    pub start: u64,
    pub end: u64,
    pub attributes: *const sl_pair,
    pub attribute_count: usize,
    pub metadata: *const sl_pair,
    pub metadata_count: usize,
    pub body: sl_bytes,
    pub stream: *mut sl_stream,
}

pub type sl_get_callback = unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, result: *mut sl_get_result);

#[repr(C)]
#[derive(Debug)]
pub struct sl_get_ranges_request {
    pub struct_size: u32,
    pub reserved: u32,
    pub path: sl_string,
    pub ranges: *const sl_range,
    pub range_count: usize,
}

pub type sl_ranges_callback =
    unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, pieces: *mut sl_bytes, count: usize);

pub const SL_PUT_OVERWRITE: i32 = 0;
pub const SL_PUT_CREATE: i32 = 1;
pub const SL_PUT_UPDATE: i32 = 2;

#[repr(C)]
#[derive(Debug)]
pub struct sl_put_request {
    pub struct_size: u32,
    pub mode: i32,
    pub path: sl_string,
    pub body: sl_bytes,
    pub e_tag: sl_string,
    pub version: sl_string,
    pub attributes: *const sl_pair,
    pub attribute_count: usize,
    pub metadata: *const sl_pair,
    pub metadata_count: usize,
    pub tags: *const sl_pair,
    pub tag_count: usize,
    pub headers: *const sl_pair,
    pub header_count: usize,
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_put_result {
    pub struct_size: u32,
    pub reserved: u32,
    pub e_tag: sl_string,
    pub version: sl_string,
}

pub type sl_put_callback =
    unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, result: *const sl_put_result);

#[repr(C)]
#[derive(Debug)]
pub struct sl_upload {
    pub struct_size: u32,
    pub reserved: u32,
    pub put_part: unsafe extern "C" fn(
        upload: *mut sl_upload,
        index: usize,
        part: *mut sl_bytes,
        callback: sl_done_callback,
        user: *mut c_void,
    ) -> *mut sl_operation,
    pub complete:
        unsafe extern "C" fn(upload: *mut sl_upload, callback: sl_put_callback, user: *mut c_void) -> *mut sl_operation,
    pub abort: unsafe extern "C" fn(
        upload: *mut sl_upload,
        callback: sl_done_callback,
        user: *mut c_void,
    ) -> *mut sl_operation,
    pub release: unsafe extern "C" fn(upload: *mut sl_upload),
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_multipart_request {
    pub struct_size: u32,
    pub reserved: u32,
    pub path: sl_string,
    pub attributes: *const sl_pair,
    pub attribute_count: usize,
    pub metadata: *const sl_pair,
    pub metadata_count: usize,
    pub tags: *const sl_pair,
    pub tag_count: usize,
}

pub type sl_multipart_callback =
    unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, upload: *mut sl_upload);

#[repr(C)]
#[derive(Debug)]
pub struct sl_list_request {
    pub struct_size: u32,
    pub raw_prefix: i32,
    pub prefix: sl_string,
    pub offset: sl_string,
    pub page_token: sl_string,
    pub max_keys: usize,
    pub delimiter: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_list_page {
    pub struct_size: u32,
    pub object_size: u32,
    pub objects: *const sl_object_meta,
    pub object_count: usize,
    pub common_prefixes: *const sl_string,
    pub common_prefix_count: usize,
    pub next_page_token: sl_string,
}

pub type sl_list_callback = unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, page: *const sl_list_page);

#[repr(C)]
#[derive(Debug)]
pub struct sl_remove_many_request {
    pub struct_size: u32,
    pub reserved: u32,
    pub paths: *const sl_string,
    pub path_count: usize,
}

pub type sl_remove_many_callback =
    unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, failures: *const *const sl_error, count: usize);

#[repr(C)]
#[derive(Debug)]
pub struct sl_copy_request {
    pub struct_size: u32,
    pub overwrite: i32,
    pub from: sl_string,
    pub to: sl_string,
}

#[repr(C)]
#[derive(Debug)]
pub struct sl_sign_request {
    pub struct_size: u32,
    pub reserved: u32,
    pub method: sl_string,
    pub path: sl_string,
    pub expires_in: u64,
}

pub type sl_sign_callback = unsafe extern "C" fn(user: *mut c_void, error: *const sl_error, url: *const sl_string);

pub type sl_work = unsafe extern "C" fn(user: *mut c_void);

#[repr(C)]
#[derive(Debug)]
pub struct sl_executor {
    pub struct_size: u32,
    pub reserved: u32,
    pub post: unsafe extern "C" fn(executor: *const sl_executor, work: sl_work, user: *mut c_void),
    pub spawn_blocking: unsafe extern "C" fn(executor: *const sl_executor, work: sl_work, user: *mut c_void),
}

pub const SL_CAN_PUT_CREATE: u64 = 1 << 0;
pub const SL_CAN_PUT_UPDATE: u64 = 1 << 1;
pub const SL_CAN_COPY_CREATE: u64 = 1 << 2;
pub const SL_CAN_ATTRIBUTES: u64 = 1 << 3;
pub const SL_CAN_TAGS: u64 = 1 << 4;
pub const SL_CAN_VERSIONS: u64 = 1 << 5;
pub const SL_CAN_SIGN: u64 = 1 << 6;
pub const SL_LISTS_IN_ORDER: u64 = 1 << 7;
pub const SL_TAKES_HEADERS: u64 = 1 << 8;
pub const SL_TAKES_NO_PARTS: u64 = 1 << 9;

pub type sl_copy_verb = unsafe extern "C" fn(
    store: *const sl_store,
    request: *const sl_copy_request,
    callback: sl_done_callback,
    user: *mut c_void,
) -> *mut sl_operation;

/// A store: one pointer to this struct is what is shared.
#[repr(C)]
#[derive(Debug)]
pub struct sl_store {
    pub struct_size: u32,
    pub abi_version: u32,
    pub retain: unsafe extern "C" fn(store: *const sl_store),
    pub release: unsafe extern "C" fn(store: *const sl_store),
    pub capabilities: unsafe extern "C" fn(store: *const sl_store) -> u64,
    pub describe: unsafe extern "C" fn(store: *const sl_store, text: *mut c_char, size: usize) -> usize,
    pub executor: unsafe extern "C" fn(store: *const sl_store) -> *const sl_executor,
    pub get: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_get_request,
            callback: sl_get_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub put: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_put_request,
            callback: sl_put_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub list_page: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_list_request,
            callback: sl_list_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub remove: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            path: sl_string,
            callback: sl_done_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub copy: Option<sl_copy_verb>,
    pub rename: Option<sl_copy_verb>,
    pub get_ranges: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_get_ranges_request,
            callback: sl_ranges_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub start_multipart: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_multipart_request,
            callback: sl_multipart_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub remove_many: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_remove_many_request,
            callback: sl_remove_many_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
    pub sign: Option<
        unsafe extern "C" fn(
            store: *const sl_store,
            request: *const sl_sign_request,
            callback: sl_sign_callback,
            user: *mut c_void,
        ) -> *mut sl_operation,
    >,
}
