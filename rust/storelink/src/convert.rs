//! Between the types of `object_store` and the structs of the C ABI.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectMeta, PutResult, TagSet};

use crate::abi::*;
use crate::error::{Error, ErrorKind};

/// Locks, also where a panic has left the lock behind.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// --- strings

pub(crate) fn lend(text: &str) -> sl_string {
    sl_string {
        data: text.as_ptr().cast(),
        size: text.len(),
    }
}

/// Null data for nothing, never for an empty string.
pub(crate) fn lend_optional(text: Option<&str>) -> sl_string {
    text.map_or(
        sl_string {
            data: ptr::null(),
            size: 0,
        },
        lend,
    )
}

/// The elements of an array; none where there is no array.
///
/// # Safety
/// `data` points to `size` elements that live as long as the result is used, or `size` is 0.
pub(crate) unsafe fn array<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(data, size) }
}

/// For messages: what is not UTF-8 is replaced.
///
/// # Safety
/// `raw` is a valid string of the ABI.
pub(crate) unsafe fn text(raw: sl_string) -> String {
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(unsafe { array(raw.data.cast(), raw.size) }).into_owned()
}

/// For keys and tokens: an error where it is not UTF-8.
///
/// # Safety
/// `raw` is a valid string of the ABI.
pub(crate) unsafe fn exact_text(raw: sl_string) -> Result<String, Error> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { array(raw.data.cast::<u8>(), raw.size) };
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(Error::new(
            ErrorKind::InvalidPath,
            format!("not UTF-8: {:?}", String::from_utf8_lossy(bytes)),
        )),
    }
}

/// # Safety
/// `raw` is a valid string of the ABI.
pub(crate) unsafe fn optional_text(raw: sl_string) -> Option<String> {
    // SAFETY: the caller's promise.
    (!raw.data.is_null()).then(|| unsafe { text(raw) })
}

/// The key of a request: exactly this object, or an error.
pub(crate) fn exact_path(key: &str) -> Result<Path, Error> {
    match Path::parse(key) {
        Ok(path) if path.as_ref() == key => Ok(path),
        Ok(_) => Err(Error::new(
            ErrorKind::InvalidPath,
            format!("object_store has no keys with a slash at their start or end: {key:?}"),
        )),
        Err(error) => Err(Error::new(ErrorKind::InvalidPath, error.to_string())),
    }
}

// --- times

/// Times that nanoseconds cannot express (before 1677, after 2262) become the nearest that they can.
pub(crate) fn to_nanoseconds(time: DateTime<Utc>) -> i64 {
    let nearest = if time.timestamp() < 0 { SL_NO_TIME + 1 } else { i64::MAX };
    time.timestamp_nanos_opt().unwrap_or(nearest).max(SL_NO_TIME + 1)
}

pub(crate) fn to_optional_nanoseconds(time: Option<DateTime<Utc>>) -> i64 {
    time.map_or(SL_NO_TIME, to_nanoseconds)
}

pub(crate) fn to_optional_time(nanoseconds: i64) -> Option<DateTime<Utc>> {
    (nanoseconds != SL_NO_TIME).then(|| DateTime::from_timestamp_nanos(nanoseconds))
}

// --- bytes

pub(crate) const NO_BYTES: sl_bytes = sl_bytes {
    data: ptr::null(),
    size: 0,
    owner: ptr::null_mut(),
    release: None,
};

/// Gives bytes away: the receiver's `release` drops them.
pub(crate) fn give(bytes: Bytes) -> sl_bytes {
    unsafe extern "C" fn release(owner: *mut c_void) {
        // SAFETY: made by `give` below, and released once.
        let bytes = unsafe { Box::from_raw(owner.cast::<Bytes>()) };
        quietly(|| drop(bytes));
    }
    if bytes.is_empty() {
        return NO_BYTES;
    }
    let owner = Box::new(bytes);
    sl_bytes {
        data: owner.as_ptr(),
        size: owner.len(),
        owner: Box::into_raw(owner).cast(),
        release: Some(release),
    }
}

struct Given(sl_bytes);

// SAFETY: the ABI lets any thread read and release given bytes.
unsafe impl Send for Given {}
// SAFETY: as above; nobody writes to them.
unsafe impl Sync for Given {}

impl AsRef<[u8]> for Given {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: valid until they are released, which drop does.
        unsafe { array(self.0.data, self.0.size) }
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if let Some(release) = self.0.release {
            // SAFETY: called once, with the owner that came with it.
            unsafe { release(self.0.owner) }
        }
    }
}

/// Takes bytes that were given, without a copy, and marks them as taken.
///
/// # Safety
/// `raw` was given to the caller.
pub(crate) unsafe fn take(raw: &mut sl_bytes) -> Bytes {
    let given = Given(std::mem::replace(raw, NO_BYTES));
    if given.0.size == 0 {
        return Bytes::new();
    }
    Bytes::from_owner(given)
}

// --- attributes and tags

const ATTRIBUTE_NAMES: [(&str, Attribute); 6] = [
    ("cache-control", Attribute::CacheControl),
    ("content-disposition", Attribute::ContentDisposition),
    ("content-encoding", Attribute::ContentEncoding),
    ("content-language", Attribute::ContentLanguage),
    ("content-type", Attribute::ContentType),
    ("storage-class", Attribute::StorageClass),
];

/// Names and values in the form of the ABI; borrows from the attributes or tags that they were made of.
#[derive(Default)]
pub(crate) struct LentAttributes {
    pub attributes: Vec<sl_pair>,
    pub metadata: Vec<sl_pair>,
}

impl LentAttributes {
    /// `unknown` gets what the ABI has no name for.
    pub fn of(from: &Attributes, mut unknown: impl FnMut(&Attribute)) -> Self {
        let mut lent = Self::default();
        for (attribute, value) in from {
            let value = lend(value);
            if let Attribute::Metadata(name) = attribute {
                let name = lend(name);
                lent.metadata.push(sl_pair { name, value });
            } else if let Some((name, _)) = ATTRIBUTE_NAMES.iter().find(|(_, a)| a == attribute) {
                let name = lend(name);
                lent.attributes.push(sl_pair { name, value });
            } else {
                unknown(attribute);
            }
        }
        lent
    }
}

/// `unknown` is called with each name that `object_store` has no attribute for.
///
/// # Safety
/// Both arrays are valid.
pub(crate) unsafe fn to_attributes(
    attributes: &[sl_pair],
    metadata: &[sl_pair],
    mut unknown: impl FnMut(String),
) -> Attributes {
    let mut out = Attributes::with_capacity(attributes.len() + metadata.len());
    for pair in attributes {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { (text(pair.name), text(pair.value)) };
        match ATTRIBUTE_NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, attribute)) => {
                out.insert(attribute.clone(), value.into());
            }
            None => unknown(name),
        }
    }
    for pair in metadata {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { (text(pair.name), text(pair.value)) };
        out.insert(Attribute::Metadata(name.into()), value.into());
    }
    out
}

/// As `to_attributes`, for what is to be stored: nothing is left out.
///
/// # Safety
/// Both arrays are valid.
pub(crate) unsafe fn to_known_attributes(attributes: &[sl_pair], metadata: &[sl_pair]) -> Result<Attributes, Error> {
    let mut unknown = None;
    // SAFETY: the caller's promise.
    let known = unsafe { to_attributes(attributes, metadata, |name| unknown = Some(name)) };
    match unknown {
        None => Ok(known),
        Some(name) => {
            let message = format!("the attribute {name:?} is not known here");
            Err(Error::new(ErrorKind::NotSupported, message))
        }
    }
}

/// The tags as names and values. `object_store` keeps them encoded only.
pub(crate) fn tag_pairs(tags: &TagSet) -> Vec<(String, String)> {
    form_urlencoded::parse(tags.encoded().as_bytes()).into_owned().collect()
}

pub(crate) fn lend_pairs(pairs: &[(String, String)]) -> Vec<sl_pair> {
    pairs
        .iter()
        .map(|(name, value)| sl_pair {
            name: lend(name),
            value: lend(value),
        })
        .collect()
}

/// # Safety
/// The array is valid.
pub(crate) unsafe fn to_tags(pairs: &[sl_pair]) -> TagSet {
    let mut tags = TagSet::default();
    for pair in pairs {
        // SAFETY: the caller's promise.
        unsafe { tags.push(&text(pair.name), &text(pair.value)) };
    }
    tags
}

// --- results

pub(crate) fn lend_meta(meta: &ObjectMeta) -> sl_object_meta {
    sl_object_meta {
        struct_size: size_of::<sl_object_meta>() as u32,
        reserved: 0,
        path: lend(meta.location.as_ref()),
        last_modified: to_nanoseconds(meta.last_modified),
        size: meta.size,
        e_tag: lend_optional(meta.e_tag.as_deref()),
        version: lend_optional(meta.version.as_deref()),
    }
}

/// # Safety
/// `raw` is valid.
pub(crate) unsafe fn to_meta(raw: &sl_object_meta, location: Path) -> ObjectMeta {
    // SAFETY: the caller's promise.
    unsafe {
        ObjectMeta {
            location,
            last_modified: DateTime::from_timestamp_nanos(raw.last_modified),
            size: raw.size,
            e_tag: optional_text(raw.e_tag),
            version: optional_text(raw.version),
        }
    }
}

/// # Safety
/// `raw` is valid.
pub(crate) unsafe fn to_put_result(raw: &sl_put_result) -> PutResult {
    // SAFETY: the caller's promise.
    unsafe {
        PutResult {
            e_tag: optional_text(raw.e_tag),
            version: optional_text(raw.version),
            extensions: Default::default(),
        }
    }
}

/// Runs `work` where no panic may leave: a destructor that C code calls. The panic's message has been printed.
pub(crate) fn quietly(work: impl FnOnce()) {
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_and_come_without_a_copy() {
        let bytes = Bytes::from(vec![7; 100]);
        let address = bytes.as_ptr();
        let mut given = give(bytes);
        // SAFETY: given one line above.
        let taken = unsafe { take(&mut given) };
        assert_eq!(taken.as_ptr(), address);
        assert_eq!(&taken[..], &[7; 100]);
        assert!(given.release.is_none());
    }

    #[test]
    fn empty_bytes_are_released_at_once() {
        unsafe extern "C" fn count(owner: *mut c_void) {
            // SAFETY: the test's own counter.
            unsafe { *owner.cast::<u32>() += 1 };
        }
        let mut released = 0u32;
        let mut given = sl_bytes {
            owner: (&raw mut released).cast(),
            release: Some(count),
            ..NO_BYTES
        };
        // SAFETY: given one line above.
        assert!(unsafe { take(&mut given) }.is_empty());
        assert_eq!(released, 1);
    }

    #[test]
    fn times_out_of_range_are_clamped() {
        for time in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let nanoseconds = to_nanoseconds(time);
            assert_ne!(nanoseconds, SL_NO_TIME);
            assert_eq!(nanoseconds < 0, time.timestamp() < 0);
        }
        assert_eq!(to_optional_time(to_optional_nanoseconds(None)), None);
        let now = DateTime::from_timestamp_nanos(1_700_000_000_123_456_789);
        assert_eq!(to_optional_time(to_optional_nanoseconds(Some(now))), Some(now));
    }

    #[test]
    fn keys_that_object_store_would_change_are_refused() {
        assert_eq!(exact_path("a/b c%2F").unwrap().as_ref(), "a/b c%2F");
        for key in ["a//b", "/a", "a/", "a/../b", "a\nb"] {
            assert_eq!(exact_path(key).unwrap_err().kind(), ErrorKind::InvalidPath, "{key:?}");
        }
    }

    #[test]
    fn tags_are_decoded() {
        let mut tags = TagSet::default();
        tags.push("a b", "c&d=e");
        tags.push("x", "");
        let pairs = tag_pairs(&tags);
        assert_eq!(pairs, [("a b".into(), "c&d=e".into()), ("x".into(), String::new())]);
        // SAFETY: lent by a live vector.
        assert_eq!(unsafe { to_tags(&lend_pairs(&pairs)) }, tags);
    }
}
