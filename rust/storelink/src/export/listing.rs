//! list_page and remove_many.

use std::collections::{HashSet, VecDeque};
use std::ffi::c_void;
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, Mutex};

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
/// How many listings of several pages are remembered.
const KEPT_LISTINGS: usize = 64;

type Objects = Peekable<BoxStream<'static, object_store::Result<ObjectMeta>>>;

#[derive(Debug, Default)]
struct Page {
    objects: Vec<ObjectMeta>,
    common_prefixes: Vec<Path>,
    next_page_token: String,
}

/// A listing between two of its pages. `object_store` has streams only, in no particular order.
struct Listing {
    /// With which the next page is asked for. Empty: it has not been given to anybody, or there is none.
    token: String,
    objects: Objects,
    /// Of the next page, when reading it was cancelled.
    found: Vec<ObjectMeta>,
    /// The page before and its token, for who asks for it again.
    given: Option<(String, Arc<Page>)>,
}

#[derive(Default)]
pub(super) struct Listings(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    tokens: u64,
    /// Oldest first.
    listings: VecDeque<Listing>,
}

enum Wanted {
    Given(Arc<Page>),
    Next(Listing),
}

impl Listings {
    fn new_token(&self) -> String {
        let mut kept = locked(&self.0);
        kept.tokens += 1;
        kept.tokens.to_string()
    }

    fn keep(&self, listing: Listing) {
        let mut kept = locked(&self.0);
        kept.listings.push_back(listing);
        let oldest = if kept.listings.len() > KEPT_LISTINGS {
            kept.listings.pop_front()
        } else {
            None
        };
        drop(kept);
        drop(oldest);
    }

    fn find(&self, token: &str, limit: usize) -> Result<Wanted, Error> {
        let mut kept = locked(&self.0);
        for listing in &kept.listings {
            match &listing.given {
                Some((known, page)) if known == token && page.objects.len() <= limit => {
                    return Ok(Wanted::Given(Arc::clone(page)));
                }
                _ => {}
            }
        }
        let found = kept.listings.iter().position(|listing| listing.token == token);
        match found.and_then(|at| kept.listings.remove(at)) {
            Some(listing) => Ok(Wanted::Next(listing)),
            None => {
                let message = format!(
                    "the page token {token:?} is not known: it is older than the last page, or more than \
                     {KEPT_LISTINGS} listings were begun since; list again from the beginning"
                );
                Err(Error::new(ErrorKind::Generic, message))
            }
        }
    }
}

/// A listing whose next page is being read. Dropped before the end, the page can be asked for again.
struct Reading<'a> {
    listings: &'a Listings,
    listing: Option<Listing>,
}

impl Reading<'_> {
    async fn read(mut self, limit: usize) -> Result<Arc<Page>, Error> {
        let Some(listing) = &mut self.listing else {
            return Ok(Arc::default());
        };
        let more = loop {
            let next = Pin::new(&mut listing.objects).peek().await;
            match next {
                None => break false,
                // A failure is a page of its own, so that what was found before it is not lost.
                Some(next) if listing.found.len() >= limit || (next.is_err() && !listing.found.is_empty()) => {
                    break true;
                }
                Some(_) => {}
            }
            match listing.objects.next().await.transpose() {
                Ok(object) => listing.found.extend(object),
                Err(error) => {
                    self.listing = None; // it may look ended now, which it is not
                    return Err(error.into());
                }
            }
        };
        let next_page_token = if more { self.listings.new_token() } else { String::new() };
        let later = listing.found.split_off(limit.min(listing.found.len()));
        let page = Arc::new(Page {
            objects: std::mem::replace(&mut listing.found, later),
            common_prefixes: Vec::new(),
            next_page_token: next_page_token.clone(),
        });
        let token = std::mem::replace(&mut listing.token, next_page_token);
        listing.given = (!token.is_empty()).then(|| (token, Arc::clone(&page)));
        Ok(page)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        match self.listing.take() {
            Some(listing) if !listing.token.is_empty() || listing.given.is_some() => self.listings.keep(listing),
            _ => {}
        }
    }
}

struct Query {
    /// Whether there can be such keys at all.
    possible: bool,
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
        let segments = match given.rsplit_once('/') {
            Some((segments, rest)) if raw || rest.is_empty() => Some(segments),
            _ if raw || given.is_empty() => None,
            _ => Some(given.as_str()),
        };
        // No key has an empty segment, for example.
        let below = segments.map(exact_path).transpose().unwrap_or(Some(Path::ROOT));
        Ok(Self {
            possible: below.as_ref().is_none_or(|path| !path.is_root()),
            below,
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

async fn flat_page(this: &Exported, query: &Query) -> Result<Arc<Page>, Error> {
    let listings = &this.listings;
    let listing = if query.page_token.is_empty() {
        Listing {
            token: String::new(),
            objects: query.objects(&this.store),
            found: Vec::new(),
            given: None,
        }
    } else {
        match listings.find(&query.page_token, query.limit)? {
            Wanted::Given(page) => return Ok(page),
            Wanted::Next(listing) => listing,
        }
    };
    let listing = Some(listing);
    Reading { listings, listing }.read(query.limit).await
}

/// `object_store` gives everything at once here, so each page is cut out of it: the token is the last name.
async fn page_of_directory(this: &Exported, query: &Query) -> Result<Arc<Page>, Error> {
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
    Ok(Arc::new(page))
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
                if !query.possible {
                    Ok(Arc::default())
                } else if delimiter {
                    page_of_directory(&this, &query).await
                } else {
                    flat_page(&this, &query).await
                }
            })
        },
        move |outcome: Result<Arc<Page>, Error>| match outcome {
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
