//! A future as an operation of the C ABI.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker, ready};

use futures_util::future::{AbortHandle, Abortable, Aborted};
use tokio::runtime::Handle;

use crate::abi::*;
use crate::block_on::block_on;
use crate::convert::{locked, quietly};
use crate::error::{Error, ErrorKind};

/// What a consumer wants to get back with its callback.
#[derive(Clone, Copy)]
pub(super) struct User(*mut c_void);

// SAFETY: callbacks may come on any thread, with the pointer that they were given.
unsafe impl Send for User {}

impl User {
    pub(super) fn new(user: *mut c_void) -> Self {
        Self(user)
    }

    pub(super) fn get(self) -> *mut c_void {
        self.0
    }
}

/// The work, and its one delivery: after the work has been dropped, so that nothing uses the consumer's buffers any
/// more.
struct Run<T, W, D>
where
    W: Future<Output = Result<T, Error>>,
    D: FnOnce(Result<T, Error>),
{
    /// An error: it could not begin. None: it has ended.
    work: Option<Result<Pin<Box<Abortable<W>>>, Error>>,
    deliver: Option<D>,
    started: bool,
    result: PhantomData<fn() -> T>,
}

// The work is pinned in a box of its own.
impl<T, W, D> Unpin for Run<T, W, D>
where
    W: Future<Output = Result<T, Error>>,
    D: FnOnce(Result<T, Error>),
{
}

impl<T, W, D> Run<T, W, D>
where
    W: Future<Output = Result<T, Error>>,
    D: FnOnce(Result<T, Error>),
{
    fn end(&mut self, outcome: Result<T, Error>) {
        quietly(|| self.work = None);
        if let Some(deliver) = self.deliver.take() {
            deliver(outcome);
        }
    }
}

impl<T, W, D> Future for Run<T, W, D>
where
    W: Future<Output = Result<T, Error>>,
    D: FnOnce(Result<T, Error>),
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let outcome = match &mut self.work {
            None => return Poll::Ready(()),
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(work)) => match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
                Ok(polled) => {
                    ready!(polled).unwrap_or_else(|Aborted| Err(Error::new(ErrorKind::Cancelled, "cancelled")))
                }
                Err(panic) => Err(Error::panicked(panic.as_ref())),
            },
        };
        self.end(outcome);
        Poll::Ready(())
    }
}

impl<T, W, D> Drop for Run<T, W, D>
where
    W: Future<Output = Result<T, Error>>,
    D: FnOnce(Result<T, Error>),
{
    /// The callback comes also when the runtime drops its tasks.
    fn drop(&mut self) {
        if self.started && self.deliver.is_some() {
            let message = "cancelled: the tokio runtime of this store has been shut down";
            self.end(Err(Error::new(ErrorKind::Cancelled, message)));
        }
    }
}

#[repr(C)]
struct Operation<T, W, D>
where
    W: Future<Output = Result<T, Error>>,
    D: FnOnce(Result<T, Error>),
{
    table: sl_operation,
    handle: Handle,
    abort: AbortHandle,
    run: Mutex<Option<Run<T, W, D>>>,
}

impl<T, W, D> Operation<T, W, D>
where
    T: 'static,
    W: Future<Output = Result<T, Error>> + Send + 'static,
    D: FnOnce(Result<T, Error>) + Send + 'static,
{
    /// What is needed to run it. The operation may be released as soon as it runs.
    ///
    /// # Safety
    /// `operation` is alive and was made by `operate` with these types.
    unsafe fn take(operation: *mut sl_operation) -> Option<(Run<T, W, D>, Handle, AbortHandle)> {
        // SAFETY: the caller's promise.
        let this = unsafe { &*operation.cast::<Self>() };
        let mut run = locked(&this.run).take()?;
        run.started = true;
        Some((run, this.handle.clone(), this.abort.clone()))
    }

    /// Here until the first wait, then on the runtime.
    unsafe extern "C" fn start(operation: *mut sl_operation) {
        // SAFETY: the consumer's promise.
        let Some((mut run, handle, _)) = (unsafe { Self::take(operation) }) else {
            return;
        };
        quietly(|| {
            let _context = handle.enter();
            let mut nobody = Context::from_waker(Waker::noop());
            if Pin::new(&mut run).poll(&mut nobody).is_pending() {
                handle.spawn(run); // which polls again
            }
        });
    }

    unsafe extern "C" fn drive(operation: *mut sl_operation, interrupt: Option<sl_interrupt>, user: *mut c_void) {
        // SAFETY: the consumer's promise.
        let Some((run, handle, abort)) = (unsafe { Self::take(operation) }) else {
            return;
        };
        quietly(|| {
            let _context = handle.enter();
            block_on(run, || {
                // SAFETY: on the thread that drives, with the pointer that came with the function.
                if !abort.is_aborted() && interrupt.is_some_and(|ask| unsafe { ask(user) } != 0) {
                    abort.abort();
                }
                false // the callback still has to come
            });
        });
    }

    unsafe extern "C" fn cancel(operation: *mut sl_operation) {
        // SAFETY: the consumer's promise: it is alive.
        let abort = unsafe { &(*operation.cast::<Self>()).abort };
        abort.abort();
    }

    unsafe extern "C" fn release(operation: *mut sl_operation) {
        // SAFETY: made by `operate`, and released once.
        let this = unsafe { Box::from_raw(operation.cast::<Self>()) };
        quietly(|| drop(this));
    }
}

/// The operation of the future that `begin` makes. Whatever goes wrong in it, panics too, goes to `deliver`.
pub(super) fn operate<T, W, D>(
    handle: &Handle,
    begin: impl FnOnce() -> Result<W, Error>,
    deliver: D,
) -> *mut sl_operation
where
    T: 'static,
    W: Future<Output = Result<T, Error>> + Send + 'static,
    D: FnOnce(Result<T, Error>) + Send + 'static,
{
    let (abort, registration) = AbortHandle::new_pair();
    let work = catch_unwind(AssertUnwindSafe(begin))
        .unwrap_or_else(|panic| Err(Error::panicked(panic.as_ref())))
        .map(|work| Box::pin(Abortable::new(work, registration)));
    let run = Run {
        work: Some(work),
        deliver: Some(deliver),
        started: false,
        result: PhantomData,
    };
    let operation = Box::new(Operation {
        table: sl_operation {
            struct_size: size_of::<sl_operation>() as u32,
            reserved: 0,
            start: Operation::<T, W, D>::start,
            drive: Operation::<T, W, D>::drive,
            cancel: Operation::<T, W, D>::cancel,
            release: Operation::<T, W, D>::release,
        },
        handle: handle.clone(),
        abort,
        run: Mutex::new(Some(run)),
    });
    Box::into_raw(operation).cast()
}
