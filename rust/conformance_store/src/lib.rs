//! Stores of Rust for the conformance suite in C++, which loads this library.

use std::ptr;
use std::sync::{Arc, LazyLock};

use object_store::ObjectStore;
use object_store::memory::InMemory;
use storelink::abi::sl_store;
use storelink::{StorelinkStore, export};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let threads = Builder::new_multi_thread().worker_threads(2).build();
    threads.expect("two threads can be started")
});

fn give(store: impl ObjectStore) -> *const sl_store {
    export(Arc::new(store), RUNTIME.handle().clone())
}

/// An empty store with one reference, which is the caller's.
#[unsafe(no_mangle)]
pub extern "C" fn storelink_rs_memory_store() -> *const sl_store {
    give(InMemory::new())
}

/// A store of C++ as Rust has it, with one reference, which is the caller's. Null if it cannot be taken.
///
/// # Safety
/// `store` is a valid store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn storelink_rs_through(store: *const sl_store) -> *const sl_store {
    // SAFETY: the caller's promise.
    unsafe { StorelinkStore::from_raw(store) }.map_or(ptr::null(), give)
}
