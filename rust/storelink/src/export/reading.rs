//! get and get_ranges.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::lock::Mutex;
use futures_util::stream::{BoxStream, Fuse};
use object_store::{Attributes, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, ObjectStore};
use tokio::runtime::Handle;

use super::Exported;
use super::operation::{User, operate};
use super::verbs::path_of;
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

type Pieces = BoxStream<'static, object_store::Result<Bytes>>;

/// The consumer's buffer: ours to write until the callback.
struct Buffer {
    data: *mut u8,
    size: usize,
    filled: usize,
}

// SAFETY: a consumer lets any thread write to its buffer.
unsafe impl Send for Buffer {}

impl Buffer {
    fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.check(self.filled as u64 + piece.len() as u64)?;
        // SAFETY: there is room for the piece, and nobody else uses the buffer.
        unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), self.data.add(self.filled), piece.len()) };
        self.filled += piece.len();
        Ok(())
    }

    fn check(&self, wanted: u64) -> Result<(), Error> {
        if wanted <= self.size as u64 {
            return Ok(());
        }
        let message = format!("the buffer holds {} bytes, the range has {wanted}", self.size);
        Err(Error::new(ErrorKind::Generic, message))
    }
}

enum Sink {
    Collect,
    Into(Buffer),
    Stream,
}

struct Got {
    meta: ObjectMeta,
    range: Range<u64>,
    attributes: Attributes,
    body: Bytes,
    pieces: Option<Pieces>,
}

pub(super) unsafe extern "C" fn get(
    store: *const sl_store,
    request: *const sl_get_request,
    callback: sl_get_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, request) = unsafe { (Exported::share(store), &*request) };
    // SAFETY: as above.
    let (text, path) = unsafe { path_of(request.path) };
    let user = User::new(user);
    let handle = this.handle.clone();
    this.operate(
        text,
        |this| {
            let path = path?;
            // SAFETY: as above; this runs during the call.
            let options = unsafe { get_options(request) }?;
            let sink = sink(request)?;
            Ok(async move {
                let head = options.head;
                let result = this.store.get_opts(&path, options).await?;
                if head {
                    Ok(without_body(result))
                } else {
                    deposit(result, sink).await
                }
            })
        },
        move |outcome| deliver(outcome, &handle, callback, user),
    )
}

/// # Safety
/// `request` is valid.
unsafe fn get_options(request: &sl_get_request) -> Result<GetOptions, Error> {
    let range = match request.range_kind {
        SL_RANGE_ALL => None,
        SL_RANGE_BOUNDED => Some(GetRange::Bounded(request.range_start..request.range_end)),
        SL_RANGE_OFFSET => Some(GetRange::Offset(request.range_start)),
        SL_RANGE_SUFFIX => Some(GetRange::Suffix(request.range_start)),
        _ => {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "a kind of range that is not known here",
            ));
        }
    };
    // SAFETY: the caller's promise.
    unsafe {
        Ok(GetOptions {
            if_match: optional_text(request.if_match),
            if_none_match: optional_text(request.if_none_match),
            if_modified_since: to_optional_time(request.if_modified_since),
            if_unmodified_since: to_optional_time(request.if_unmodified_since),
            range,
            version: optional_text(request.version),
            head: request.head != 0,
            extensions: Default::default(),
        })
    }
}

fn sink(request: &sl_get_request) -> Result<Sink, Error> {
    match request.sink {
        SL_SINK_COLLECT => Ok(Sink::Collect),
        SL_SINK_INTO => Ok(Sink::Into(Buffer {
            data: request.buffer,
            size: request.buffer_size,
            filled: 0,
        })),
        SL_SINK_STREAM => Ok(Sink::Stream),
        _ => Err(Error::new(
            ErrorKind::NotSupported,
            "a kind of sink that is not known here",
        )),
    }
}

fn without_body(result: GetResult) -> Got {
    Got {
        meta: result.meta,
        range: result.range,
        attributes: result.attributes,
        body: Bytes::new(),
        pieces: None,
    }
}

async fn deposit(result: GetResult, sink: Sink) -> Result<Got, Error> {
    let mut got = Got {
        meta: result.meta.clone(),
        range: result.range.clone(),
        attributes: result.attributes.clone(),
        body: Bytes::new(),
        pieces: None,
    };
    match sink {
        Sink::Collect => got.body = result.bytes().await?,
        Sink::Stream => got.pieces = Some(result.into_stream()),
        Sink::Into(mut buffer) => {
            buffer.check(got.range.end.saturating_sub(got.range.start))?;
            if is_stream(&result) {
                let mut pieces = result.into_stream();
                while let Some(piece) = pieces.next().await {
                    buffer.push(&piece?)?;
                }
            } else {
                // A file: read in one go instead of in small pieces.
                buffer.push(&result.bytes().await?)?;
            }
        }
    }
    Ok(got)
}

/// The other possibility exists in builds of `object_store` with local files only.
fn is_stream(result: &GetResult) -> bool {
    matches!(result.payload, GetResultPayload::Stream(_))
}

fn deliver(outcome: Result<Got, Error>, handle: &Handle, callback: sl_get_callback, user: User) {
    let got = match outcome {
        Ok(got) => got,
        // SAFETY: the one callback; the error lives until it returns.
        Err(error) => return unsafe { callback(user.get(), &error.lend(), ptr::null_mut()) },
    };
    let lent = LentAttributes::of(&got.attributes, |_| ()); // attributes that the ABI does not know stay here
    let meta = lend_meta(&got.meta);
    let mut result = sl_get_result {
        struct_size: size_of::<sl_get_result>() as u32,
        reserved: 0,
        meta: &meta,
        start: got.range.start,
        end: got.range.end,
        attributes: lent.attributes.as_ptr(),
        attribute_count: lent.attributes.len(),
        metadata: lent.metadata.as_ptr(),
        metadata_count: lent.metadata.len(),
        body: give(got.body),
        stream: got
            .pieces
            .map_or(ptr::null_mut(), |pieces| Stream::give(pieces, handle)),
    };
    // SAFETY: the one callback; what is lent lives until it returns.
    unsafe { callback(user.get(), ptr::null(), &mut result) }
}

/// A body in pieces. Nothing is read before it is asked for.
#[repr(C)]
struct Stream {
    table: sl_stream,
    handle: Handle,
    pieces: Arc<Mutex<Fuse<Pieces>>>,
}

impl Stream {
    fn give(pieces: Pieces, handle: &Handle) -> *mut sl_stream {
        let stream = Box::new(Self {
            table: sl_stream {
                struct_size: size_of::<sl_stream>() as u32,
                reserved: 0,
                next: Self::next,
                release: Self::release,
            },
            handle: handle.clone(),
            pieces: Arc::new(Mutex::new(pieces.fuse())),
        });
        Box::into_raw(stream).cast()
    }

    unsafe extern "C" fn next(
        stream: *mut sl_stream,
        callback: sl_bytes_callback,
        user: *mut c_void,
    ) -> *mut sl_operation {
        // SAFETY: the consumer's promise: made by `give`, alive.
        let this = unsafe { &*stream.cast::<Self>() };
        let pieces = Arc::clone(&this.pieces);
        let user = User::new(user);
        let next = async move {
            let mut pieces = pieces.lock().await;
            while let Some(piece) = pieces.next().await.transpose()? {
                // An empty piece would be the end.
                if !piece.is_empty() {
                    return Ok(piece);
                }
            }
            Ok(Bytes::new())
        };
        let deliver = move |outcome: Result<Bytes, Error>| match outcome {
            // SAFETY: the one callback; the bytes are given.
            Ok(piece) => unsafe { callback(user.get(), ptr::null(), &mut give(piece)) },
            // SAFETY: the one callback; the error lives until it returns.
            Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null_mut()) },
        };
        operate(&this.handle, || Ok(next), deliver)
    }

    unsafe extern "C" fn release(stream: *mut sl_stream) {
        // SAFETY: made by `give`, and released once.
        let this = unsafe { Box::from_raw(stream.cast::<Self>()) };
        quietly(|| drop(this));
    }
}

pub(super) unsafe extern "C" fn get_ranges(
    store: *const sl_store,
    request: *const sl_get_ranges_request,
    callback: sl_ranges_callback,
    user: *mut c_void,
) -> *mut sl_operation {
    // SAFETY: the consumer's promise: alive for the call.
    let (this, request) = unsafe { (Exported::share(store), &*request) };
    // SAFETY: as above.
    let ((text, path), ranges) = unsafe { (path_of(request.path), array(request.ranges, request.range_count)) };
    let ranges: Vec<Range<u64>> = ranges.iter().map(|range| range.start..range.end).collect();
    let user = User::new(user);
    this.operate(
        text,
        |this| {
            let path = path?;
            Ok(async move { Ok(this.store.get_ranges(&path, &ranges).await?) })
        },
        move |outcome: Result<Vec<Bytes>, Error>| match outcome {
            Ok(pieces) => {
                let count = pieces.len();
                let mut given: Vec<sl_bytes> = pieces.into_iter().map(give).collect();
                // SAFETY: the one callback; the array lives until it returns, and is never null.
                unsafe { callback(user.get(), ptr::null(), given.as_mut_ptr(), count) }
            }
            // SAFETY: the one callback; the error lives until it returns.
            Err(error) => unsafe { callback(user.get(), &error.lend(), ptr::null_mut(), 0) },
        },
    )
}
