//! A store class of the extension's own.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::memory::InMemory;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use storelink::python::to_capsule;
use tokio::runtime::{Builder, Handle, Runtime};

/// The runtime for operations that others start on this extension's stores. A forked child makes its own.
fn runtime() -> io::Result<Handle> {
    static RUNTIME: Mutex<Option<(u32, Runtime)>> = Mutex::new(None);
    let mut current = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some((_, runtime)) = current.as_ref().filter(|(owner, _)| *owner == process) {
        return Ok(runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("storelink_rs")
        .build()?;
    let handle = runtime.handle().clone();
    // The threads of a parent's runtime are not here to be ended.
    std::mem::forget(current.replace((process, runtime)));
    Ok(handle)
}

/// Objects in this process's memory, kept by Rust.
#[pyclass(frozen, module = "storelink_rs_example")]
pub struct MemoryStore {
    store: Arc<InMemory>,
}

#[pymethods]
impl MemoryStore {
    #[new]
    fn new() -> Self {
        Self {
            store: Arc::new(InMemory::new()),
        }
    }

    /// The store as a capsule, for other extensions to share.
    fn __storelink_store__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        to_capsule(py, self.store.clone(), runtime()?)
    }

    fn __repr__(&self) -> &'static str {
        "MemoryStore()"
    }
}
