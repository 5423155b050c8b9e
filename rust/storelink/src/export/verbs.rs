//! The entries of the store's table that are one call of `object_store` each.

use std::ffi::c_void;
use std::ptr;

use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, RenameOptions,
    RenameTargetMode, UpdateVersion,
};

use super::Exported;
use super::operation::User;
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

/// For verbs whose success has nothing to tell.
pub(super) fn deliver_done(callback: sl_done_callback, user: User) -> impl FnOnce(Result<(), Error>) + Send {
    move |outcome| {
        let error = outcome.as_ref().err().map(Error::lend);
        let error = error.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the one callback; the error lives until it returns.
        unsafe { callback(user.get(), error) }
    }
}

pub(super) fn deliver_put(callback: sl_put_callback, user: User) -> impl FnOnce(Result<PutResult, Error>) + Send {
    move |outcome| match outcome {
        Ok(result) => {
            let raw = sl_put_result {
                struct_size: size_of::<sl_put_result>() as u32,
                reserved: 0,
                e_tag: lend_optional(result.e_tag.as_deref()),
                version: lend_optional(result.version.as_deref()),
            };
            // SAFETY: the one callback; the result lives until it returns.
            unsafe { callback(user.get(), ptr::null(), &raw) }
        }
        // SAFETY: the one callback; the error lives until it returns.
        Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null()) },
    }
}

/// The path of a request, as text for messages and as `object_store` takes it.
///
/// # Safety
/// `raw` is a valid string of the ABI.
pub(super) unsafe fn path_of(raw: sl_string) -> (String, Result<Path, Error>) {
    // SAFETY: the caller's promise.
    unsafe {
        let path = exact_text(raw).and_then(|key| exact_path(&key));
        (text(raw), path)
    }
}

pub(super) unsafe extern "C" fn put(
    store: *const sl_store,
    request: *const sl_put_request,
    callback: sl_put_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call; the body is given.
    let (this, request, body) = unsafe {
        let mut body = ptr::read(&raw const (*request).body);
        (Exported::share(store), &*request, take(&mut body))
    };
    // SAFETY: as above.
    let (text, path) = unsafe { path_of(request.path) };
    this.operate(
        text,
        |this| {
            let path = path?;
            // SAFETY: as above; this runs during the call.
            let options = unsafe { put_options(request) }?;
            Ok(async move {
                let payload = PutPayload::from_bytes(body);
                Ok(this.store.put_opts(&path, payload, options).await?)
            })
        },
        deliver_put(callback, User::new(user)),
    )
}

/// # Safety
/// `request` is valid.
unsafe fn put_options(request: &sl_put_request) -> Result<PutOptions, Error> {
    let mode = match request.mode {
        SL_PUT_OVERWRITE => PutMode::Overwrite,
        SL_PUT_CREATE => PutMode::Create,
        // SAFETY: the caller's promise.
        SL_PUT_UPDATE => unsafe {
            PutMode::Update(UpdateVersion {
                e_tag: optional_text(request.e_tag),
                version: optional_text(request.version),
            })
        },
        _ => {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "a mode of put that is not known here",
            ));
        }
    };
    // SAFETY: the caller's promise.
    unsafe {
        Ok(PutOptions {
            mode,
            tags: to_tags(array(request.tags, request.tag_count)),
            attributes: to_known_attributes(
                array(request.attributes, request.attribute_count),
                array(request.metadata, request.metadata_count),
            )?,
            extensions: Default::default(),
        })
    }
}

pub(super) unsafe extern "C" fn remove(
    store: *const sl_store,
    path: sl_string,
    callback: sl_done_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, (text, path)) = unsafe { (Exported::share(store), path_of(path)) };
    this.operate(
        text,
        |this| {
            let path = path?;
            Ok(async move { Ok(this.store.delete(&path).await?) })
        },
        deliver_done(callback, User::new(user)),
    )
}

pub(super) unsafe extern "C" fn copy(
    store: *const sl_store,
    request: *const sl_copy_request,
    callback: sl_done_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, from, to, overwrite) = unsafe { copy_request(store, request) };
    let mode = if overwrite {
        CopyMode::Overwrite
    } else {
        CopyMode::Create
    };
    this.operate(
        from.0,
        |this| {
            let (from, to) = (from.1?, to?);
            let options = CopyOptions::new().with_mode(mode);
            Ok(async move { Ok(this.store.copy_opts(&from, &to, options).await?) })
        },
        deliver_done(callback, User::new(user)),
    )
}

pub(super) unsafe extern "C" fn rename(
    store: *const sl_store,
    request: *const sl_copy_request,
    callback: sl_done_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, from, to, overwrite) = unsafe { copy_request(store, request) };
    let mode = if overwrite {
        RenameTargetMode::Overwrite
    } else {
        RenameTargetMode::Create
    };
    this.operate(
        from.0,
        |this| {
            let (from, to) = (from.1?, to?);
            let options = RenameOptions::new().with_target_mode(mode);
            Ok(async move { Ok(this.store.rename_opts(&from, &to, options).await?) })
        },
        deliver_done(callback, User::new(user)),
    )
}

type FromTo = (
    std::sync::Arc<Exported>,
    (String, Result<Path, Error>),
    Result<Path, Error>,
    bool,
);

/// # Safety
/// Both are valid.
unsafe fn copy_request(store: *const sl_store, request: *const sl_copy_request) -> FromTo {
    // SAFETY: the caller's promise.
    unsafe {
        let request = &*request;
        (
            Exported::share(store),
            path_of(request.from),
            path_of(request.to).1,
            request.overwrite != 0,
        )
    }
}

#[cfg(feature = "signer")]
pub(super) unsafe extern "C" fn sign(
    store: *const sl_store,
    request: *const sl_sign_request,
    callback: sl_sign_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, request) = unsafe { (Exported::share(store), &*request) };
    // SAFETY: as above.
    let ((path_text, path), method) = unsafe { (path_of(request.path), text(request.method)) };
    let expires_in = std::time::Duration::from_secs(request.expires_in);
    let user = User::new(user);
    this.operate(
        path_text,
        |this| {
            let path = path?;
            let method = method
                .parse()
                .map_err(|_| Error::new(ErrorKind::Generic, format!("{method:?} is no HTTP method")))?;
            let signer = this.signer.clone();
            let signer = signer.ok_or_else(|| Error::new(ErrorKind::NotSupported, "no presigned URLs"))?;
            Ok(async move { Ok(signer.signed_url(method, &path, expires_in).await?.to_string()) })
        },
        move |outcome: Result<String, Error>| match outcome {
            // SAFETY: the one callback; the text lives until it returns.
            Ok(url) => unsafe { callback(user.get(), ptr::null(), &lend(&url)) },
            // SAFETY: the one callback; the error lives until it returns.
            Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null()) },
        },
    )
}
