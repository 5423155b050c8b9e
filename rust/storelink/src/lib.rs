#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod abi;
mod block_on;
mod cause;
mod convert;
mod error;
mod export;
mod import;
#[cfg(feature = "pyo3")]
pub mod python;
mod redact;

pub use block_on::block_on;
pub use error::{Error, ErrorKind};
pub use export::export;
#[cfg(feature = "signer")]
pub use export::export_with_signer;
pub use import::StorelinkStore;
