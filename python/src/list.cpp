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
    "The objects below a prefix, at any depth: a ListStream, for `for`, `async for` and collect().\n\n"
    "prefix: whole segments: 'a' and 'a/' cover 'a/b' but not 'ab'. None: all. offset: only paths behind "
    "this\n"
    "one in the order of their bytes. chunk_size: objects in a chunk, the last one may be shorter. No "
    "request is\n"
    "sent before the first chunk is asked for, and a page at a time then.\n\n"
    "A chunk is a list of dicts, as head() gives them; paths that break the rules for paths are Key "
    "objects.\n"
    "return_arrow=True: it is an Arrow record batch, which any Arrow library takes without a copy: an\n"
    "arro3.core.RecordBatch where arro3-core is installed, else a storelink.RecordBatch. Columns: path, "
    "last_modified\n"
    "(microseconds, UTC), size (uint64, bytes), e_tag and version (nullable). In paths, bytes that are no "
    "UTF-8\n"
    "are then U+FFFD.\n\n"
    "OverflowError for a negative chunk_size.",
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
    "What is directly below a prefix: a dict of objects, and of common_prefixes for what lies deeper (a "
    "list\n"
    "of paths, like directories).\n\n"
    "prefix: as in list(). objects is a list of dicts or, with return_arrow=True, an Arrow table: an\n"
    "arro3.core.Table where arro3-core is installed, else a storelink.Table. See list() for its columns.",
    list_with_delimiter};

}  // namespace

void add_list_verbs(PyObject* module, PyTypeObject* store_class) {
  add_list_stream_class(module);
  add_arrow_classes(module);
  add_stream_verb<list_verb>(module, store_class);
  add_verb<list_with_delimiter_verb>(module, store_class);
}

}  // namespace storelink::python
