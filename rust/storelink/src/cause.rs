//! The Python exception that led to an error, kept without Python: it goes through this crate and is lent again.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use crate::abi::sl_object;

const NO_OBJECT: sl_object = sl_object {
    object: ptr::null_mut(),
    owner: ptr::null_mut(),
    copy: None,
    release: None,
};

#[derive(Debug)]
struct Kept {
    object: *mut c_void,
    owner: *mut c_void,
    release: unsafe extern "C" fn(copied: *mut c_void),
}

// SAFETY: owners may be copied and released on any thread; the object itself is used by who has the GIL.
unsafe impl Send for Kept {}
// SAFETY: as above.
unsafe impl Sync for Kept {}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: an owner of its own, released once.
        unsafe { (self.release)(self.owner) }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Cause(Arc<Kept>);

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.0.object == other.0.object
    }
}

impl Eq for Cause {}

impl Cause {
    /// None where there is no object, and where memory is out: the error is more important.
    ///
    /// # Safety
    /// `lent` is valid.
    pub(crate) unsafe fn keep(lent: &sl_object) -> Option<Self> {
        if lent.object.is_null() {
            return None;
        }
        // SAFETY: the caller's promise.
        let owner = unsafe { lent.copy?(lent.owner) };
        let (object, release) = (lent.object, lent.release?);
        (!owner.is_null()).then(|| Self(Arc::new(Kept { object, owner, release })))
    }

    /// For a callback: borrows from the cause.
    pub(crate) fn lend(cause: Option<&Self>) -> sl_object {
        unsafe extern "C" fn copy(owner: *mut c_void) -> *mut c_void {
            // SAFETY: lent below, alive.
            let cause = unsafe { &*owner.cast::<Cause>() };
            Box::into_raw(Box::new(cause.clone())).cast()
        }
        unsafe extern "C" fn release(copied: *mut c_void) {
            // SAFETY: made by copy(), released once.
            drop(unsafe { Box::from_raw(copied.cast::<Cause>()) });
        }
        let Some(cause) = cause else { return NO_OBJECT };
        sl_object {
            object: cause.0.object,
            owner: ptr::from_ref(cause).cast_mut().cast(),
            copy: Some(copy),
            release: Some(release),
        }
    }

    /// The exception (PyObject*), alive as long as this is.
    #[cfg(feature = "pyo3")]
    pub(crate) fn object(&self) -> *mut c_void {
        self.0.object
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

    unsafe extern "C" fn count(owner: *mut c_void) -> *mut c_void {
        // SAFETY: the counter below.
        unsafe { &*owner.cast::<AtomicI32>() }.fetch_add(1, SeqCst);
        owner
    }

    unsafe extern "C" fn uncount(owner: *mut c_void) {
        // SAFETY: the counter below.
        unsafe { &*owner.cast::<AtomicI32>() }.fetch_sub(1, SeqCst);
    }

    #[test]
    fn a_cause_is_kept_until_its_last_copy_is_gone() {
        let owners = AtomicI32::new(0);
        let mut object = 0u8;
        let first = sl_object {
            object: (&raw mut object).cast(),
            owner: ptr::from_ref(&owners).cast_mut().cast(),
            copy: Some(count),
            release: Some(uncount),
        };
        // SAFETY: valid; so are those that are lent below.
        let kept = unsafe { Cause::keep(&first) }.unwrap();
        // SAFETY: as above.
        let again = unsafe { Cause::keep(&Cause::lend(Some(&kept))) }.unwrap();
        assert_eq!((owners.load(SeqCst), again == kept), (1, true));
        drop(kept);
        assert_eq!(Cause::lend(Some(&again)).object, first.object);
        assert_eq!(owners.load(SeqCst), 1);
        drop(again);
        assert_eq!(owners.load(SeqCst), 0);
        // SAFETY: as above.
        assert!(unsafe { Cause::keep(&Cause::lend(None)) }.is_none());
    }
}
