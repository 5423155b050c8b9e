//! `src/abi.rs` against the header: a C program prints what the compiler makes of `storelink/abi.h`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::Command;

use storelink::abi::*;

/// Structs of the header that Rust code has no use for: those that build stores, and those of Python extensions in C.
const NOT_MIRRORED: [&str; 6] = [
    "sl_retry",
    "sl_open_request",
    "sl_runtime",
    "sl_register_options",
    "sl_python",
    "sl_accept", // constants
];

/// "struct" or "struct.field" or constant -> size, offset or value.
type Layout = BTreeMap<String, i128>;

fn header() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include/storelink/abi.h")
}

/// Names of structs with their fields, and of constants, as the header declares them.
fn declared() -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let text = std::fs::read_to_string(header()).expect("the header is in the repository");
    let mut plain = String::new();
    for (i, piece) in text.split("/*").enumerate() {
        plain.push_str(if i == 0 {
            piece
        } else {
            piece.split_once("*/").expect("a closed comment").1
        });
    }
    let mut structs = BTreeMap::new();
    let mut constants = Vec::new();
    let mut rest = plain.as_str();
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        let close = after.find('}').expect("a closed brace");
        let body = &after[1..close];
        let head: Vec<&str> = before
            .rsplit([';', '}'])
            .next()
            .expect("a head")
            .split_whitespace()
            .collect();
        match head[..] {
            [.., "struct", name] => {
                structs.insert(name.into(), fields(body));
            }
            [.., "enum", name] if !NOT_MIRRORED.contains(&name) => {
                constants.extend(
                    body.split(',')
                        .map(|item| item.split('=').next().expect("a name").trim().into()),
                );
            }
            _ => {}
        }
        rest = if head.contains(&"\"C\"") {
            &after[1..]
        } else {
            &after[close + 1..]
        };
    }
    (structs, constants)
}

fn fields(body: &str) -> Vec<String> {
    let mut fields = Vec::new();
    for declaration in body.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        if let Some((_, after)) = declaration.split_once("(*") {
            fields.push(after.split_once(')').expect("a function pointer").0.into());
        } else {
            for (i, declarator) in declaration.split(',').enumerate() {
                let name = declarator.split_whitespace().last().expect("a name");
                assert!(i > 0 || declarator.split_whitespace().count() > 1, "{declaration}");
                fields.push(name.trim_start_matches('*').into());
            }
        }
    }
    fields
}

/// What a C compiler makes of the header.
fn in_c() -> Layout {
    let (structs, constants) = declared();
    assert!(
        structs.len() > 20 && constants.len() > 30,
        "the header was not understood"
    );
    let mut program = String::from("#include <stdio.h>\n#include \"abi.h\"\nint main(void) {\n");
    for (name, fields) in structs
        .iter()
        .filter(|(name, _)| !NOT_MIRRORED.contains(&name.as_str()))
    {
        writeln!(program, "printf(\"{name} %zu\\n\", sizeof({name}));").unwrap();
        for field in fields {
            writeln!(program, "printf(\"{name}.{field} %zu\\n\", offsetof({name}, {field}));").unwrap();
        }
    }
    for name in constants
        .iter()
        .map(String::as_str)
        .chain(["SL_ABI_VERSION", "SL_NO_TIME"])
    {
        writeln!(program, "printf(\"{name} %lld\\n\", (long long){name});").unwrap();
    }
    writeln!(
        program,
        "puts(SL_CAPSULE_NAME \"/\" SL_CAPSULE_METHOD \" 0\");\nreturn 0; }}"
    )
    .unwrap();

    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi_layout");
    std::fs::create_dir_all(&directory).unwrap();
    let (source, binary) = (directory.join("layout.c"), directory.join("layout"));
    std::fs::write(&source, program).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let compiled = Command::new(&compiler)
        .args(["-std=c11", "-Werror", "-I"])
        .arg(header().parent().expect("a directory"))
        .arg(&source)
        .arg("-o")
        .arg(&binary)
        .status()
        .unwrap_or_else(|error| panic!("a C compiler is needed, {compiler}: {error}"));
    assert!(compiled.success(), "{compiler} failed");
    let output = Command::new(&binary).output().unwrap();
    let parse = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.into(), value.parse().unwrap())
    };
    String::from_utf8(output.stdout).unwrap().lines().map(parse).collect()
}

macro_rules! layout {
    ($out:ident, $($name:ident { $($field:ident),* })*) => {
        $(
            $out.insert(stringify!($name).into(), size_of::<$name>() as i128);
            $($out.insert(concat!(stringify!($name), ".", stringify!($field)).into(), offset_of!($name, $field) as i128);)*
        )*
    };
}

macro_rules! values {
    ($out:ident, $($name:ident)*) => { $($out.insert(stringify!($name).into(), $name as i128);)* };
}

/// The same of this crate. Fields that are missing here are missing in the comparison.
fn in_rust() -> Layout {
    let mut out = Layout::new();
    layout! { out,
        sl_string { data, size }
        sl_bytes { data, size, owner, release }
        sl_pair { name, value }
        sl_range { start, end }
        sl_object { object, owner, copy, release }
        sl_error { struct_size, kind, message, store, path, request_id, status, reserved, cause }
        sl_operation { struct_size, reserved, start, drive, cancel, release }
        sl_object_meta { struct_size, reserved, path, last_modified, size, e_tag, version }
        sl_stream { struct_size, reserved, next, release }
        sl_get_request {
            struct_size, range_kind, range_start, range_end, path, if_match, if_none_match, version,
            if_modified_since, if_unmodified_since, head, sink, buffer, buffer_size, headers,
            header_count, collect_up_to
        }
        sl_get_result {
            struct_size, reserved, meta, start, end, attributes, attribute_count, metadata, metadata_count, body, stream
        }
        sl_get_ranges_request { struct_size, reserved, path, ranges, range_count }
        sl_put_request {
            struct_size, mode, path, body, e_tag, version, attributes, attribute_count, metadata, metadata_count,
            tags, tag_count, headers, header_count
        }
        sl_put_result { struct_size, reserved, e_tag, version }
        sl_upload { struct_size, reserved, put_part, complete, abort, release }
        sl_multipart_request {
            struct_size, reserved, path, attributes, attribute_count, metadata, metadata_count, tags, tag_count
        }
        sl_list_request { struct_size, raw_prefix, prefix, offset, page_token, max_keys, delimiter, reserved }
        sl_list_page {
            struct_size, object_size, objects, object_count, common_prefixes, common_prefix_count, next_page_token
        }
        sl_remove_many_request { struct_size, reserved, paths, path_count }
        sl_copy_request { struct_size, overwrite, from, to }
        sl_sign_request { struct_size, reserved, method, path, expires_in }
        sl_executor { struct_size, reserved, post, spawn_blocking }
        sl_store {
            struct_size, abi_version, retain, release, capabilities, describe, executor, get, put, list_page, remove,
            copy, rename, get_ranges, start_multipart, remove_many, sign
        }
    }
    values! { out,
        SL_ABI_VERSION SL_NO_TIME
        SL_GENERIC SL_NOT_FOUND SL_ALREADY_EXISTS SL_PRECONDITION SL_NOT_MODIFIED SL_PERMISSION_DENIED
        SL_UNAUTHENTICATED SL_INVALID_PATH SL_UNKNOWN_CONFIG_KEY SL_NOT_SUPPORTED SL_NOT_IMPLEMENTED SL_JOIN SL_IO
        SL_TIMEOUT SL_CANCELLED
        SL_RANGE_ALL SL_RANGE_BOUNDED SL_RANGE_OFFSET SL_RANGE_SUFFIX
        SL_SINK_COLLECT SL_SINK_INTO SL_SINK_STREAM
        SL_PUT_OVERWRITE SL_PUT_CREATE SL_PUT_UPDATE
        SL_CAN_PUT_CREATE SL_CAN_PUT_UPDATE SL_CAN_COPY_CREATE SL_CAN_ATTRIBUTES SL_CAN_TAGS SL_CAN_VERSIONS
        SL_CAN_SIGN SL_LISTS_IN_ORDER SL_TAKES_HEADERS SL_TAKES_NO_PARTS
    }
    let name = SL_CAPSULE_NAME.to_str().unwrap();
    out.insert(format!("{name}/{SL_CAPSULE_METHOD}"), 0);
    out
}

#[test]
fn the_structs_are_those_of_the_header() {
    let (rust, c) = (in_rust(), in_c());
    for name in rust.keys().chain(c.keys()) {
        assert_eq!(rust.get(name), c.get(name), "{name}: left is abi.rs, right is abi.h");
    }
}
