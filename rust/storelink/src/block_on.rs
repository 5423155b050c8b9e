//! Running a future on the calling thread.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

struct Parked {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Runs a future on the calling thread, which waits where the future does. It needs no executor, and may be called
/// inside one.
///
/// `interrupt` is asked at least every 50 ms while the future waits. When it says `true` the future is dropped and the
/// result is `None`.
///
/// ```
/// assert_eq!(storelink::block_on(async { 3 }, || false), Some(3));
/// assert_eq!(storelink::block_on(std::future::pending::<u8>(), || true), None);
/// ```
pub fn block_on<F: Future>(future: F, mut interrupt: impl FnMut() -> bool) -> Option<F::Output> {
    let parked = Arc::new(Parked {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&parked));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let mut asked: Option<Instant> = None;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        // Also a future that is always woken before the time is up is interrupted.
        loop {
            let now = Instant::now();
            let due = *asked.get_or_insert(now) + INTERRUPT_INTERVAL;
            if now >= due {
                asked = Some(now);
                if interrupt() {
                    return None;
                }
            }
            if parked.woken.swap(false, Ordering::Acquire) {
                break;
            }
            thread::park_timeout(INTERRUPT_INTERVAL.min(due.saturating_duration_since(now)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    #[test]
    fn a_busy_future_is_interrupted() {
        let busy = std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!(block_on(busy, || true), None);
    }

    #[test]
    fn a_wake_from_another_thread_continues() {
        let mut waiter = None;
        let future = std::future::poll_fn(move |context| match &waiter {
            None => {
                let waker = context.waker().clone();
                waiter = Some(thread::spawn(move || {
                    thread::sleep(Duration::from_millis(120));
                    waker.wake();
                }));
                Poll::Pending
            }
            Some(thread) if thread.is_finished() => Poll::Ready(()),
            Some(_) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        });
        let mut asked = 0;
        let done = block_on(future, || {
            asked += 1;
            false
        });
        assert_eq!(done, Some(()));
        assert!(asked >= 2, "{asked}");
    }
}
