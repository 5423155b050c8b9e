//! Multipart uploads.
//!
//! The ABI numbers parts by an index, in any order; `object_store` in the order of the calls. So a part waits in memory
//! until all of lower index have come.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::lock::Mutex;
use object_store::{MultipartUpload, ObjectStore, PutMultipartOptions, PutPayload, PutResult, UploadPart};

use super::Exported;
use super::operation::User;
use super::verbs::{deliver_done, deliver_put, path_of};
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

pub(super) unsafe extern "C" fn start_multipart(
    store: *const sl_store,
    request: *const sl_multipart_request,
    callback: sl_multipart_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, request) = unsafe { (Exported::share(store), &*request) };
    // SAFETY: as above.
    let (text, path) = unsafe { path_of(request.path) };
    let user = User::new(user);
    let upload_path = text.clone();
    let store = Arc::clone(&this);
    this.operate(
        text,
        |this| {
            let path = path?;
            // SAFETY: as above; this runs during the call.
            let options = unsafe { multipart_options(request) }?;
            Ok(async move { Ok(this.store.put_multipart_opts(&path, options).await?) })
        },
        move |outcome: Result<Box<dyn MultipartUpload>, Error>| match outcome {
            Ok(upload) => {
                let upload = Upload::give(upload, store, upload_path);
                // SAFETY: the one callback; the upload is given.
                unsafe { callback(user.get(), ptr::null(), upload) }
            }
            // SAFETY: the one callback; the error lives until it returns.
            Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null_mut()) },
        },
    )
}

/// # Safety
/// `request` is valid.
unsafe fn multipart_options(request: &sl_multipart_request) -> Result<PutMultipartOptions, Error> {
    // SAFETY: the caller's promise.
    unsafe {
        Ok(PutMultipartOptions {
            tags: to_tags(array(request.tags, request.tag_count)),
            attributes: to_known_attributes(
                array(request.attributes, request.attribute_count),
                array(request.metadata, request.metadata_count),
            )?,
            extensions: Default::default(),
        })
    }
}

struct Parts {
    /// None: it has been completed or aborted.
    upload: Option<Box<dyn MultipartUpload>>,
    next_index: usize,
    /// Of higher index than the next.
    waiting: BTreeMap<usize, Bytes>,
}

impl Parts {
    /// Takes a part. Its future, and those of the parts that waited for it.
    fn put(&mut self, index: usize, part: Bytes) -> Result<Vec<UploadPart>, Error> {
        let upload = self.upload.as_mut().ok_or_else(ended)?;
        if index < self.next_index {
            let message = format!("part {index} was put before; object_store cannot replace a part");
            return Err(Error::new(ErrorKind::NotSupported, message));
        }
        self.waiting.insert(index, part);
        let mut futures = Vec::new();
        while let Some(part) = self.waiting.remove(&self.next_index) {
            futures.push(upload.put_part(PutPayload::from_bytes(part)));
            self.next_index += 1;
        }
        Ok(futures)
    }

    async fn complete(&mut self) -> Result<PutResult, Error> {
        let upload = self.upload.as_mut().ok_or_else(ended)?;
        if let Some(last) = self.waiting.keys().next_back() {
            let message = format!(
                "parts are missing: part {last} was put, part {} was not",
                self.next_index
            );
            return Err(Error::new(ErrorKind::Generic, message));
        }
        let result = upload.complete().await?;
        self.upload = None;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<(), Error> {
        self.waiting.clear();
        if let Some(upload) = &mut self.upload {
            upload.abort().await?;
            self.upload = None;
        }
        Ok(())
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Generic, "this upload has been completed or aborted")
}

/// An upload as the consumer and its operations have it.
struct Shared {
    store: Arc<Exported>,
    parts: Mutex<Parts>,
    /// Why the object would not be whole.
    failure: std::sync::Mutex<Option<Error>>,
}

impl Shared {
    async fn put_part(self: Arc<Self>, index: usize, part: Bytes) -> Result<(), Error> {
        let futures = self.parts.lock().await.put(index, part)?;
        let mut putting = Putting {
            shared: &self,
            outcome: Err(Error::new(ErrorKind::Cancelled, format!("part {index} was cancelled"))),
        };
        let outcomes = join_all(futures).await;
        putting.outcome = outcomes
            .into_iter()
            .collect::<object_store::Result<()>>()
            .map_err(Error::from);
        putting.outcome.clone()
    }

    async fn complete(self: Arc<Self>) -> Result<PutResult, Error> {
        if let Some(failure) = locked(&self.failure).clone() {
            return Err(failure);
        }
        self.parts.lock().await.complete().await
    }

    async fn abort(self: Arc<Self>) -> Result<(), Error> {
        self.parts.lock().await.abort().await
    }
}

impl Drop for Shared {
    /// Aborts it in the background, if nothing has ended it. In a child process there is nobody who could.
    fn drop(&mut self) {
        match self.parts.get_mut().upload.take() {
            Some(mut upload) if self.store.is_here() => {
                self.store.handle.spawn(async move { upload.abort().await });
            }
            _ => {}
        }
    }
}

/// Remembers what became of parts, also when their futures are dropped: `object_store` would not miss them.
struct Putting<'a> {
    shared: &'a Shared,
    outcome: Result<(), Error>,
}

impl Drop for Putting<'_> {
    fn drop(&mut self) {
        if let Err(error) = &self.outcome {
            locked(&self.shared.failure).get_or_insert_with(|| error.clone());
        }
    }
}

#[repr(C)]
struct Upload {
    table: sl_upload,
    path: String,
    shared: Arc<Shared>,
}

impl Upload {
    fn give(upload: Box<dyn MultipartUpload>, store: Arc<Exported>, path: String) -> *mut sl_upload {
        let upload = Box::new(Self {
            table: sl_upload {
                struct_size: size_of::<sl_upload>() as u32,
                reserved: 0,
                put_part: Self::put_part,
                complete: Self::complete,
                abort: Self::abort,
                release: Self::release,
            },
            path,
            shared: Arc::new(Shared {
                store,
                parts: Mutex::new(Parts {
                    upload: Some(upload),
                    next_index: 0,
                    waiting: BTreeMap::new(),
                }),
                failure: std::sync::Mutex::new(None),
            }),
        });
        Box::into_raw(upload).cast()
    }

    fn operate<T, W>(
        &self,
        begin: impl FnOnce(Arc<Shared>) -> W,
        deliver: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> *mut sl_operation
    where
        T: 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let store = Arc::clone(&shared.store);
        store.operate(self.path.clone(), |_| Ok(begin(shared)), deliver)
    }

    unsafe extern "C" fn put_part(
        upload: *mut sl_upload,
        index: usize,
        part: *mut sl_bytes,
        callback: sl_done_callback,
        user: *mut c_void,
    ) -> *mut sl_operation {
        // SAFETY: the consumer's promise: made by `give`, alive; the part is given.
        let (this, part) = unsafe { (&*upload.cast::<Self>(), take(&mut *part)) };
        this.operate(
            |shared| shared.put_part(index, part),
            deliver_done(callback, User::new(user)),
        )
    }

    unsafe extern "C" fn complete(
        upload: *mut sl_upload,
        callback: sl_put_callback,
        user: *mut c_void,
    ) -> *mut sl_operation {
        // SAFETY: the consumer's promise: made by `give`, alive.
        let this = unsafe { &*upload.cast::<Self>() };
        this.operate(Shared::complete, deliver_put(callback, User::new(user)))
    }

    unsafe extern "C" fn abort(
        upload: *mut sl_upload,
        callback: sl_done_callback,
        user: *mut c_void,
    ) -> *mut sl_operation {
        // SAFETY: the consumer's promise: made by `give`, alive.
        let this = unsafe { &*upload.cast::<Self>() };
        this.operate(Shared::abort, deliver_done(callback, User::new(user)))
    }

    unsafe extern "C" fn release(upload: *mut sl_upload) {
        // SAFETY: made by `give`, and released once.
        let this = unsafe { Box::from_raw(upload.cast::<Self>()) };
        quietly(|| drop(this));
    }
}
