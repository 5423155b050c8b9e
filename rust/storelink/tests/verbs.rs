//! Every verb of `object_store`, through the C ABI and back.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, TagSet, UpdateVersion,
};
use storelink::StorelinkStore;
use support::{Behaviour, TestStore, chained, wait};

fn store() -> StorelinkStore {
    chained(InMemory::new())
}

fn filled(keys: &[&str]) -> StorelinkStore {
    let store = store();
    for key in keys {
        wait(store.put(&Path::from(*key), key.to_string().into())).unwrap();
    }
    store
}

fn read(store: &StorelinkStore, key: &str) -> Bytes {
    wait(async { store.get(&Path::from(key)).await?.bytes().await }).unwrap()
}

fn keys(store: &StorelinkStore, prefix: Option<&str>) -> BTreeSet<String> {
    let prefix = prefix.map(Path::from);
    let keys = store.list(prefix.as_ref()).map_ok(|object| object.location.to_string());
    wait(keys.try_collect()).unwrap()
}

fn set(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| key.to_string()).collect()
}

#[test]
fn bytes_are_shared_and_not_copied() {
    let store = store();
    let body = Bytes::from(vec![1; 3 << 20]);
    let address = body.as_ptr();
    wait(store.put(&Path::from("key"), body.into())).unwrap();
    assert_eq!(read(&store, "key").as_ptr(), address);
    assert_eq!(
        wait(store.get_range(&Path::from("key"), 5..9)).unwrap().as_ptr(),
        address.wrapping_add(5)
    );
}

#[test]
fn payloads_of_several_chunks_become_one_object() {
    let store = store();
    let payload = PutPayload::from_iter(["ab", "", "cd"].map(Bytes::from));
    wait(store.put(&Path::from("key"), payload)).unwrap();
    assert_eq!(&read(&store, "key")[..], b"abcd");
    wait(store.put(&Path::from("empty"), PutPayload::new())).unwrap();
    assert!(read(&store, "empty").is_empty());
}

#[test]
fn what_is_put_comes_back_with_its_attributes() {
    let store = store();
    let attributes = Attributes::from_iter([
        (Attribute::ContentType, "text/plain"),
        (Attribute::ContentDisposition, "inline"),
        (Attribute::ContentEncoding, "gzip"),
        (Attribute::ContentLanguage, "de"),
        (Attribute::CacheControl, "no-store"),
        (Attribute::StorageClass, "COLD"),
        (Attribute::Metadata("Mine".into()), "ü"),
    ]);
    let options = PutOptions::from(attributes.clone());
    let put = wait(store.put_opts(&Path::from("a/b"), "text".into(), options)).unwrap();
    let got = wait(store.get(&Path::from("a/b"))).unwrap();
    assert_eq!(got.attributes, attributes);
    assert_eq!(got.meta.location, Path::from("a/b"));
    assert_eq!(got.meta.size, 4);
    assert_eq!(got.meta.e_tag, put.e_tag);
    assert!(got.meta.e_tag.is_some());
    assert_eq!(got.meta.version, None);
    assert_eq!(got.range, 0..4);
    assert!(Utc::now() - got.meta.last_modified < TimeDelta::minutes(1));
    assert_eq!(wait(got.bytes()).unwrap(), "text");
}

#[test]
fn put_modes() {
    let store = filled(&["key"]);
    let path = Path::from("key");
    let put = |mode: PutMode| wait(store.put_opts(&path, "new".into(), mode.into()));
    assert!(matches!(put(PutMode::Create), Err(Error::AlreadyExists { path, .. }) if path == "key"));
    let update = |e_tag: &str| {
        put(PutMode::Update(UpdateVersion {
            e_tag: Some(e_tag.into()),
            version: None,
        }))
    };
    assert!(matches!(update("\"other\""), Err(Error::Precondition { .. })));
    let e_tag = wait(store.head(&path)).unwrap().e_tag.unwrap();
    update(&e_tag).unwrap();
    assert_eq!(read(&store, "key"), "new");
    assert!(matches!(update(&e_tag), Err(Error::Precondition { .. })));
}

#[test]
fn ranges() {
    let store = filled(&["0123456789"]);
    let path = Path::from("0123456789");
    let get = |range: GetRange| {
        let options = GetOptions::new().with_range(Some(range));
        wait(async {
            let got = store.get_opts(&path, options).await?;
            Ok::<_, Error>((got.range.clone(), got.bytes().await?))
        })
    };
    assert_eq!(get(GetRange::Bounded(2..5)).unwrap(), (2..5, "234".into()));
    assert_eq!(get(GetRange::Bounded(8..99)).unwrap(), (8..10, "89".into()));
    assert_eq!(get(GetRange::Offset(7)).unwrap(), (7..10, "789".into()));
    assert_eq!(get(GetRange::Suffix(2)).unwrap(), (8..10, "89".into()));
    assert!(get(GetRange::Bounded(10..11)).is_err());
    assert!(get(GetRange::Bounded(3..3)).is_err());

    let pieces = wait(store.get_ranges(&path, &[0..1, 4..6, 1..2])).unwrap();
    assert_eq!(pieces, ["0", "45", "1"].map(Bytes::from));
    assert!(wait(store.get_ranges(&path, &[])).unwrap().is_empty());
    assert!(matches!(
        wait(store.get_ranges(&Path::from("no"), &[0..1, 2..3])),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn conditions() {
    let store = filled(&["key"]);
    let path = Path::from("key");
    let meta = wait(store.head(&path)).unwrap();
    let get = |options: GetOptions| wait(store.get_opts(&path, options)).map(|_| ());
    let (e_tag, hour) = (meta.e_tag.clone(), TimeDelta::hours(1));
    get(GetOptions::new().with_if_match(e_tag.clone())).unwrap();
    assert!(matches!(
        get(GetOptions::new().with_if_match(Some("\"x\""))),
        Err(Error::Precondition { .. })
    ));
    assert!(matches!(
        get(GetOptions::new().with_if_none_match(e_tag)),
        Err(Error::NotModified { .. })
    ));
    let since = |time| GetOptions::new().with_if_modified_since(Some(time));
    get(since(meta.last_modified - hour)).unwrap();
    assert!(matches!(
        get(since(meta.last_modified + hour)),
        Err(Error::NotModified { .. })
    ));
    let unmodified = |time| GetOptions::new().with_if_unmodified_since(Some(time));
    get(unmodified(meta.last_modified + hour)).unwrap();
    assert!(matches!(
        get(unmodified(meta.last_modified - hour)),
        Err(Error::Precondition { .. })
    ));
}

#[test]
fn a_head_has_no_body() {
    let store = filled(&["key"]);
    let got = wait(store.get_opts(&Path::from("key"), GetOptions::new().with_head(true))).unwrap();
    assert_eq!(got.meta.size, 3);
    assert!(wait(got.bytes()).unwrap().is_empty());
}

#[test]
fn a_missing_object_is_not_found() {
    let store = store();
    let error = wait(store.get(&Path::from("a/b"))).unwrap_err();
    assert!(matches!(&error, Error::NotFound { path, .. } if path == "a/b"));
    let error = storelink::Error::from(error);
    assert_eq!(
        (error.kind(), error.store(), error.path()),
        (storelink::ErrorKind::NotFound, "InMemory", "a/b")
    );
}

#[test]
fn streams_have_back_pressure() {
    let test_store = TestStore::new(Behaviour::Pieces(10));
    let seen = test_store.seen.clone();
    let store = chained(test_store);
    let body: Bytes = (0..100).collect();
    wait(store.put(&Path::from("key"), body.clone().into())).unwrap();
    let mut pieces = wait(store.get(&Path::from("key"))).unwrap().into_stream();
    let count = || seen.pieces.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(count(), 0);
    assert_eq!(wait(pieces.next()).unwrap().unwrap(), body[..10]);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(count(), 1);
    let rest: Vec<Bytes> = wait(pieces.try_collect()).unwrap();
    assert_eq!(rest.concat(), body[10..]);
    assert_eq!(count(), 10);
}

#[test]
fn a_stream_that_breaks_or_ends_too_early_is_an_error() {
    for (behaviour, message) in [
        (Behaviour::BreaksAfterTwo(10), "as asked"),
        (Behaviour::EndsAfterTwo(10), "80 bytes too early"),
    ] {
        let store = chained(TestStore::new(behaviour));
        wait(store.put(&Path::from("key"), vec![0; 100].into())).unwrap();
        let got = wait(store.get(&Path::from("key"))).unwrap();
        let pieces: Vec<_> = wait(got.into_stream().collect());
        assert_eq!(pieces.len(), 3, "{behaviour:?}");
        let error = pieces.into_iter().next_back().unwrap().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn multipart_uploads() {
    let store = store();
    let path = Path::from("big");
    let options = PutMultipartOptions::from(Attributes::from_iter([(Attribute::ContentType, "x/y")]));
    wait(async {
        let mut upload = store.put_multipart_opts(&path, options).await?;
        let parts: Vec<_> = (0..20u8).map(|i| upload.put_part(vec![i; 1000].into())).collect();
        assert!(matches!(store.head(&path).await, Err(Error::NotFound { .. })));
        try_join_all(parts.into_iter().rev()).await?; // polled backwards
        let put = upload.complete().await?;
        let got = store.get(&path).await?;
        assert_eq!(got.meta.e_tag, put.e_tag);
        assert_eq!(got.attributes.get(&Attribute::ContentType).unwrap().as_ref(), "x/y");
        let expected: Vec<u8> = (0..20u8).flat_map(|i| [i; 1000]).collect();
        assert_eq!(got.bytes().await?, expected);

        let mut upload = store.put_multipart(&Path::from("never")).await?;
        upload.put_part("part".into()).await?;
        upload.abort().await?;
        upload.abort().await?;
        assert!(upload.put_part("late".into()).await.is_err());
        assert!(matches!(
            store.head(&Path::from("never")).await,
            Err(Error::NotFound { .. })
        ));
        Ok::<_, Error>(())
    })
    .unwrap();
}

#[test]
fn deletes() {
    let store = filled(&["a", "b/c", "b/d", "e"]);
    wait(store.delete(&Path::from("a"))).unwrap();
    let locations = store
        .list(Some(&Path::from("b")))
        .map_ok(|object| object.location)
        .boxed();
    let deleted: Vec<Path> = wait(store.delete_stream(locations).try_collect()).unwrap();
    assert_eq!(deleted, [Path::from("b/c"), Path::from("b/d")]);
    assert_eq!(keys(&store, None), set(&["e"]));
}

#[test]
fn a_bad_location_does_not_hide_the_results_of_the_others() {
    let store = filled(&["a", "b"]);
    let failed = Err(support::failure());
    let locations = stream::iter([Ok(Path::from("a")), failed, Ok(Path::from("b"))]).boxed();
    let results: Vec<_> = wait(store.delete_stream(locations).collect());
    assert_eq!(results[0].as_ref().unwrap(), &Path::from("a"));
    assert!(results[1].as_ref().unwrap_err().to_string().contains("as asked"));
    assert_eq!(results[2].as_ref().unwrap(), &Path::from("b"));
    assert!(keys(&store, None).is_empty());
}

#[test]
fn more_deletes_than_fit_into_one_request() {
    let all: Vec<String> = (0..2500).map(|i| format!("k{i}")).collect();
    let store = filled(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let locations = stream::iter(all.clone()).map(|key| Ok(Path::from(key))).boxed();
    let deleted: Vec<String> = wait(store.delete_stream(locations).map_ok(String::from).try_collect()).unwrap();
    assert_eq!(deleted, all);
    assert!(keys(&store, None).is_empty());
}

#[test]
fn listings() {
    let store = filled(&["a", "foo", "foo/bar", "foo/baz/1", "foo.txt", "z"]);
    assert_eq!(keys(&store, Some("foo")), set(&["foo/bar", "foo/baz/1"]));
    assert_eq!(keys(&store, Some("")).len(), 6);
    let offset = store
        .list_with_offset(None, &Path::from("foo.txt"))
        .map_ok(|object| object.location.to_string());
    assert_eq!(
        wait(offset.try_collect::<BTreeSet<_>>()).unwrap(),
        set(&["foo/bar", "foo/baz/1", "z"])
    );

    let found = wait(store.list_with_delimiter(Some(&Path::from("foo")))).unwrap();
    assert_eq!(found.common_prefixes, [Path::from("foo/baz")]);
    assert_eq!(
        found.objects.iter().map(|o| o.location.as_ref()).collect::<Vec<_>>(),
        ["foo/bar"]
    );
    let found = wait(store.list_with_delimiter(None)).unwrap();
    assert_eq!(found.common_prefixes, [Path::from("foo")]);
    assert_eq!(found.objects.len(), 4);
}

#[test]
fn listings_of_many_pages() {
    let all: Vec<String> = (0..3500).map(|i| format!("d{}/k{i}", i % 3)).collect();
    let store = filled(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(keys(&store, None).len(), 3500);
    assert_eq!(keys(&store, Some("d1")).len(), 1167);
    // Several at once, each read one object at a time.
    let mut streams: Vec<_> = (0..5).map(|_| store.list(None)).collect();
    for _ in 0..3500 {
        for stream in &mut streams {
            wait(stream.next()).unwrap().unwrap();
        }
    }
    for stream in &mut streams {
        assert!(wait(stream.next()).is_none());
    }
}

#[test]
fn a_listing_that_fails_gives_what_it_had() {
    let test_store = TestStore::new(Behaviour::ListsBackwards(1500));
    for i in 0..2000 {
        wait(test_store.inner.put(&Path::from(format!("k{i:04}")), "".into())).unwrap();
    }
    let listed: Vec<_> = wait(chained(test_store).list(None).collect());
    let good: Vec<_> = listed
        .iter()
        .flatten()
        .map(|object| object.location.to_string())
        .collect();
    assert_eq!(
        (good.len(), good[0].as_str(), good[1499].as_str()),
        (1500, "k1999", "k0500")
    );
    assert_eq!(listed.len(), 1501);
    assert!(listed[1500].is_err());
}

#[test]
fn copies_and_renames() {
    let store = filled(&["a", "b"]);
    let (a, b, c) = (Path::from("a"), Path::from("b"), Path::from("c"));
    assert!(matches!(
        wait(store.copy_if_not_exists(&a, &b)),
        Err(Error::AlreadyExists { .. })
    ));
    assert!(matches!(
        wait(store.rename_if_not_exists(&a, &b)),
        Err(Error::AlreadyExists { .. })
    ));
    assert!(matches!(wait(store.copy(&c, &a)), Err(Error::NotFound { .. })));
    wait(store.copy(&a, &b)).unwrap();
    assert_eq!(read(&store, "b"), "a");
    wait(store.rename_if_not_exists(&b, &c)).unwrap();
    assert_eq!(keys(&store, None), set(&["a", "c"]));
    wait(store.rename(&a, &c)).unwrap();
    assert_eq!(keys(&store, None), set(&["c"]));
}

#[test]
fn tags_go_through() {
    let mut tags = TagSet::default();
    tags.push("key one", "v/1");
    let options = PutOptions::from(tags);
    // InMemory keeps no tags: what counts is that they are taken.
    wait(store().put_opts(&Path::from("key"), "x".into(), options)).unwrap();
}

#[test]
fn a_store_describes_itself() {
    let store = store();
    assert_eq!(store.to_string(), "InMemory");
    assert_eq!(format!("{store:?}"), "StorelinkStore(InMemory)");
    assert_ne!(store.capabilities() & storelink::abi::SL_CAN_PUT_CREATE, 0);
    assert_eq!(store.capabilities() & storelink::abi::SL_CAN_SIGN, 0);
}

#[test]
fn without_a_signer_there_are_no_presigned_urls() {
    let error = wait(store().sign("GET", &Path::from("key"), Duration::from_secs(1))).unwrap_err();
    assert!(matches!(&error, Error::NotSupported { .. }));
    assert!(error.to_string().contains("`sign`"), "{error}");
}

#[test]
fn a_store_goes_through_twice() {
    let twice = chained(chained(InMemory::new()));
    wait(twice.put(&Path::from("key"), "value".into())).unwrap();
    assert_eq!(read(&twice, "key"), "value");
    let error = storelink::Error::from(wait(twice.get(&Path::from("no"))).unwrap_err());
    assert_eq!(
        (error.kind(), error.store()),
        (storelink::ErrorKind::NotFound, "InMemory")
    );
}
