//! [`Error`]: what went wrong, with everything the C ABI says about it.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::mem::offset_of;

use crate::abi::*;
use crate::cause::Cause;
use crate::convert::{lend, text};
use crate::redact::redact_urls;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $value:ident, $text:literal;)*) => {
        /// What kind of failure an [`Error`] is: the list of the C ABI.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl ErrorKind {
            pub(crate) fn from_raw(raw: i32) -> Self {
                match raw {
                    $($value => Self::$name,)*
                    _ => Self::Generic,
                }
            }

            pub(crate) fn as_raw(self) -> i32 {
                match self {
                    $(Self::$name => $value,)*
                }
            }
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

kinds! {
    /// Anything without a kind of its own.
    Generic = SL_GENERIC, "generic";
    /// There is no such object, bucket or container.
    NotFound = SL_NOT_FOUND, "not found";
    /// A put, copy or rename that must not replace anything found an object.
    AlreadyExists = SL_ALREADY_EXISTS, "already exists";
    /// A condition of the request did not hold.
    Precondition = SL_PRECONDITION, "precondition failed";
    /// The caller's copy is current.
    NotModified = SL_NOT_MODIFIED, "not modified";
    /// The credentials are known but do not allow this.
    PermissionDenied = SL_PERMISSION_DENIED, "permission denied";
    /// The credentials are missing or wrong.
    Unauthenticated = SL_UNAUTHENTICATED, "unauthenticated";
    /// This store cannot use this path.
    InvalidPath = SL_INVALID_PATH, "invalid path";
    /// A setting that nobody knows.
    UnknownConfigKey = SL_UNKNOWN_CONFIG_KEY, "unknown configuration key";
    /// This store cannot do this at all.
    NotSupported = SL_NOT_SUPPORTED, "not supported";
    /// This store has no implementation of this operation or mode.
    NotImplemented = SL_NOT_IMPLEMENTED, "not implemented";
    /// A task ended abnormally: it panicked.
    Join = SL_JOIN, "join";
    /// The operating system failed a file or socket operation.
    Io = SL_IO, "input/output";
    /// A time limit passed.
    Timeout = SL_TIMEOUT, "timeout";
    /// The caller stopped it.
    Cancelled = SL_CANCELLED, "cancelled";
}

/// An error of a store on the other side of the C ABI.
///
/// As an [`object_store::Error`] it becomes the variant of its kind, with this struct as its source: find it again with
/// `Error::from`. Empty strings and a zero status mean "not known". There is nothing secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    store: String,
    path: String,
    request_id: String,
    status: i32,
    cause: Option<Cause>,
}

impl Error {
    /// An error that names no store and no path.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            store: String::new(),
            path: String::new(),
            request_id: String::new(),
            status: 0,
            cause: None,
        }
    }

    /// The same error with its store and path, unless it names some already.
    pub fn at(mut self, store: &str, path: &str) -> Self {
        if self.store.is_empty() {
            self.store = store.into();
        }
        if self.path.is_empty() {
            self.path = path.into();
        }
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The store, for example `s3://bucket/prefix`.
    pub fn store(&self) -> &str {
        &self.store
    }

    /// The path of the object.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The service's own number of the request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The HTTP status.
    pub fn status(&self) -> i32 {
        self.status
    }

    /// What a panic left behind, as an error.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let said = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self::new(ErrorKind::Join, format!("a panic in the store: {said}"))
    }

    pub(crate) fn out_of_memory() -> Self {
        Self::new(ErrorKind::Generic, "out of memory")
    }

    /// # Safety
    /// `raw` points to an error that is alive for the call.
    pub(crate) unsafe fn from_raw(raw: *const sl_error) -> Self {
        // SAFETY: the caller's promise. The first version of the struct ends before the cause.
        unsafe {
            let has_cause = (*raw).struct_size as usize >= offset_of!(sl_error, cause) + size_of::<sl_object>();
            Self {
                kind: ErrorKind::from_raw((*raw).kind),
                message: text((*raw).message),
                store: text((*raw).store),
                path: text((*raw).path),
                request_id: text((*raw).request_id),
                status: (*raw).status,
                cause: if has_cause { Cause::keep(&(*raw).cause) } else { None },
            }
        }
    }

    /// For a callback: borrows from `self`.
    pub(crate) fn lend(&self) -> sl_error {
        sl_error {
            struct_size: size_of::<sl_error>() as u32,
            kind: self.kind.as_raw(),
            message: lend(&self.message),
            store: lend(&self.store),
            path: lend(&self.path),
            request_id: lend(&self.request_id),
            status: self.status,
            reserved: 0,
            cause: Cause::lend(self.cause.as_ref()),
        }
    }

    #[cfg(feature = "pyo3")]
    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            self.kind.fmt(f)?;
        } else {
            f.write_str(&self.message)?;
        }
        let status = if self.status == 0 {
            String::new()
        } else {
            self.status.to_string()
        };
        let mut separator = " [";
        for (name, value) in [
            ("store", &self.store),
            ("path", &self.path),
            ("HTTP status", &status),
            ("request id", &self.request_id),
        ] {
            if !value.is_empty() {
                write!(f, "{separator}{name} {value}")?;
                separator = ", ";
            }
        }
        if separator == ", " {
            f.write_str("]")?;
        }
        Ok(())
    }
}

impl StdError for Error {}

impl From<Error> for object_store::Error {
    fn from(error: Error) -> Self {
        let path = error.path.clone();
        let kind = error.kind;
        if kind == ErrorKind::NotImplemented {
            return Self::NotImplemented {
                operation: error.message,
                implementer: error.store,
            };
        }
        let source = Box::new(error);
        match kind {
            ErrorKind::NotFound => Self::NotFound { path, source },
            ErrorKind::AlreadyExists => Self::AlreadyExists { path, source },
            ErrorKind::Precondition => Self::Precondition { path, source },
            ErrorKind::NotModified => Self::NotModified { path, source },
            ErrorKind::PermissionDenied => Self::PermissionDenied { path, source },
            ErrorKind::Unauthenticated => Self::Unauthenticated { path, source },
            ErrorKind::NotSupported => Self::NotSupported { source },
            _ => Self::Generic {
                store: "storelink",
                source,
            },
        }
    }
}

impl From<object_store::Error> for Error {
    /// The `Error` that this error stands for, or else its kind, path and message.
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as E;

        if let Some(own) = find_cause::<Self>(&error) {
            return own.clone();
        }
        let (kind, path) = match &error {
            E::NotFound { path, .. } => (ErrorKind::NotFound, path.as_str()),
            E::AlreadyExists { path, .. } => (ErrorKind::AlreadyExists, path.as_str()),
            E::Precondition { path, .. } => (ErrorKind::Precondition, path.as_str()),
            E::NotModified { path, .. } => (ErrorKind::NotModified, path.as_str()),
            E::PermissionDenied { path, .. } => (ErrorKind::PermissionDenied, path.as_str()),
            E::Unauthenticated { path, .. } => (ErrorKind::Unauthenticated, path.as_str()),
            E::InvalidPath { .. } => (ErrorKind::InvalidPath, ""),
            E::NotSupported { .. } => (ErrorKind::NotSupported, ""),
            E::NotImplemented { .. } => (ErrorKind::NotImplemented, ""),
            E::UnknownConfigurationKey { .. } => (ErrorKind::UnknownConfigKey, ""),
            other => (kind_of_cause(other), ""),
        };
        Self::new(kind, redact_urls(&error.to_string())).at("", path)
    }
}

/// The first error of this type among `error` and its sources.
fn find_cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// `object_store` calls generic what it has no variant for; its sources know more.
fn kind_of_cause(error: &(dyn StdError + 'static)) -> ErrorKind {
    if find_cause::<tokio::task::JoinError>(error).is_some() {
        return ErrorKind::Join;
    }
    match find_cause::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::PermissionDenied) => ErrorKind::PermissionDenied,
        Some(io::ErrorKind::TimedOut) => ErrorKind::Timeout,
        Some(_) => ErrorKind::Io,
        None => ErrorKind::Generic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: ErrorKind) -> Error {
        Error {
            request_id: "r1".into(),
            status: 404,
            ..Error::new(kind, "gone").at("s3://b", "k")
        }
    }

    #[test]
    fn an_error_says_what_is_known() {
        assert_eq!(
            failure(ErrorKind::NotFound).to_string(),
            "gone [store s3://b, path k, HTTP status 404, request id r1]"
        );
        assert_eq!(Error::new(ErrorKind::Timeout, "").to_string(), "timeout");
    }

    #[test]
    fn errors_survive_the_way_through_object_store() {
        for raw in SL_GENERIC..=SL_CANCELLED {
            let kind = ErrorKind::from_raw(raw);
            assert_eq!(kind.as_raw(), raw);
            let back = Error::from(object_store::Error::from(failure(kind)));
            assert_eq!(back.kind(), kind);
            if kind != ErrorKind::NotImplemented {
                assert_eq!(back, failure(kind));
            }
        }
        assert_eq!(ErrorKind::from_raw(99), ErrorKind::Generic);
        assert_eq!(ErrorKind::from_raw(0), ErrorKind::Generic);
    }

    #[test]
    fn errors_become_the_variant_of_their_kind() {
        let error = object_store::Error::from(failure(ErrorKind::AlreadyExists));
        assert!(matches!(error, object_store::Error::AlreadyExists { path, .. } if path == "k"));
    }

    #[test]
    fn the_causes_of_generic_errors_count() {
        let generic = |source: Box<dyn StdError + Send + Sync>| object_store::Error::Generic {
            store: "LocalFileSystem",
            source,
        };
        let io = |kind| Error::from(generic(Box::new(io::Error::from(kind)))).kind();
        assert_eq!(io(io::ErrorKind::StorageFull), ErrorKind::Io);
        assert_eq!(io(io::ErrorKind::TimedOut), ErrorKind::Timeout);
        assert_eq!(io(io::ErrorKind::PermissionDenied), ErrorKind::PermissionDenied);
        let plain = Error::from(generic("https://u:p@h/k?sig=s failed".into()));
        assert_eq!(plain.kind(), ErrorKind::Generic);
        assert!(
            plain.message().contains("https://REDACTED@h/k?REDACTED failed"),
            "{plain}"
        );
    }
}
