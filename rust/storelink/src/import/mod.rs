//! A store of the C ABI as an [`object_store::ObjectStore`].

mod call;
mod listing;
mod reading;
mod upload;

use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, OBJECT_STORE_COALESCE_DEFAULT,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    RenameTargetMode, Result, coalesce_ranges,
};

use crate::abi::*;
use crate::convert::{lend, text};
use crate::error::{Error, ErrorKind};
use call::{Call, complete, on_done};

/// A verb of a store's table. None where the table ends before it, or has no function for it.
macro_rules! verb {
    ($store:expr, $name:ident) => {{
        let table = $store.as_ptr();
        let end = std::mem::offset_of!(sl_store, $name) + size_of::<*const ()>();
        // SAFETY: the table lives as long as the reference, and what lies before struct_size is there.
        unsafe { ((*table).struct_size as usize >= end).then(|| (*table).$name) }
            .flatten()
            .ok_or_else(|| $store.lacks(stringify!($name)))
    }};
}
use verb;

/// One reference to a store.
#[derive(Debug)]
struct Reference(NonNull<sl_store>);

// SAFETY: every function of the ABI may be called from any thread.
unsafe impl Send for Reference {}
// SAFETY: as above.
unsafe impl Sync for Reference {}

impl Reference {
    fn as_ptr(&self) -> *const sl_store {
        self.0.as_ptr()
    }

    fn lacks(&self, verb: &str) -> Error {
        let message = format!("the library that made this store offers no `{verb}` through storelink's C ABI");
        Error::new(ErrorKind::NotSupported, message).at(&self.describe(), "")
    }

    fn describe(&self) -> String {
        let mut buffer = vec![0u8; 128];
        loop {
            let store = self.as_ptr();
            // SAFETY: writes at most the size that it is told.
            let size = unsafe { ((*store).describe)(store, buffer.as_mut_ptr().cast(), buffer.len()) };
            let whole = size <= buffer.len();
            buffer.resize(size, 0);
            if whole {
                return String::from_utf8_lossy(&buffer).into_owned();
            }
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let store = self.as_ptr();
        // SAFETY: the one reference that this stands for.
        unsafe { ((*store).release)(store) }
    }
}

/// A store that other code made and shares through the C ABI: a C++ library, another extension, [`export`].
///
/// It is an [`ObjectStore`]; clones share the store. Futures begin at their first poll, run on the producer's threads
/// and need no particular executor. Dropping one cancels its operation. Nothing blocks.
///
/// Listings give keys as [`Path`]s. A key that is none, such as `a//b`, is an error at its place in the stream, and the
/// stream goes on behind it.
///
/// [`export`]: crate::export
#[derive(Clone)]
pub struct StorelinkStore {
    reference: Arc<Reference>,
}

impl StorelinkStore {
    /// Takes a reference of its own.
    ///
    /// Fails with [`ErrorKind::NotSupported`] if the store speaks another version of the ABI.
    ///
    /// # Safety
    /// `store` points to a store as `storelink/abi.h` describes it. Its producer's code stays loaded as long as there
    /// are stores, futures, streams, uploads and bytes that came from it.
    pub unsafe fn from_raw(store: *const sl_store) -> std::result::Result<Self, Error> {
        let Some(pointer) = NonNull::new(store.cast_mut()) else {
            return Err(Error::new(ErrorKind::Generic, "the pointer to the store is null"));
        };
        // SAFETY: the caller's promise; every version of the ABI begins with these fields.
        let (size, version) = unsafe { ((*store).struct_size as usize, (*store).abi_version) };
        let needed = std::mem::offset_of!(sl_store, get);
        if version != SL_ABI_VERSION || size < needed {
            let message = format!(
                "the store speaks version {version} of storelink's C ABI with a table of {size} bytes; accepted is \
                 version {SL_ABI_VERSION} with at least {needed}"
            );
            return Err(Error::new(ErrorKind::NotSupported, message));
        }
        // SAFETY: as above.
        unsafe { ((*store).retain)(store) };
        Ok(Self {
            reference: Arc::new(Reference(pointer)),
        })
    }

    /// The store itself, to share it further: valid as long as `self`, longer for who calls its `retain`.
    pub fn as_ptr(&self) -> *const sl_store {
        self.reference.as_ptr()
    }

    /// What the store says it can do: `SL_CAN_…` bits of [`abi`](crate::abi).
    pub fn capabilities(&self) -> u64 {
        let store = self.as_ptr();
        // SAFETY: alive, and always in the table.
        unsafe { ((*store).capabilities)(store) }
    }

    /// A URL with which anybody may do one request for a limited time, rounded up to seconds.
    ///
    /// `method` is GET, PUT, HEAD, DELETE or another that the service knows.
    pub async fn sign(&self, method: &str, path: &Path, expires_in: Duration) -> Result<String> {
        let sign = verb!(self.reference, sign)?;
        let seconds = expires_in.as_secs() + u64::from(expires_in.subsec_nanos() > 0);
        let store = Arc::clone(&self.reference);
        let url = Call::new(self.keep(), move |user| {
            let request = sl_sign_request {
                struct_size: size_of::<sl_sign_request>() as u32,
                reserved: 0,
                method: lend(method),
                path: lend(path.as_ref()),
                expires_in: seconds,
            };
            // SAFETY: the request is borrowed for the call.
            unsafe { sign(store.as_ptr(), &request, on_url, user) }
        });
        Ok(url.await?)
    }

    fn keep(&self) -> call::Keep {
        Arc::clone(&self.reference) as call::Keep
    }

    async fn copy_or_rename(&self, verb: sl_copy_verb, from: &Path, to: &Path, overwrite: bool) -> Result<()> {
        let store = Arc::clone(&self.reference);
        let done = Call::new(self.keep(), move |user| {
            let request = sl_copy_request {
                struct_size: size_of::<sl_copy_request>() as u32,
                overwrite: overwrite.into(),
                from: lend(from.as_ref()),
                to: lend(to.as_ref()),
            };
            // SAFETY: the request is borrowed for the call.
            unsafe { verb(store.as_ptr(), &request, on_done, user) }
        });
        Ok(done.await?)
    }
}

unsafe extern "C" fn on_url(user: *mut std::ffi::c_void, error: *const sl_error, url: *const sl_string) {
    // SAFETY: the callback of an operation whose result is a text; without an error `url` is valid.
    unsafe { complete(user, error, || Ok(text(*url))) }
}

impl fmt::Display for StorelinkStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reference.describe())
    }
}

impl fmt::Debug for StorelinkStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorelinkStore({self})")
    }
}

#[async_trait]
impl ObjectStore for StorelinkStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        upload::put(self, location, payload, &opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        upload::start_multipart(self, location, &opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        reading::get(self, location, &options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if verb!(self.reference, get_ranges).is_ok() {
            return reading::get_ranges(self, location, ranges).await;
        }
        let get = |range| self.get_range(location, range);
        coalesce_ranges(ranges, get, OBJECT_STORE_COALESCE_DEFAULT).await
    }

    /// One location alone is deleted as by `delete`: whether a missing object is an error is the service's choice.
    /// Of locations that are ready together, up to 1,000 at a time, a missing one counts as deleted.
    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        listing::delete_stream(self.clone(), locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        listing::list(self, prefix, None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        listing::list(self, prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        listing::list_with_delimiter(self, prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let copy = verb!(self.reference, copy)?;
        let overwrite = options.mode == CopyMode::Overwrite;
        self.copy_or_rename(copy, from, to, overwrite).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let overwrite = options.target_mode == RenameTargetMode::Overwrite;
        if let Ok(rename) = verb!(self.reference, rename) {
            return self.copy_or_rename(rename, from, to, overwrite).await;
        }
        let copy = verb!(self.reference, copy)?;
        self.copy_or_rename(copy, from, to, overwrite).await?;
        self.delete(from).await
    }
}

#[cfg(feature = "signer")]
#[async_trait]
impl object_store::signer::Signer for StorelinkStore {
    async fn signed_url(
        &self,
        method: object_store::signer::Method,
        path: &Path,
        expires_in: Duration,
    ) -> Result<object_store::signer::Url> {
        let url = self.sign(method.as_str(), path, expires_in).await?;
        url.parse().map_err(|_| {
            let error = Error::new(ErrorKind::Generic, "the store signed something that is no URL");
            error.at(&self.to_string(), path.as_ref()).into()
        })
    }
}
