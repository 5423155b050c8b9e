//! An [`object_store::ObjectStore`] as a store of the C ABI.

mod listing;
mod operation;
mod reading;
mod upload;
mod verbs;

use std::ffi::c_char;
use std::sync::Arc;

use object_store::ObjectStore;
use tokio::runtime::Handle;

use crate::abi::*;
use crate::convert::quietly;
use crate::error::{Error, ErrorKind};
use listing::Listings;

#[cfg(feature = "signer")]
type Signer = Arc<dyn object_store::signer::Signer>;
#[cfg(not(feature = "signer"))]
type Signer = std::convert::Infallible;

/// What the pointer to the `sl_store` points to.
#[repr(C)]
struct Exported {
    table: sl_store,
    store: Arc<dyn ObjectStore>,
    #[cfg_attr(not(feature = "signer"), allow(dead_code))]
    signer: Option<Signer>,
    handle: Handle,
    listings: Listings,
    process: u32,
}

/// A store for the C ABI, with one reference which is the caller's: give it to whoever takes it over, or `release` it.
///
/// `handle` belongs to the runtime whose threads run asynchronous operations, usually one with `rt-multi-thread`: it
/// has to live, and to run, as long as the store is used. Blocking operations are polled on the consumer's thread, and
/// so are asynchronous ones until they first wait; inside the runtime's context. If the runtime ends, what is under way
/// ends with [`ErrorKind::Cancelled`]. A panic in the store becomes an error of kind [`ErrorKind::Join`].
///
/// What differs from storelink's own stores:
/// - Keys are [`Path`](object_store::path::Path)s. One that is not, such as `a//b`, is [`ErrorKind::InvalidPath`].
/// - The store cannot be asked what it is capable of: it says that it can do everything, and fails where it cannot.
///   It does not promise an order of listings.
/// - A page token of a listing goes on with a stream that the store keeps, of the last 64 listings: only the newest page
///   can be asked for again.
/// - `object_store` numbers the parts of an upload in the order of their puts. A part that comes before one of a lower
///   index is kept in memory until that one comes; a part cannot be put again.
/// - A child process after `fork` has no runtime: there every operation fails.
/// - There are no presigned URLs; see `export_with_signer`.
pub fn export(store: Arc<dyn ObjectStore>, handle: Handle) -> *const sl_store {
    new(store, None, handle)
}

/// As [`export`], with presigned URLs from `signer`, which is usually the same store.
#[cfg(feature = "signer")]
pub fn export_with_signer(store: Arc<dyn ObjectStore>, signer: Signer, handle: Handle) -> *const sl_store {
    new(store, Some(signer), handle)
}

fn new(store: Arc<dyn ObjectStore>, signer: Option<Signer>, handle: Handle) -> *const sl_store {
    let exported = Arc::new(Exported {
        table: sl_store {
            struct_size: size_of::<sl_store>() as u32,
            abi_version: SL_ABI_VERSION,
            retain,
            release,
            capabilities,
            describe,
            executor,
            get: Some(reading::get),
            put: Some(verbs::put),
            list_page: Some(listing::list_page),
            remove: Some(verbs::remove),
            copy: Some(verbs::copy),
            rename: Some(verbs::rename),
            get_ranges: Some(reading::get_ranges),
            start_multipart: Some(upload::start_multipart),
            remove_many: Some(listing::remove_many),
            #[cfg(feature = "signer")]
            sign: signer.is_some().then_some(verbs::sign as _),
            #[cfg(not(feature = "signer"))]
            sign: None,
        },
        store,
        signer,
        handle,
        listings: Listings::default(),
        process: std::process::id(),
    });
    Arc::into_raw(exported).cast()
}

impl Exported {
    /// One more reference to the store behind the pointer.
    ///
    /// # Safety
    /// `store` was made by `new` and is alive.
    unsafe fn share(store: *const sl_store) -> Arc<Self> {
        let this = store.cast::<Self>();
        // SAFETY: the caller's promise.
        unsafe {
            Arc::increment_strong_count(this);
            Arc::from_raw(this)
        }
    }

    /// The operation of one verb: `begin` makes its future, or says why there is none. Errors name the store and `path`.
    fn operate<T, W, D>(
        self: Arc<Self>,
        path: String,
        begin: impl FnOnce(Arc<Self>) -> Result<W, Error>,
        deliver: D,
    ) -> *mut sl_operation
    where
        T: 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
        D: FnOnce(Result<T, Error>) + Send + 'static,
    {
        let begin = || {
            self.check_process()?;
            begin(Arc::clone(&self))
        };
        let store = Arc::clone(&self);
        let deliver = move |outcome: Result<T, Error>| {
            deliver(outcome.map_err(|error| error.at(&store.description(), &path)));
        };
        operation::operate(&self.handle, begin, deliver)
    }

    fn check_process(&self) -> Result<(), Error> {
        if self.is_here() {
            return Ok(());
        }
        let message = "this store was made before fork(); its tokio runtime does not exist in the child process";
        Err(Error::new(ErrorKind::Generic, message))
    }

    fn is_here(&self) -> bool {
        std::process::id() == self.process
    }

    fn description(&self) -> String {
        let mut text = String::new();
        quietly(|| text = self.store.to_string());
        text
    }
}

unsafe extern "C" fn retain(store: *const sl_store) {
    // SAFETY: the consumer's promise: it is alive.
    unsafe { Arc::increment_strong_count(store.cast::<Exported>()) }
}

unsafe extern "C" fn release(store: *const sl_store) {
    // SAFETY: one of the consumer's references.
    let this = unsafe { Arc::from_raw(store.cast::<Exported>()) };
    quietly(|| drop(this));
}

unsafe extern "C" fn capabilities(store: *const sl_store) -> u64 {
    const ANY: u64 =
        SL_CAN_PUT_CREATE | SL_CAN_PUT_UPDATE | SL_CAN_COPY_CREATE | SL_CAN_ATTRIBUTES | SL_CAN_TAGS | SL_CAN_VERSIONS;
    // SAFETY: the consumer's promise: it is alive.
    let signs = unsafe { (*store).sign.is_some() };
    if signs { ANY | SL_CAN_SIGN } else { ANY }
}

unsafe extern "C" fn describe(store: *const sl_store, text: *mut c_char, size: usize) -> usize {
    // SAFETY: the consumer's promise: it is alive.
    let description = unsafe { &*store.cast::<Exported>() }.description();
    let length = size.min(description.len());
    if length > 0 {
        // SAFETY: `text` has room for `size` bytes.
        unsafe { std::ptr::copy_nonoverlapping(description.as_ptr(), text.cast(), length) }
    }
    description.len()
}

/// None: the threads of a runtime do not block signals, as those of an executor have to.
unsafe extern "C" fn executor(_: *const sl_store) -> *const sl_executor {
    std::ptr::null()
}
