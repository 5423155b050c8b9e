// list and list_with_delimiter.
#include <algorithm>

#include "arguments.hpp"
#include "arrow_classes.hpp"
#include "list_stream.hpp"
#include "operations.hpp"

namespace storelink::python {

namespace {

// --- list

PyObject* list(Way, Store store, const Arguments& arguments) {
  ListRequest request(optional_path_argument("prefix", arguments[0]));
  request.offset = optional_path_argument("offset", arguments[1]);
  // One at a time for 0, as obstore has it.
  const std::size_t chunk_size = std::max<std::size_t>(1, size_argument("chunk_size", arguments[2], 50));
  const bool arrow = flag_argument("return_arrow", arguments[3], false);
  return make_list_stream(std::move(store), std::move(request), chunk_size, arrow).release();
}

constexpr Verb list_verb = {
    "list", "prefix=None, *, offset=None, chunk_size=50, return_arrow=False",
    R"doc(All objects below `prefix`, at any depth. Iterate over it, with `for` or `async for`, or `collect()` it.

prefix: whole segments of a path: "a/b" lists "a/b/c" and not "a/bc". Default: everything in the store.
offset: only keys that come after this one in the order of their bytes. Default: all.
chunk_size: how many objects are in a chunk, the last one excepted. Default: 50.
return_arrow: whether chunks are Arrow record batches, which cost much less than dicts. Default: False. They have
    path, last_modified (microseconds, UTC), size (bytes), e_tag and version; in paths, bytes that are no UTF-8 are
    U+FFFD. Otherwise a chunk is a list of dicts, as `head()` returns them.

Keys come in the service's order, which most services keep sorted. Paths that break the rules are `Key` objects.
This is not to be awaited: nothing is sent until the first chunk is asked for, and errors are raised then:
NotFoundError for a bucket that does not exist, UnauthenticatedError and PermissionDeniedError, GenericError,
InputOutputError (an OSError) and OperationTimeoutError (a TimeoutError) for connections that fail, after the
retries. At once: InvalidPathError for a prefix or offset that breaks the rules, OverflowError for a negative
`chunk_size`, TypeError; what is no store is a ValueError, too.)doc",
    list};

// --- list_with_delimiter

Task<ListResult> list_level(Store store, ListRequest request) {
  ListResult found = co_await store->list_async(std::move(request));
  co_return found;
}

PyObject* list_with_delimiter(Way way, Store store, const Arguments& arguments) {
  ListRequest request(optional_path_argument("prefix", arguments[0]));
  request.delimiter = true;
  const bool arrow = flag_argument("return_arrow", arguments[1], false);
  return finish(way, list_level(std::move(store), std::move(request)), [arrow](ListResult&& found) {
    Ref result = checked(PyDict_New());
    const Ref prefixes = keys_to_list(found.common_prefixes);
    const Ref objects = arrow ? make_table(found.objects) : metas_to_list(found.objects);
    check(PyDict_SetItemString(result.get(), "common_prefixes", prefixes.get()));
    check(PyDict_SetItemString(result.get(), "objects", objects.get()));
    return result.release();
  });
}

constexpr Verb list_with_delimiter_verb = {
    "list_with_delimiter", "prefix=None, *, return_arrow=False",
    R"doc(One level: a dict of the objects directly below `prefix`, and of common_prefixes, the directories there. All pages.

prefix: whole segments of a path. Default: the root of the store.
return_arrow: whether the objects are an Arrow table. Default: False, a list of dicts. See `list()` for its columns.

Errors are those of `list()`, and raised by this call: NotFoundError for a bucket that does not exist,
UnauthenticatedError and PermissionDeniedError, GenericError, InputOutputError and OperationTimeoutError;
InvalidPathError for a prefix that breaks the rules. A prefix below which there is nothing gives nothing.)doc",
    list_with_delimiter};

}  // namespace

void add_list_verbs(PyObject* module, PyTypeObject* store_class) {
  add_list_stream_class(module);
  add_arrow_classes(module);
  add_stream_verb<list_verb>(module, store_class);
  add_verb<list_with_delimiter_verb>(module, store_class);
}

}  // namespace storelink::python
