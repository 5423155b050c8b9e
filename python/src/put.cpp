// put: an object from memory, a file or a stream, in one request or in parts.
#include <cstring>

#include "arguments.hpp"
#include "get_result.hpp"
#include "operations.hpp"
#include "put_source.hpp"
#include "storelink/writer.hpp"

namespace storelink::python {

namespace {

struct Upload {
  Store store;
  PutRequest request;  // without its body
  std::unique_ptr<PutSource> source;
  std::optional<bool> in_parts;  // nothing: if it is longer than a part
  std::size_t part_size = 0;     // bytes
  std::size_t concurrency = 0;
};

// --- in one request

Task<Bytes> collect(PutSource* source, std::size_t piece_size) {
  std::vector<Bytes> pieces;
  std::size_t size = 0;
  for (;;) {
    std::optional<Bytes> piece = co_await source->next_async(piece_size);
    if (!piece) break;
    size += piece->size();
    pieces.push_back(std::move(*piece));
  }
  if (pieces.size() == 1) co_return std::move(pieces.front());
  Buffer whole(size);
  std::size_t filled = 0;
  for (const Bytes& piece : pieces) {
    std::memcpy(whole.data() + filled, piece.data(), piece.size());
    filled += piece.size();
  }
  co_return std::move(whole).freeze(size);
}

Task<PutResult> put_whole(std::unique_ptr<Upload> upload) {
  if (std::optional<Bytes> all = upload->source->whole())
    upload->request.body = std::move(*all);
  else
    upload->request.body = co_await collect(upload->source.get(), upload->part_size);
  PutResult result = co_await upload->store->put_async(std::move(upload->request));
  co_return result;
}

// --- in parts

Task<PutResult> put_in_parts(std::unique_ptr<Upload> upload) {
  WriterOptions options;
  options.part_size = upload->part_size;
  options.concurrency = upload->concurrency;
  options.always_in_parts = upload->in_parts.value_or(false);
  options.attributes = upload->request.attributes;
  options.tags = upload->request.tags;
  BufferedWriter writer(upload->store, upload->request.path, std::move(options));
  std::exception_ptr failure;
  try {
    for (;;) {
      std::optional<Bytes> piece = co_await upload->source->next_async(upload->part_size);
      if (!piece) break;
      co_await writer.write_async(std::move(*piece));
    }
    PutResult result = co_await writer.close_async();
    co_return result;
  } catch (...) {
    failure = std::current_exception();
  }
  co_await writer.abort_async();
  std::rethrow_exception(failure);
}

// --- the arguments

PutMode mode_argument(PyObject* argument) {
  if (!is_given(argument)) return PutMode::overwrite();
  if (PyUnicode_Check(argument) != 0) {
    const std::string given = expect_text("mode", argument);
    std::string mode = given;
    for (char& c : mode)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
    if (mode == "overwrite") return PutMode::overwrite();
    if (mode == "create") return PutMode::create();
    raise(PyExc_ValueError,
          "mode is '" + given + "'; accepted are 'overwrite', 'create' and a dict of e_tag and version");
  }
  PutMode mode = PutMode::update({});
  for_each_item("mode", argument, [&mode](const std::string& name, PyObject* value) {
    if (name != "e_tag" && name != "version") return;  // what head() gives has more
    if (value != Py_None)
      (name == "e_tag" ? mode.e_tag : mode.version) = expect_text("mode['" + name + "']", value);
  });
  return mode;
}

PyObject* put_result_to_python(PutResult&& result) {
  const Ref dict = checked(PyDict_New());
  check(PyDict_SetItemString(dict.get(), "e_tag", text_or_none(result.e_tag).get()));
  check(PyDict_SetItemString(dict.get(), "version", text_or_none(result.version).get()));
  return Py_NewRef(dict.get());
}

constexpr std::size_t usual_part = 5u << 20;
constexpr std::size_t usual_concurrency = 12;

PyObject* put(Way way, Store store, const Arguments& arguments) {
  auto upload = std::make_unique<Upload>();
  upload->request.path = path_argument("path", arguments[0]);
  upload->request.attributes = attributes_argument("attributes", arguments[2]);
  upload->request.tags = tags_argument("tags", arguments[3]);
  upload->request.mode = mode_argument(arguments[4]);
  if (is_given(arguments[5])) upload->in_parts = flag_argument("use_multipart", arguments[5], false);
  upload->part_size = positive_argument("chunk_size", arguments[6], usual_part);
  upload->concurrency = positive_argument("max_concurrency", arguments[7], usual_concurrency);
  PutInput input{body_source(arguments[1]), nullptr};
  if (!input.source) input = put_source(way, arguments[1]);
  upload->source = std::move(input.source);
  upload->store = std::move(store);

  const std::optional<Bytes> whole = upload->source->whole();
  if (whole) upload->part_size = storelink::detail::sufficient_part_size(upload->part_size, whole->size());
  const bool one_request = upload->request.mode.kind != PutMode::Kind::overwrite ||
                           !upload->in_parts.value_or(!whole || whole->size() > upload->part_size);
  Task<PutResult> task = one_request ? put_whole(std::move(upload)) : put_in_parts(std::move(upload));
  auto convert = [held = std::move(input.held)](PutResult&& result) {
    return put_result_to_python(std::move(result));
  };
  return finish(way, std::move(task), std::move(convert), translate_source_failure);
}

constexpr Verb put_verb = {
    "put",
    "path, file, *, attributes=None, tags=None, mode=None, use_multipart=None, chunk_size=5242880, "
    "max_concurrency=12",
    R"doc(Writes an object: all of it, or nothing. Nobody sees a part of it, and until then an older one stays.

file: bytes or any contiguous buffer, the path of a local file (a str or Path), a file opened for reading bytes, or
    an iterable of buffers, such as a GetResult; for `put_async()` also an asynchronous iterable.
attributes: a dict of names of HTTP, such as {"Content-Type": "text/plain"}, and of your own, which are stored as
    metadata. Default: none.
tags: a dict of names and values. Default: none.
mode: "overwrite" (the default), "create", or a dict of e_tag and version, as an earlier put returned it: the
    version to replace. All but "overwrite" need a single request.
use_multipart: whether the object is sent in parts. Default: if it is larger than `chunk_size`, or an iterable.
    False keeps all of it in memory.
chunk_size: the size of a part in bytes. Default: 5 MiB, which is the least that S3 takes.
max_concurrency: how many parts are sent at the same time. Default: 12.

Returns a dict of e_tag and version. AlreadyExistsError where "create" finds an object, PreconditionError where the
object is another one by now; NotFoundError for a bucket that is not there; NotSupportedError for attributes or tags
and NotImplementedError for a mode that the store does not have; UnauthenticatedError and PermissionDeniedError,
GenericError for what else the service says; InputOutputError (an OSError) and OperationTimeoutError (a
TimeoutError) for connections that fail, after the retries. Before anything is sent: InvalidPathError for a path
that breaks the rules, ValueError and TypeError for arguments that make no sense; what is no store is both. What the
source raises goes through. An upload that has failed leaves no parts behind.)doc",
    put};

}  // namespace

void add_put_verb(PyObject* module, PyTypeObject* store_class) {
  add_verb<put_verb>(module, store_class);
}

}  // namespace storelink::python
