// delete, copy, rename, sign and head.
#include "arguments.hpp"
#include "operations.hpp"

namespace storelink::python {

namespace {

// --- delete

Task<void> delete_paths(Store store, std::vector<std::string> paths, bool one) {
  if (one) {
    co_await store->delete_async(std::move(paths.front()));
    co_return;
  }
  const std::vector<std::optional<Error>> errors = co_await store->delete_many_async(std::move(paths));
  for (const std::optional<Error>& error : errors)
    if (error) throw Error(*error);
}

PyObject* delete_(Way way, Store store, const Arguments& arguments) {
  bool one = false;
  std::vector<std::string> paths = paths_argument("paths", arguments[0], one);
  return finish(way, delete_paths(std::move(store), std::move(paths), one),
                [] { return Py_NewRef(Py_None); });
}

constexpr Verb delete_verb = {
    "delete", "paths",
    "Delete an object, or several.\n\n"
    "paths: a path, or a sequence of them. Several go in requests of up to 1,000 (S3), 256 (Azure), or ten "
    "at\n"
    "a time. All are tried; the first failure is then raised. Whether deleting what is not there raises\n"
    "NotFoundError depends on the service: S3 and memory do not, and nothing does for a sequence.",
    delete_};

// --- copy and rename

Task<void> copy_object(Store store, CopyRequest request) {
  co_await store->copy_async(std::move(request));
}

Task<void> rename_object(Store store, CopyRequest request) {
  co_await store->rename_async(std::move(request));
}

template <Task<void> (*Run)(Store, CopyRequest)>
PyObject* copy_or_rename(Way way, Store store, const Arguments& arguments) {
  CopyRequest request(path_argument("from_", arguments[0]), path_argument("to", arguments[1]),
                      flag_argument("overwrite", arguments[2], true));
  return finish(way, Run(std::move(store), std::move(request)), [] { return Py_NewRef(Py_None); });
}

constexpr Verb copy_verb = {
    "copy", "from_, to, *, overwrite=True",
    "Copy an object within its store, on the server where there is one. Attributes are copied, too.\n\n"
    "overwrite=False: AlreadyExistsError where there is an object at `to`, NotSupportedError where the "
    "store\n"
    "cannot tell. NotFoundError where there is none at `from_`.",
    copy_or_rename<copy_object>};

constexpr Verb rename_verb = {
    "rename", "from_, to, *, overwrite=True",
    "Move an object within its store: atomically on disk and in memory, elsewhere a copy and a delete.\n\n"
    "overwrite=False: AlreadyExistsError where there is an object at `to`. NotFoundError where there is none "
    "at\n"
    "`from_`.",
    copy_or_rename<rename_object>};

// --- head

Task<ObjectMeta> read_meta(Store store, std::string path) {
  ObjectMeta meta = co_await store->head_async(std::move(path));
  co_return meta;
}

PyObject* head(Way way, Store store, const Arguments& arguments) {
  return finish(way, read_meta(std::move(store), path_argument("path", arguments[0])),
                [](ObjectMeta&& meta) { return meta_to_dict(meta).release(); });
}

constexpr Verb head_verb = {
    "head", "path",
    "The metadata of an object: a dict of path, last_modified (UTC), size (bytes), e_tag and version.\n\n"
    "NotFoundError where there is none.",
    head};

// --- sign

constexpr std::array<std::string_view, 9> http_methods = {"GET",   "PUT",    "POST",    "HEAD",   "PATCH",
                                                          "TRACE", "DELETE", "OPTIONS", "CONNECT"};

std::string method_argument(PyObject* argument) {
  std::string method = expect_text("method", argument);
  for (char& c : method)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  for (const std::string_view known : http_methods)
    if (method == known) return method;
  raise(PyExc_ValueError, "method is '" + method +
                              "'; accepted is GET, PUT, POST, HEAD, PATCH, TRACE, DELETE, "
                              "OPTIONS or CONNECT");
}

Task<std::vector<std::string>> sign_paths(Store store, std::string method, std::vector<std::string> paths,
                                          std::chrono::seconds lifetime) {
  std::vector<std::string> urls;
  urls.reserve(paths.size());
  for (std::string& path : paths)
    urls.push_back(co_await store->sign_async(SignRequest(method, std::move(path), lifetime)));
  co_return urls;
}

PyObject* sign(Way way, Store store, const Arguments& arguments) {
  std::string method = method_argument(arguments[0]);
  bool one = false;
  std::vector<std::string> paths = paths_argument("paths", arguments[1], one);
  if (!is_timedelta(arguments[2])) raise_wrong_type("expires_in", arguments[2], "datetime.timedelta");
  const auto lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(from_timedelta("expires_in", arguments[2]));
  if (!store->capabilities().sign)
    raise(PyExc_ValueError,
          "store is " + store->describe() +
              ", which cannot sign URLs; accepted are S3, GCS and Azure with credentials that can");
  return finish(way, sign_paths(std::move(store), std::move(method), std::move(paths), lifetime),
                [one](std::vector<std::string>&& urls) {
                  if (one) return from_utf8(urls.front()).release();
                  return list_of(urls, from_utf8).release();
                });
}

constexpr Verb sign_verb = {
    "sign", "method, paths, expires_in",
    "A presigned URL, with which anybody may do this one thing for a while.\n\n"
    "method: GET, PUT, HEAD, DELETE, ... paths: a path, or a sequence of them, for which a list of URLs is\n"
    "returned. expires_in: a timedelta (S3, GCS: 1 second to 7 days). ValueError for a store that has no "
    "signed\n"
    "URLs.",
    sign};

}  // namespace

void add_simple_verbs(PyObject* module, PyTypeObject* store_class) {
  add_verb<delete_verb>(module, store_class);
  add_verb<copy_verb>(module, store_class);
  add_verb<rename_verb>(module, store_class);
  add_verb<head_verb>(module, store_class);
  add_verb<sign_verb>(module, store_class);
}

}  // namespace storelink::python
