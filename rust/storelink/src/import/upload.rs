//! put and multipart uploads.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, MultipartUpload, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    TagSet, UploadPart,
};

use super::call::{Call, Keep, complete, on_done};
use super::{StorelinkStore, verb};
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

/// Attributes and tags of a put, to be lent.
struct Described<'a> {
    lent: LentAttributes,
    tags: Vec<(String, String)>,
    // What `lent` borrows from.
    _attributes: &'a Attributes,
}

// SAFETY: what `lent` points to is behind shared references, which may be sent.
unsafe impl Send for Described<'_> {}

impl<'a> Described<'a> {
    /// Fails where the ABI has no name for an attribute: nothing is stored without saying so.
    fn new(attributes: &'a Attributes, tags: &TagSet, location: &Path) -> Result<Self, Error> {
        let mut unknown: Option<Attribute> = None;
        let lent = LentAttributes::of(attributes, |attribute| unknown = Some(attribute.clone()));
        if let Some(attribute) = unknown {
            let message = format!("storelink's C ABI has no attribute {attribute:?}");
            return Err(Error::new(ErrorKind::NotSupported, message).at("", location.as_ref()));
        }
        Ok(Self {
            lent,
            tags: tag_pairs(tags),
            _attributes: attributes,
        })
    }
}

unsafe extern "C" fn on_put(user: *mut c_void, error: *const sl_error, result: *const sl_put_result) {
    // SAFETY: the callback of an operation with this result; without an error `result` is valid.
    unsafe { complete(user, error, || Ok(to_put_result(&*result))) }
}

pub(super) async fn put(
    store: &StorelinkStore,
    location: &Path,
    payload: PutPayload,
    options: &PutOptions,
) -> Result<PutResult> {
    let put = verb!(store.reference, put)?;
    let described = Described::new(&options.attributes, &options.tags, location)?;
    let body = Bytes::from(payload);
    let (mode, e_tag, version) = match &options.mode {
        PutMode::Overwrite => (SL_PUT_OVERWRITE, None, None),
        PutMode::Create => (SL_PUT_CREATE, None, None),
        PutMode::Update(update) => (SL_PUT_UPDATE, update.e_tag.as_deref(), update.version.as_deref()),
    };
    let reference = Arc::clone(&store.reference);
    let result = Call::<PutResult, _>::new(store.keep(), move |user| {
        let described = described;
        let tags = lend_pairs(&described.tags);
        let request = sl_put_request {
            struct_size: size_of::<sl_put_request>() as u32,
            mode,
            path: lend(location.as_ref()),
            body: give(body),
            e_tag: lend_optional(e_tag),
            version: lend_optional(version),
            attributes: described.lent.attributes.as_ptr(),
            attribute_count: described.lent.attributes.len(),
            metadata: described.lent.metadata.as_ptr(),
            metadata_count: described.lent.metadata.len(),
            tags: tags.as_ptr(),
            tag_count: tags.len(),
            headers: std::ptr::null(),
            header_count: 0,
        };
        // SAFETY: the request is borrowed for the call, its body given, also where the call fails.
        unsafe { put(reference.as_ptr(), &request, on_put, user) }
    });
    Ok(result.await?)
}

/// An upload that was given. Dropping it aborts it in the background, unless it was completed or aborted.
#[derive(Debug)]
struct Given(NonNull<sl_upload>);

// SAFETY: every function of the ABI may be called from any thread.
unsafe impl Send for Given {}
// SAFETY: as above; parts may be put in parallel.
unsafe impl Sync for Given {}

impl Drop for Given {
    fn drop(&mut self) {
        let upload = self.0.as_ptr();
        // SAFETY: released once; running operations keep this alive until their callbacks.
        unsafe { ((*upload).release)(upload) }
    }
}

unsafe extern "C" fn on_upload(user: *mut c_void, error: *const sl_error, upload: *mut sl_upload) {
    // SAFETY: the callback of an operation whose result is an upload; without an error it is given.
    unsafe {
        complete(user, error, || match NonNull::new(upload) {
            Some(upload) => Ok(Given(upload)),
            None => Err(Error::new(ErrorKind::Generic, "the store gave no upload")),
        })
    }
}

pub(super) async fn start_multipart(
    store: &StorelinkStore,
    location: &Path,
    options: &PutMultipartOptions,
) -> Result<Box<dyn MultipartUpload>> {
    let start_multipart = verb!(store.reference, start_multipart)?;
    let described = Described::new(&options.attributes, &options.tags, location)?;
    let reference = Arc::clone(&store.reference);
    let given = Call::<Given, _>::new(store.keep(), move |user| {
        let described = described;
        let tags = lend_pairs(&described.tags);
        let request = sl_multipart_request {
            struct_size: size_of::<sl_multipart_request>() as u32,
            reserved: 0,
            path: lend(location.as_ref()),
            attributes: described.lent.attributes.as_ptr(),
            attribute_count: described.lent.attributes.len(),
            metadata: described.lent.metadata.as_ptr(),
            metadata_count: described.lent.metadata.len(),
            tags: tags.as_ptr(),
            tag_count: tags.len(),
        };
        // SAFETY: the request is borrowed for the call.
        unsafe { start_multipart(reference.as_ptr(), &request, on_upload, user) }
    });
    Ok(Box::new(Upload {
        given: Arc::new(given.await?),
        next_index: 0,
    }))
}

#[derive(Debug)]
struct Upload {
    given: Arc<Given>,
    next_index: usize,
}

impl Upload {
    fn keep(&self) -> Keep {
        Arc::clone(&self.given) as Keep
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let index = self.next_index;
        self.next_index += 1;
        let body = Bytes::from(data);
        let given = Arc::clone(&self.given);
        let done = Call::new(self.keep(), move |user| {
            let upload = given.0.as_ptr();
            let mut part = give(body);
            // SAFETY: alive; the part is given.
            unsafe { ((*upload).put_part)(upload, index, &mut part, on_done, user) }
        });
        Box::pin(async move { Ok(done.await?) })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let given = Arc::clone(&self.given);
        let result = Call::<PutResult, _>::new(self.keep(), move |user| {
            let upload = given.0.as_ptr();
            // SAFETY: alive.
            unsafe { ((*upload).complete)(upload, on_put, user) }
        });
        Ok(result.await?)
    }

    async fn abort(&mut self) -> Result<()> {
        let given = Arc::clone(&self.given);
        let done = Call::new(self.keep(), move |user| {
            let upload = given.0.as_ptr();
            // SAFETY: alive.
            unsafe { ((*upload).abort)(upload, on_done, user) }
        });
        Ok(done.await?)
    }
}
