//! Listings, and deleting in bulk.

use std::ffi::c_void;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream, Stream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, Result};

use super::call::{Call, complete, on_done};
use super::{StorelinkStore, verb};
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

/// What S3 and its like take in one request.
const BULK: usize = 1000;
const BULKS_IN_FLIGHT: usize = 4;
/// Where a store has no bulk delete.
const DELETES_IN_FLIGHT: usize = 10;

#[derive(Clone, Debug)]
struct Listing {
    prefix: String,
    offset: String,
    delimiter: bool,
}

struct Page {
    objects: Vec<Result<ObjectMeta>>,
    common_prefixes: Vec<Result<Path>>,
    next_page_token: String,
}

unsafe extern "C" fn on_page(user: *mut c_void, error: *const sl_error, page: *const sl_list_page) {
    // SAFETY: the callback of an operation whose result is `Page`; without an error `page` is valid. Its objects may
    // be those of a later version, which are larger.
    unsafe {
        complete(user, error, || {
            let page = &*page;
            let mut objects = Vec::with_capacity(page.object_count);
            for i in 0..page.object_count {
                let raw = page.objects.byte_add(i * page.object_size as usize);
                let location = listed(&(*raw).path);
                objects.push(location.map(|location| to_meta(&*raw, location)));
            }
            let prefixes = array(page.common_prefixes, page.common_prefix_count);
            Ok(Page {
                objects,
                common_prefixes: prefixes.iter().map(|prefix| listed(prefix)).collect(),
                next_page_token: exact_text(page.next_page_token)?,
            })
        })
    }
}

/// A key of a listing. `object_store` can name most keys that a service may have, but not all.
///
/// # Safety
/// `key` is a valid string of the ABI.
unsafe fn listed(key: &sl_string) -> Result<Path> {
    // SAFETY: the caller's promise.
    let key = unsafe { exact_text(*key) }?;
    Ok(Path::parse(key)?)
}

/// The pages of a listing. Each is asked for when the reader wants it.
fn pages(store: StorelinkStore, listing: Listing) -> impl Stream<Item = Result<Page>> + Send + 'static {
    stream::try_unfold(Some(String::new()), move |token| {
        let (store, listing) = (store.clone(), listing.clone());
        async move {
            let Some(token) = token else { return Ok(None) };
            let list_page = verb!(store.reference, list_page)?;
            let reference = Arc::clone(&store.reference);
            let page = Call::<Page, _>::new(store.keep(), move |user| {
                let request = sl_list_request {
                    struct_size: size_of::<sl_list_request>() as u32,
                    raw_prefix: 0,
                    prefix: lend(&listing.prefix),
                    offset: lend(&listing.offset),
                    page_token: lend(&token),
                    max_keys: 0,
                    delimiter: listing.delimiter.into(),
                    reserved: 0,
                };
                // SAFETY: the request is borrowed for the call.
                unsafe { list_page(reference.as_ptr(), &request, on_page, user) }
            });
            let page = page.await?;
            let next = page.next_page_token.clone();
            Ok(Some((page, (!next.is_empty()).then_some(next))))
        }
    })
}

pub(super) fn list(
    store: &StorelinkStore,
    prefix: Option<&Path>,
    offset: Option<&Path>,
) -> BoxStream<'static, Result<ObjectMeta>> {
    let listing = Listing {
        prefix: prefix.map(Path::to_string).unwrap_or_default(),
        offset: offset.map(Path::to_string).unwrap_or_default(),
        delimiter: false,
    };
    pages(store.clone(), listing)
        .map_ok(|page| stream::iter(page.objects))
        .try_flatten()
        .boxed()
}

pub(super) async fn list_with_delimiter(store: &StorelinkStore, prefix: Option<&Path>) -> Result<ListResult> {
    let listing = Listing {
        prefix: prefix.map(Path::to_string).unwrap_or_default(),
        offset: String::new(),
        delimiter: true,
    };
    let mut result = ListResult {
        common_prefixes: Vec::new(),
        objects: Vec::new(),
        extensions: Default::default(),
    };
    let mut pages = std::pin::pin!(pages(store.clone(), listing));
    while let Some(page) = pages.try_next().await? {
        for object in page.objects {
            result.objects.push(object?);
        }
        for prefix in page.common_prefixes {
            result.common_prefixes.push(prefix?);
        }
    }
    Ok(result)
}

async fn remove(store: &StorelinkStore, location: &Path) -> Result<(), Error> {
    let remove = verb!(store.reference, remove)?;
    let reference = Arc::clone(&store.reference);
    Call::new(store.keep(), move |user| {
        // SAFETY: the path is borrowed for the call.
        unsafe { remove(reference.as_ptr(), lend(location.as_ref()), on_done, user) }
    })
    .await
}

type Failures = Vec<Option<Error>>;

unsafe extern "C" fn on_removed(
    user: *mut c_void,
    error: *const sl_error,
    failures: *const *const sl_error,
    count: usize,
) {
    // SAFETY: the callback of an operation whose result is `Failures`; without an error the array is valid.
    unsafe {
        complete(user, error, || {
            let failures = array(failures, count).iter();
            let failures = failures.map(|failure| (!failure.is_null()).then(|| Error::from_raw(*failure)));
            Ok(failures.collect::<Failures>())
        })
    }
}

/// One entry per location, or an error for all of them.
async fn remove_many(store: &StorelinkStore, locations: &[&Path]) -> Result<Failures, Error> {
    let Ok(remove_many) = verb!(store.reference, remove_many) else {
        let mut failures = Failures::new();
        for locations in locations.chunks(DELETES_IN_FLIGHT) {
            let outcomes = join_all(locations.iter().map(|location| remove(store, location))).await;
            failures.extend(outcomes.into_iter().map(Result::err));
        }
        return Ok(failures);
    };
    let reference = Arc::clone(&store.reference);
    let failures = Call::<Failures, _>::new(store.keep(), move |user| {
        let paths: Vec<sl_string> = locations.iter().map(|location| lend(location.as_ref())).collect();
        let request = sl_remove_many_request {
            struct_size: size_of::<sl_remove_many_request>() as u32,
            reserved: 0,
            paths: paths.as_ptr(),
            path_count: paths.len(),
        };
        // SAFETY: the request is borrowed for the call.
        unsafe { remove_many(reference.as_ptr(), &request, on_removed, user) }
    });
    let failures = failures.await?;
    if failures.len() != locations.len() {
        let message = format!(
            "the store gave {} results for {} deletes",
            failures.len(),
            locations.len()
        );
        return Err(Error::new(ErrorKind::Generic, message).at(&store.to_string(), ""));
    }
    Ok(failures)
}

async fn delete(store: StorelinkStore, locations: Vec<Result<Path>>) -> Vec<Result<Path>> {
    let wanted: Vec<&Path> = locations.iter().filter_map(|l| l.as_ref().ok()).collect();
    let failures = match wanted[..] {
        [] => Vec::new(),
        [location] => vec![remove(&store, location).await.err()],
        _ => match remove_many(&store, &wanted).await {
            Ok(failures) => failures,
            Err(error) => wanted
                .iter()
                .map(|path| Some(error.clone().at("", path.as_ref())))
                .collect(),
        },
    };
    let mut failures = failures.into_iter();
    let mut result = |location: Path| match failures.next().flatten() {
        Some(error) => Err(error.into()),
        None => Ok(location),
    };
    locations
        .into_iter()
        .map(|location| location.and_then(&mut result))
        .collect()
}

pub(super) fn delete_stream(
    store: StorelinkStore,
    locations: BoxStream<'static, Result<Path>>,
) -> BoxStream<'static, Result<Path>> {
    locations
        .ready_chunks(BULK)
        .map(move |chunk| delete(store.clone(), chunk))
        .buffered(BULKS_IN_FLIGHT)
        .flat_map(stream::iter)
        .boxed()
}
