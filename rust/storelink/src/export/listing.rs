//! list_page and remove_many.

use std::collections::{HashSet, VecDeque};
use std::ffi::c_void;
use std::pin::Pin;
use std::ptr;
use std::sync::Mutex;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Peekable};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};

use super::Exported;
use super::operation::User;
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

/// Where the request leaves it open.
const PAGE_SIZE: usize = 1000;
/// How many listings may wait for their next page.
const KEPT_LISTINGS: usize = 64;

type Objects = Peekable<BoxStream<'static, object_store::Result<ObjectMeta>>>;

/// Listings between two of their pages. `object_store` has streams only, in no particular order, so a stream is kept
/// until its next page is asked for.
#[derive(Default)]
pub(super) struct Listings(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    count: u64,
    /// Oldest first.
    listings: VecDeque<(String, Objects)>,
}

impl Listings {
    /// The token with which `take` gives it back.
    fn keep(&self, objects: Objects) -> String {
        let mut kept = locked(&self.0);
        kept.count += 1;
        let token = kept.count.to_string();
        kept.listings.push_back((token.clone(), objects));
        let oldest = if kept.listings.len() > KEPT_LISTINGS {
            kept.listings.pop_front()
        } else {
            None
        };
        drop(kept);
        drop(oldest);
        token
    }

    fn take(&self, token: &str) -> Result<Objects, Error> {
        let mut kept = locked(&self.0);
        let found = kept.listings.iter().position(|(known, _)| known == token);
        match found.and_then(|at| kept.listings.remove(at)) {
            Some((_, objects)) => Ok(objects),
            None => {
                let message = format!(
                    "the page token {token:?} is not known: it has been used, or more than {KEPT_LISTINGS} listings \
                     were begun since; list again from the beginning"
                );
                Err(Error::new(ErrorKind::Generic, message))
            }
        }
    }
}

struct Query {
    /// What to list: whole segments.
    below: Option<Path>,
    /// What keys begin with, all of it.
    prefix: String,
    offset: String,
    page_token: String,
    limit: usize,
}

impl Query {
    /// # Safety
    /// `request` is valid.
    unsafe fn new(request: &sl_list_request) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        let (given, offset, page_token) = unsafe {
            (
                exact_text(request.prefix)?,
                exact_text(request.offset)?,
                exact_text(request.page_token)?,
            )
        };
        let raw = request.raw_prefix != 0;
        let segments = if raw {
            given.rsplit_once('/').map_or("", |(segments, _)| segments)
        } else {
            &given
        };
        let below = Path::parse(segments).map_err(object_store::Error::from)?;
        Ok(Self {
            below: (!below.is_root()).then_some(below),
            prefix: if raw { given } else { String::new() },
            offset,
            page_token,
            limit: if request.max_keys == 0 {
                PAGE_SIZE
            } else {
                request.max_keys
            },
        })
    }

    fn objects(&self, store: &dyn ObjectStore) -> Objects {
        let below = self.below.as_ref();
        let objects = match exact_path(&self.offset) {
            Ok(offset) if !offset.is_root() => store.list_with_offset(below, &offset),
            _ => store.list(below),
        };
        let (prefix, offset) = (self.prefix.clone(), self.offset.clone());
        let wanted = move |object: &object_store::Result<ObjectMeta>| {
            std::future::ready(object.as_ref().map_or(true, |object| {
                let key = object.location.as_ref();
                key.starts_with(&prefix) && (offset.is_empty() || *key > *offset)
            }))
        };
        objects.filter(wanted).boxed().peekable()
    }
}

#[derive(Default)]
struct Page {
    objects: Vec<ObjectMeta>,
    common_prefixes: Vec<Path>,
    next_page_token: String,
}

async fn flat_page(this: &Exported, query: &Query) -> Result<Page, Error> {
    let mut objects = if query.page_token.is_empty() {
        query.objects(&this.store)
    } else {
        this.listings.take(&query.page_token)?
    };
    let mut page = Page::default();
    loop {
        let next = Pin::new(&mut objects).peek().await;
        let full = page.objects.len() == query.limit;
        match next {
            None => return Ok(page),
            // A failure is a page of its own, so that what was found before it is not lost.
            Some(next) if full || (next.is_err() && !page.objects.is_empty()) => break,
            Some(_) => page.objects.extend(objects.next().await.transpose()?),
        }
    }
    page.next_page_token = this.listings.keep(objects);
    Ok(page)
}

/// `object_store` gives everything at once here, so each page is cut out of it: the token is the last name.
async fn page_of_directory(this: &Exported, query: &Query) -> Result<Page, Error> {
    enum Entry {
        Object(ObjectMeta),
        Prefix(Path),
    }
    let all = this.store.list_with_delimiter(query.below.as_ref()).await?;
    let offset = query.offset.as_str();
    let mut entries: Vec<(String, Entry)> = Vec::new();
    for object in all.objects {
        let name = object.location.to_string();
        if offset.is_empty() || name.as_str() > offset {
            entries.push((name, Entry::Object(object)));
        }
    }
    for prefix in all.common_prefixes {
        let name = format!("{prefix}/");
        // Below a prefix that the offset lies in, keys may come after it.
        if name.as_str() > offset || offset.starts_with(&name) {
            entries.push((name, Entry::Prefix(prefix)));
        }
    }
    entries.retain(|(name, _)| name.starts_with(&query.prefix) && *name > query.page_token);
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));

    let mut page = Page::default();
    if entries.len() > query.limit {
        entries.truncate(query.limit);
        page.next_page_token = entries.last().map(|(name, _)| name.clone()).unwrap_or_default();
    }
    for (_, entry) in entries {
        match entry {
            Entry::Object(object) => page.objects.push(object),
            Entry::Prefix(prefix) => page.common_prefixes.push(prefix),
        }
    }
    Ok(page)
}

pub(super) unsafe extern "C" fn list_page(
    store: *const sl_store,
    request: *const sl_list_request,
    callback: sl_list_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, request) = unsafe { (Exported::share(store), &*request) };
    // SAFETY: as above.
    let prefix = unsafe { text(request.prefix) };
    let user = User::new(user);
    this.operate(
        prefix,
        |this| {
            // SAFETY: as above; this runs during the call.
            let query = unsafe { Query::new(request) }?;
            let delimiter = request.delimiter != 0;
            Ok(async move {
                if delimiter {
                    page_of_directory(&this, &query).await
                } else {
                    flat_page(&this, &query).await
                }
            })
        },
        move |outcome: Result<Page, Error>| match outcome {
            Ok(page) => deliver(&page, callback, user),
            // SAFETY: the one callback; the error lives until it returns.
            Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null()) },
        },
    )
}

fn deliver(page: &Page, callback: sl_list_callback, user: User) {
    let objects: Vec<sl_object_meta> = page.objects.iter().map(lend_meta).collect();
    let prefixes: Vec<sl_string> = page
        .common_prefixes
        .iter()
        .map(|prefix| lend(prefix.as_ref()))
        .collect();
    let raw = sl_list_page {
        struct_size: size_of::<sl_list_page>() as u32,
        object_size: size_of::<sl_object_meta>() as u32,
        objects: objects.as_ptr(),
        object_count: objects.len(),
        common_prefixes: prefixes.as_ptr(),
        common_prefix_count: prefixes.len(),
        next_page_token: lend(&page.next_page_token),
    };
    // SAFETY: the one callback; what is lent lives until it returns.
    unsafe { callback(user.get(), ptr::null(), &raw) }
}

pub(super) unsafe extern "C" fn remove_many(
    store: *const sl_store,
    request: *const sl_remove_many_request,
    callback: sl_remove_many_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, request) = unsafe { (Exported::share(store), &*request) };
    // SAFETY: as above.
    let paths: Vec<Result<Path, Error>> = unsafe {
        let paths = array(request.paths, request.path_count).iter();
        paths.map(|raw| exact_path(&exact_text(*raw)?)).collect()
    };
    let user = User::new(user);
    this.operate(
        String::new(),
        |this| Ok(async move { Ok(delete_all(&this.store, paths).await) }),
        move |outcome: Result<Vec<Option<Error>>, Error>| match outcome {
            Ok(failures) => {
                let errors: Vec<Option<sl_error>> = failures
                    .iter()
                    .map(|failure| failure.as_ref().map(Error::lend))
                    .collect();
                let failures: Vec<*const sl_error> = errors
                    .iter()
                    .map(|error| error.as_ref().map_or(ptr::null(), ptr::from_ref))
                    .collect();
                // SAFETY: the one callback; the arrays live until it returns, and are never null.
                unsafe { callback(user.get(), ptr::null(), failures.as_ptr(), failures.len()) }
            }
            // SAFETY: the one callback; the error lives until it returns.
            Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null(), 0) },
        },
    )
}

/// What became of each path. A missing object counts as deleted.
async fn delete_all(store: &dyn ObjectStore, paths: Vec<Result<Path, Error>>) -> Vec<Option<Error>> {
    let valid: Vec<Path> = paths.iter().filter_map(|path| path.clone().ok()).collect();
    let mut outcomes = store.delete_stream(stream::iter(valid.clone()).map(Ok).boxed());
    let mut deleted: HashSet<Path> = HashSet::new();
    let mut failures: VecDeque<Error> = VecDeque::new();
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(path) => drop(deleted.insert(path)),
            Err(error) => failures.push_back(error.into()),
        }
    }
    // Outcomes come in the order of the paths, but one error may stand for all paths of a request.
    let failed = valid.iter().filter(|path| !deleted.contains(path)).count();
    let one_each = failures.len() == failed;
    let mut failure_of = |path: Path| {
        if deleted.contains(&path) {
            return None;
        }
        let failure = if one_each {
            failures.pop_front()
        } else {
            failures.front().cloned()
        };
        let unknown = || Error::new(ErrorKind::Generic, "the store did not say what became of it");
        let failure = failure.unwrap_or_else(unknown).at(&store.to_string(), path.as_ref());
        (failure.kind() != ErrorKind::NotFound).then_some(failure)
    };
    let outcome = |path: Result<Path, Error>| path.map_or_else(Some, &mut failure_of);
    paths.into_iter().map(outcome).collect()
}
