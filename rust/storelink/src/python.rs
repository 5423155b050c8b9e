//! Stores from Python objects and back, with the feature `pyo3`.
//!
//! Functions of an extension take a [`StorelinkStore`] as their parameter: any object with `__storelink_store__()` is
//! one. It is shared, not rebuilt.
//!
//! ```no_run
//! use object_store::{ObjectStoreExt, path::Path};
//! use pyo3::prelude::*;
//! use storelink::{StorelinkStore, python};
//!
//! /// How large an object is.
//! fn size(py: Python<'_>, store: StorelinkStore, path: &str) -> PyResult<u64> {
//!     let path = Path::from(path);
//!     let meta = python::run(py, store.head(&path))?.map_err(python::to_exception)?;
//!     Ok(meta.size)
//! }
//! ```
//!
//! A class with a store of its own has a method `__storelink_store__` that returns [`to_capsule`].

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use object_store::ObjectStore;
use pyo3::exceptions::{
    PyFileExistsError, PyFileNotFoundError, PyNotImplementedError, PyOSError, PyPermissionError, PyTimeoutError,
    PyTypeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyType};
use pyo3::{Borrowed, ffi};
use tokio::runtime::Handle;

use crate::abi::*;
use crate::error::{Error, ErrorKind};
use crate::{StorelinkStore, block_on, export};

impl StorelinkStore {
    /// The store of an object with `__storelink_store__()`. TypeError for any other object.
    pub fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let is_class = object.is_instance_of::<PyType>();
        let method = if is_class {
            None
        } else {
            object.getattr_opt(SL_CAPSULE_METHOD)?
        };
        let Some(method) = method else {
            let given = if is_class {
                "a class, not an instance of it".into()
            } else {
                format!("an object of type {}", object.get_type().fully_qualified_name()?)
            };
            return Err(PyTypeError::new_err(format!(
                "expected an object store, got {given}; accepted is an object with {SL_CAPSULE_METHOD}()"
            )));
        };
        let made = method.call0()?;
        let pointer = made.cast::<PyCapsule>().ok().and_then(|capsule| {
            let pointer = capsule.pointer_checked(Some(SL_CAPSULE_NAME));
            pointer.ok()
        });
        let Some(pointer) = pointer else {
            let given = made.get_type().fully_qualified_name()?;
            return Err(PyTypeError::new_err(format!(
                "{SL_CAPSULE_METHOD}() returned an object of type {given}; it has to be a PyCapsule named \
                 \"storelink_store\""
            )));
        };
        // SAFETY: the name of the capsule says what the pointer is; `made` keeps it alive for the call. Python unloads
        // no extension modules.
        unsafe { Self::from_raw(pointer.as_ptr().cast()) }.map_err(to_exception)
    }

    /// The store as the capsule that `__storelink_store__()` returns.
    pub fn to_capsule<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let store = self.as_ptr();
        // SAFETY: alive; the new reference is the capsule's.
        unsafe {
            ((*store).retain)(store);
            capsule(py, store)
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for StorelinkStore {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Self::from_python(&object)
    }
}

/// A store of `object_store` as the capsule that `__storelink_store__()` returns. See [`export`].
///
/// What is made once and given out by [`StorelinkStore::to_capsule`] each time keeps the places of its listings.
pub fn to_capsule(py: Python<'_>, store: Arc<dyn ObjectStore>, handle: Handle) -> PyResult<Bound<'_, PyCapsule>> {
    // SAFETY: the one reference is the capsule's.
    unsafe { capsule(py, export(store, handle)) }
}

/// # Safety
/// `store` is valid, and one reference is given to the capsule.
unsafe fn capsule(py: Python<'_>, store: *const sl_store) -> PyResult<Bound<'_, PyCapsule>> {
    unsafe extern "C" fn release(capsule: *mut ffi::PyObject) {
        // SAFETY: Python destroys a capsule that this module made, or that was renamed since and is then left alone.
        unsafe {
            let store: *const sl_store = ffi::PyCapsule_GetPointer(capsule, SL_CAPSULE_NAME.as_ptr()).cast();
            if store.is_null() {
                ffi::PyErr_Clear();
            } else {
                ((*store).release)(store);
            }
        }
    }
    // SAFETY: the caller's promise: a store is never null, and lives until the destructor. Nobody writes through the
    // pointer.
    unsafe {
        let pointer = NonNull::new_unchecked(store.cast_mut().cast::<c_void>());
        let made = PyCapsule::new_with_pointer_and_destructor(py, pointer, SL_CAPSULE_NAME, Some(release));
        if made.is_err() {
            ((*store).release)(store);
        }
        made
    }
}

/// Runs a future on this thread without the GIL. Signals are handled every 50 ms: when that raises an exception, such as
/// KeyboardInterrupt, the future is dropped and the exception returned.
pub fn run<F>(py: Python<'_>, future: F) -> PyResult<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let mut raised: PyResult<()> = Ok(());
    let output = py.detach(|| {
        block_on(future, || {
            raised = Python::attach(|py| py.check_signals());
            raised.is_err()
        })
    });
    raised?;
    Ok(output.expect("a future is dropped only when an exception was raised"))
}

/// The builtin exception for an error, with its kind in the attribute `kind`, for example `"not found"`, and the
/// exception that led to it as its `__cause__`: what a credential provider in Python raised.
///
/// | kind | exception |
/// |---|---|
/// | not found | FileNotFoundError |
/// | already exists | FileExistsError |
/// | permission denied, unauthenticated | PermissionError |
/// | invalid path, unknown configuration key | ValueError |
/// | not supported, not implemented | NotImplementedError |
/// | timeout | TimeoutError |
/// | all others | OSError |
pub fn to_exception(error: impl Into<Error>) -> PyErr {
    let error: Error = error.into();
    let text = error.to_string();
    let exception = match error.kind() {
        ErrorKind::NotFound => PyFileNotFoundError::new_err(text),
        ErrorKind::AlreadyExists => PyFileExistsError::new_err(text),
        ErrorKind::PermissionDenied | ErrorKind::Unauthenticated => PyPermissionError::new_err(text),
        ErrorKind::InvalidPath | ErrorKind::UnknownConfigKey => PyValueError::new_err(text),
        ErrorKind::NotSupported | ErrorKind::NotImplemented => PyNotImplementedError::new_err(text),
        ErrorKind::Timeout => PyTimeoutError::new_err(text),
        _ => PyOSError::new_err(text),
    };
    Python::attach(|py| {
        if let Some(cause) = error.cause() {
            // SAFETY: an object that is alive as long as the error.
            let cause = unsafe { Bound::from_borrowed_ptr(py, cause.object().cast()) };
            exception.set_cause(py, Some(PyErr::from_value(cause)));
        }
        // Without the attribute it is still the right exception.
        exception.value(py).setattr("kind", error.kind().to_string()).ok();
    });
    exception
}
