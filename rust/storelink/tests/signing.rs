//! Presigned URLs, through the C ABI and back.
#![cfg(feature = "signer")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::signer::{Method, Signer, Url};
use storelink::{ErrorKind, StorelinkStore, abi, export_with_signer};
use support::{RUNTIME, wait};

/// Says in the URL what it was asked for.
#[derive(Debug)]
struct Telling;

#[async_trait]
impl Signer for Telling {
    async fn signed_url(&self, method: Method, path: &Path, expires_in: Duration) -> object_store::Result<Url> {
        if path.as_ref() == "refused" {
            return Err(support::failure());
        }
        Ok(
            format!("https://host/{path}?method={method}&seconds={}", expires_in.as_secs())
                .parse()
                .unwrap(),
        )
    }
}

fn store() -> StorelinkStore {
    let exported = export_with_signer(Arc::new(InMemory::new()), Arc::new(Telling), RUNTIME.handle().clone());
    // SAFETY: it came from export(), with one reference, which is given back.
    unsafe {
        let imported = StorelinkStore::from_raw(exported).unwrap();
        ((*exported).release)(exported);
        imported
    }
}

#[test]
fn urls_are_signed() {
    let store = store();
    assert_ne!(store.capabilities() & abi::SL_CAN_SIGN, 0);
    let url = wait(store.signed_url(Method::PUT, &Path::from("a/b"), Duration::from_millis(1500))).unwrap();
    assert_eq!(url.as_str(), "https://host/a/b?method=PUT&seconds=2");
    let url = wait(store.sign("QUERY", &Path::from("k"), Duration::from_secs(3))).unwrap();
    assert_eq!(url, "https://host/k?method=QUERY&seconds=3");
}

#[test]
fn what_cannot_be_signed_is_an_error() {
    let store = store();
    let sign = |method, path| wait(store.sign(method, &Path::from(path), Duration::from_secs(1)));
    assert!(sign("GET", "refused").unwrap_err().to_string().contains("as asked"));
    let error = storelink::Error::from(sign("NO METHOD", "key").unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Generic);
    assert!(error.message().contains("NO METHOD"), "{error}");
}
