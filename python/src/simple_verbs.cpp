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
    R"doc(Removes an object, or many: on S3 up to 1,000 and on Azure up to 256 with one request, elsewhere ten at a time.

A single path with no object is a NotFoundError, but not on S3 and in memory; of many paths none is. All of many
paths are tried, and then the first error is raised: UnauthenticatedError and PermissionDeniedError, GenericError,
InputOutputError and OperationTimeoutError. Before anything is sent: InvalidPathError for a path that breaks the
rules, TypeError for what is neither a path nor a sequence of them.)doc",
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
    R"doc(Copies an object within its store, attributes included. Where there is a service, it does so itself.

overwrite: whether an object at `to` is replaced. Default: true. If not, AlreadyExistsError where there is one. S3
    is asked by the setting `copy_if_not_exists`, by default with a header that Amazon S3 knows. Services that do
    not know it refuse it (NotImplementedError, GenericError) or leave it aside and replace the object: for those
    set "multipart". NotSupportedError for stores of other libraries that cannot ask for it.

NotFoundError if there is no object at `from_`; UnauthenticatedError and PermissionDeniedError, GenericError,
InputOutputError and OperationTimeoutError as for `put()`; InvalidPathError for a path that breaks the rules.)doc",
    copy_or_rename<copy_object>};

constexpr Verb rename_verb = {
    "rename", "from_, to, *, overwrite=True",
    R"doc(Moves an object within its store: one step on a disk and in memory, a copy and a delete elsewhere.

overwrite: whether an object at `to` is replaced. Default: true. If not, AlreadyExistsError where there is one.

Errors are those of `copy()` and `delete()`. If the delete fails, the object is at both paths.)doc",
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
    R"doc(An object's metadata: a dict of path, last_modified (UTC), size (bytes), e_tag and version.

Errors are those of `get()`: NotFoundError if there is no such object, UnauthenticatedError, PermissionDeniedError,
InputOutputError, OperationTimeoutError and so on.)doc",
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
    R"doc(A URL that anybody can use until it expires, without credentials; a list of them for several paths.

method: what it can be used for, an HTTP method in any case: "GET", "PUT", "HEAD", "DELETE" and so on.
paths: a path, or a sequence of them.
expires_in: a timedelta of at least a second. S3 and Google Cloud Storage take 7 days at most.

It says nothing of whether the object exists. No request is made, but for credentials and, on Azure with tokens, for
a key to sign with. The URL is as good as a password: do not log it.

ValueError for a store that cannot sign, for another method and for a negative time; GenericError for a time that
the service does not take; NotSupportedError for a method that it does not sign and for credentials that cannot
sign; UnauthenticatedError without valid credentials, PermissionDeniedError, InputOutputError and
OperationTimeoutError where a request is made; InvalidPathError for a path that breaks the rules, TypeError for
arguments of another type.)doc",
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
