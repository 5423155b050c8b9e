//! One operation of the producer as a future.

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::abi::*;
use crate::convert::{locked, quietly};
use crate::error::Error;

/// What an operation uses: lives until its callback has come, also when nobody waits for that any more.
pub(crate) type Keep = Arc<dyn Any + Send + Sync>;

enum State<T> {
    Waiting(Waker),
    Ended(Result<T, Error>),
    Taken,
}

/// Where the callback leaves the outcome. Held by the future and, while the operation runs, by the callback.
struct Slot<T> {
    state: Mutex<State<T>>,
    _keep: Keep,
}

struct Operation(NonNull<sl_operation>);

// SAFETY: every function of the ABI may be called from any thread.
unsafe impl Send for Operation {}

impl Drop for Operation {
    fn drop(&mut self) {
        let raw = self.0.as_ptr();
        // SAFETY: alive until this one release. Cancelling does nothing to an operation that has ended; one that
        // runs calls back later, and its callback finds all that it needs in the slot.
        unsafe {
            ((*raw).cancel)(raw);
            ((*raw).release)(raw);
        }
    }
}

enum Progress<T, B> {
    New(B, Keep),
    Running(
        Arc<Slot<T>>,
        #[allow(dead_code, reason = "cancels when it is dropped")] Operation,
    ),
    Done,
}

/// `begin` makes the operation, given what its callback gets as `user`. That happens at the first poll; the operation
/// runs on the producer's threads, and its callback wakes the task. Dropping the future before its end cancels it.
pub(crate) struct Call<T, B>(Progress<T, B>);

// Nothing in it is ever pinned.
impl<T, B> Unpin for Call<T, B> {}

impl<T, B> Call<T, B>
where
    T: Send + 'static,
    B: FnOnce(*mut c_void) -> *mut sl_operation,
{
    pub(crate) fn new(keep: Keep, begin: B) -> Self {
        Self(Progress::New(begin, keep))
    }

    fn begin(begin: B, keep: Keep, waker: &Waker) -> Progress<T, B> {
        let slot = Arc::new(Slot {
            state: Mutex::new(State::Waiting(waker.clone())),
            _keep: keep,
        });
        let user = Arc::into_raw(Arc::clone(&slot)).cast_mut().cast::<c_void>();
        match NonNull::new(begin(user)) {
            Some(operation) => {
                // SAFETY: made one line above, started once.
                unsafe { (operation.as_ref().start)(operation.as_ptr()) };
                Progress::Running(slot, Operation(operation))
            }
            None => {
                // SAFETY: there is no operation, hence no callback to take this reference.
                drop(unsafe { Arc::from_raw(user.cast::<Slot<T>>()) });
                *locked(&slot.state) = State::Taken;
                Progress::Done
            }
        }
    }
}

impl<T, B> Future for Call<T, B>
where
    T: Send + 'static,
    B: FnOnce(*mut c_void) -> *mut sl_operation,
{
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Progress::New(..) = self.0 {
            let Progress::New(begin, keep) = std::mem::replace(&mut self.0, Progress::Done) else {
                unreachable!("looked at one line above")
            };
            self.0 = Self::begin(begin, keep, context.waker());
        }
        let Progress::Running(slot, _) = &self.0 else {
            return Poll::Ready(Err(Error::out_of_memory()));
        };
        let mut state = locked(&slot.state);
        if let State::Waiting(waker) = &mut *state {
            waker.clone_from(context.waker());
            return Poll::Pending;
        }
        let ended = std::mem::replace(&mut *state, State::Taken);
        drop(state);
        let State::Ended(outcome) = ended else {
            unreachable!("a future is not polled after its end")
        };
        self.0 = Progress::Done;
        Poll::Ready(outcome)
    }
}

/// What every callback does: `convert` makes the result if there is no error, and the task is woken.
///
/// # Safety
/// `user` came from the `Call` of an operation with this result type, whose one callback this is; `error` is null or
/// valid.
pub(crate) unsafe fn complete<T>(
    user: *mut c_void,
    error: *const sl_error,
    convert: impl FnOnce() -> Result<T, Error>,
) {
    // SAFETY: the reference that was given away with `user`.
    let slot = unsafe { Arc::from_raw(user.cast::<Slot<T>>()) };
    let outcome = if error.is_null() {
        catch_unwind(AssertUnwindSafe(convert)).unwrap_or_else(|panic| Err(Error::panicked(panic.as_ref())))
    } else {
        // SAFETY: not null, hence valid for the callback.
        Err(unsafe { Error::from_raw(error) })
    };
    quietly(|| {
        let before = std::mem::replace(&mut *locked(&slot.state), State::Ended(outcome));
        if let State::Waiting(waker) = before {
            waker.wake();
        }
        drop(slot);
    });
}

pub(crate) unsafe extern "C" fn on_done(user: *mut c_void, error: *const sl_error) {
    // SAFETY: the callback of an operation without a result.
    unsafe { complete(user, error, || Ok(())) }
}
