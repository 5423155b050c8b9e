//! get and get_ranges.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Attributes, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, Result};

use super::call::{Call, Keep, complete};
use super::{StorelinkStore, verb};
use crate::abi::*;
use crate::convert::*;
use crate::error::{Error, ErrorKind};

/// Up to this size a range is got in one piece, with one operation instead of one for each piece.
const COLLECTED: u64 = 1 << 20;

/// A stream that was given. Ends the transfer when it is dropped.
struct Given(NonNull<sl_stream>);

// SAFETY: every function of the ABI may be called from any thread.
unsafe impl Send for Given {}
// SAFETY: as above; `pieces` asks for one piece at a time.
unsafe impl Sync for Given {}

impl Drop for Given {
    fn drop(&mut self) {
        let stream = self.0.as_ptr();
        // SAFETY: released once. No next() is running: it would keep this alive until its callback.
        unsafe { ((*stream).release)(stream) }
    }
}

struct Got {
    meta: ObjectMeta,
    range: Range<u64>,
    attributes: Attributes,
    body: Bytes,
    stream: Option<Given>,
}

unsafe extern "C" fn on_get(user: *mut c_void, error: *const sl_error, result: *mut sl_get_result) {
    // SAFETY: the callback of an operation whose result is `Got`; without an error `result` is valid.
    unsafe {
        complete(user, error, || {
            let result = &mut *result;
            let stream = std::mem::replace(&mut result.stream, std::ptr::null_mut());
            let stream = NonNull::new(stream).map(Given);
            let body = take(&mut result.body);
            let attributes = to_attributes(
                array(result.attributes, result.attribute_count),
                array(result.metadata, result.metadata_count),
                |_| (), // attributes of later versions
            );
            Ok(Got {
                meta: to_meta(&*result.meta, Path::ROOT),
                range: result.start..result.end,
                attributes,
                body,
                stream,
            })
        })
    }
}

pub(super) async fn get(store: &StorelinkStore, location: &Path, options: &GetOptions) -> Result<GetResult> {
    let get = verb!(store.reference, get)?;
    let (range_kind, range_start, range_end, length) = match &options.range {
        None => (SL_RANGE_ALL, 0, 0, u64::MAX),
        Some(GetRange::Bounded(range)) => {
            let length = range.end.saturating_sub(range.start);
            (SL_RANGE_BOUNDED, range.start, range.end, length)
        }
        Some(GetRange::Offset(offset)) => (SL_RANGE_OFFSET, *offset, 0, u64::MAX),
        Some(GetRange::Suffix(length)) => (SL_RANGE_SUFFIX, *length, 0, *length),
    };
    let collect = options.head || length <= COLLECTED;
    let reference = Arc::clone(&store.reference);
    let got = Call::<Got, _>::new(store.keep(), move |user| {
        let request = sl_get_request {
            struct_size: size_of::<sl_get_request>() as u32,
            range_kind,
            range_start,
            range_end,
            path: lend(location.as_ref()),
            if_match: lend_optional(options.if_match.as_deref()),
            if_none_match: lend_optional(options.if_none_match.as_deref()),
            version: lend_optional(options.version.as_deref()),
            if_modified_since: to_optional_nanoseconds(options.if_modified_since),
            if_unmodified_since: to_optional_nanoseconds(options.if_unmodified_since),
            head: options.head.into(),
            sink: if collect { SL_SINK_COLLECT } else { SL_SINK_STREAM },
            buffer: std::ptr::null_mut(),
            buffer_size: 0,
            headers: std::ptr::null(),
            header_count: 0,
            collect_up_to: 0,
        };
        // SAFETY: the request is borrowed for the call.
        unsafe { get(reference.as_ptr(), &request, on_get, user) }
    });
    let mut got = got.await?;
    got.meta.location = location.clone();
    let payload = match got.stream {
        Some(stream) => {
            let size = got.range.end.saturating_sub(got.range.start);
            pieces(stream, size, location.clone())
        }
        None => stream::once(std::future::ready(Ok(got.body))).boxed(),
    };
    Ok(GetResult {
        payload: GetResultPayload::Stream(payload),
        meta: got.meta,
        range: got.range,
        attributes: got.attributes,
        extensions: Default::default(),
    })
}

unsafe extern "C" fn on_piece(user: *mut c_void, error: *const sl_error, piece: *mut sl_bytes) {
    // SAFETY: the callback of an operation whose result is bytes; without an error `piece` is valid.
    unsafe { complete(user, error, || Ok(take(&mut *piece))) }
}

/// The `left` bytes of a body. Each piece is asked for when the reader wants it.
fn pieces(stream: Given, left: u64, location: Path) -> BoxStream<'static, Result<Bytes>> {
    let next = move |(stream, left): (Arc<Given>, u64)| {
        let location = location.clone();
        async move {
            if left == 0 {
                return Ok(None);
            }
            let given = Arc::clone(&stream);
            let piece = Call::new(Arc::clone(&stream) as Keep, move |user| {
                let raw = given.0.as_ptr();
                // SAFETY: alive, and no other next() is running.
                unsafe { ((*raw).next)(raw, on_piece, user) }
            });
            let piece: Bytes = piece.await?;
            if piece.is_empty() {
                let message = format!("the body ended {left} bytes too early");
                return Err(Error::new(ErrorKind::Generic, message).at("", location.as_ref()));
            }
            let left = left.saturating_sub(piece.len() as u64);
            Ok(Some((piece, (stream, left))))
        }
    };
    stream::try_unfold((Arc::new(stream), left), next)
        .map_err(object_store::Error::from)
        .boxed()
}

unsafe extern "C" fn on_ranges(user: *mut c_void, error: *const sl_error, pieces: *mut sl_bytes, count: usize) {
    // SAFETY: the callback of an operation whose result is several bytes; without an error `pieces` is valid.
    unsafe {
        complete(user, error, || {
            let mut out = Vec::with_capacity(count);
            for i in 0..count {
                out.push(take(&mut *pieces.add(i)));
            }
            Ok(out)
        })
    }
}

pub(super) async fn get_ranges(store: &StorelinkStore, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
    let get_ranges = verb!(store.reference, get_ranges)?;
    let reference = Arc::clone(&store.reference);
    let pieces = Call::<Vec<Bytes>, _>::new(store.keep(), move |user| {
        let raw: Vec<sl_range> = ranges
            .iter()
            .map(|range| sl_range {
                start: range.start,
                end: range.end,
            })
            .collect();
        let request = sl_get_ranges_request {
            struct_size: size_of::<sl_get_ranges_request>() as u32,
            reserved: 0,
            path: lend(location.as_ref()),
            ranges: raw.as_ptr(),
            range_count: raw.len(),
        };
        // SAFETY: the request is borrowed for the call.
        unsafe { get_ranges(reference.as_ptr(), &request, on_ranges, user) }
    });
    Ok(pieces.await?)
}
