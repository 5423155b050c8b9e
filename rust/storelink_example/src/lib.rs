//! A Python extension in Rust that uses storelink's stores.
//!
//! Its functions take any object with `__storelink_store__()`: a store of the package `storelink`, of an extension in
//! C++, or the `MemoryStore` below. The store is shared as it is.

mod memory_store;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use storelink::StorelinkStore;
use storelink::python::{run, to_exception};

fn parse(path: &str) -> PyResult<Path> {
    Path::parse(path).map_err(|error| to_exception(object_store::Error::from(error)))
}

/// Runs a future of `object_store`, interruptibly.
fn wait<T: Send>(py: Python<'_>, future: impl Future<Output = object_store::Result<T>> + Send) -> PyResult<T> {
    run(py, future)?.map_err(to_exception)
}

fn get(py: Python<'_>, store: &StorelinkStore, path: &str) -> PyResult<Bytes> {
    let path = parse(path)?;
    wait(py, async { store.get(&path).await?.bytes().await })
}

/// The content of an object.
#[pyfunction]
fn read<'py>(py: Python<'py>, store: StorelinkStore, path: &str) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &get(py, &store, path)?))
}

/// Where in memory the content of an object is: the same for all who share a store in memory.
#[pyfunction]
fn address(py: Python<'_>, store: StorelinkStore, path: &str) -> PyResult<usize> {
    Ok(get(py, &store, path)?.as_ptr().addr())
}

/// Parts of an object: [start, end) each.
#[pyfunction]
fn read_ranges<'py>(
    py: Python<'py>,
    store: StorelinkStore,
    path: &str,
    ranges: Vec<(u64, u64)>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let path = parse(path)?;
    let ranges: Vec<_> = ranges.into_iter().map(|(start, end)| start..end).collect();
    let pieces = wait(py, store.get_ranges(&path, &ranges))?;
    Ok(pieces.iter().map(|piece| PyBytes::new(py, piece)).collect())
}

/// The keys below a prefix, in the order of the store.
#[pyfunction]
#[pyo3(signature = (store, prefix = ""))]
fn list_keys(py: Python<'_>, store: StorelinkStore, prefix: &str) -> PyResult<Vec<String>> {
    let prefix = parse(prefix)?;
    let keys = store.list(Some(&prefix)).map_ok(|object| object.location.into());
    wait(py, keys.try_collect())
}

/// What is directly below a prefix: the keys of objects, and common prefixes.
#[pyfunction]
#[pyo3(signature = (store, prefix = ""))]
fn list_directory(py: Python<'_>, store: StorelinkStore, prefix: &str) -> PyResult<(Vec<String>, Vec<String>)> {
    let prefix = parse(prefix)?;
    let found = wait(py, store.list_with_delimiter(Some(&prefix)))?;
    let objects = found.objects.into_iter().map(|object| object.location.into());
    let prefixes = found.common_prefixes.into_iter().map(Path::into);
    Ok((objects.collect(), prefixes.collect()))
}

/// Stores an object. The data is not copied.
#[pyfunction]
fn put(py: Python<'_>, store: StorelinkStore, path: &str, data: PyBackedBytes) -> PyResult<Option<String>> {
    let path = parse(path)?;
    let body = PutPayload::from_bytes(Bytes::from_owner(data));
    Ok(wait(py, store.put(&path, body))?.e_tag)
}

/// Stores an object as a multipart upload, eight parts at a time.
#[pyfunction]
#[pyo3(signature = (store, path, data, part_size = 8 << 20))]
fn upload(
    py: Python<'_>,
    store: StorelinkStore,
    path: &str,
    data: PyBackedBytes,
    part_size: usize,
) -> PyResult<Option<String>> {
    let path = parse(path)?;
    let data = Bytes::from_owner(data);
    let result = wait(py, async {
        let mut upload = store.put_multipart(&path).await?;
        let mut left = data;
        let mut parts = Vec::new();
        while !left.is_empty() {
            let part = left.split_to(part_size.clamp(1, left.len()));
            parts.push(upload.put_part(part.into()));
        }
        let done = stream::iter(parts).buffer_unordered(8).try_collect::<()>().await;
        match done {
            Ok(()) => upload.complete().await,
            Err(error) => {
                upload.abort().await?;
                Err(error)
            }
        }
    })?;
    Ok(result.e_tag)
}

/// Deletes objects in bulk. A missing object counts as deleted.
#[pyfunction]
fn delete(py: Python<'_>, store: StorelinkStore, paths: Vec<String>) -> PyResult<()> {
    let paths = paths.iter().map(|path| parse(path)).collect::<PyResult<Vec<_>>>()?;
    let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
    let deleted = store.delete_stream(paths).map_ok(drop).or_else(|error| async {
        match error {
            object_store::Error::NotFound { .. } => Ok(()),
            error => Err(error),
        }
    });
    wait(py, deleted.try_collect())
}

/// Copies an object; with `move` it is gone at its old place. FileExistsError where the target exists, unless it may be
/// overwritten.
#[pyfunction]
#[pyo3(signature = (store, from, to, *, r#move = false, overwrite = true))]
fn copy(py: Python<'_>, store: StorelinkStore, from: &str, to: &str, r#move: bool, overwrite: bool) -> PyResult<()> {
    let (from, to) = (parse(from)?, parse(to)?);
    wait(py, async {
        match (r#move, overwrite) {
            (false, true) => store.copy(&from, &to).await,
            (false, false) => store.copy_if_not_exists(&from, &to).await,
            (true, true) => store.rename(&from, &to).await,
            (true, false) => store.rename_if_not_exists(&from, &to).await,
        }
    })
}

#[pymodule]
mod storelink_rs_example {
    #[pymodule_export]
    use super::memory_store::MemoryStore;
    #[pymodule_export]
    use super::{address, copy, delete, list_directory, list_keys, put, read, read_ranges, upload};
}
