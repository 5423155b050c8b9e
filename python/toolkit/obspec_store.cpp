#include "obspec_store.hpp"

#include <algorithm>

#include "base/collected_parts.hpp"
#include "base/list_page.hpp"
#include "bytes_type.hpp"
#include "call_arguments.hpp"
#include "obspec_reading.hpp"
#include "obspec_verbs.hpp"
#include "storelink/detail/shared_upload.hpp"
#include "storelink/path.hpp"
#include "values.hpp"

namespace storelink::python {

namespace {

bool has_method(PyObject* object, const char* name) {
  const Ref found = attribute_or_none(object, name);
  return found && PyCallable_Check(found.get()) != 0;
}

bool takes_options(PyObject* function) {
  const Ref inspect = import_attribute("inspect", "signature");
  const Ref signature = Ref::steal(PyObject_CallFunctionObjArgs(inspect.get(), function, nullptr));
  if (!signature) {  // a function without one
    const TakenError taken;
    return false;
  }
  const Ref parameters = checked(PyObject_GetAttrString(signature.get(), "parameters"));
  const int contains = PyMapping_HasKeyString(parameters.get(), "options");
  return contains != 0;
}

bool can_be_read(PyObject* object) {
  if (PyModule_Check(object)) return false;  // its functions take a store
  for (const char* name : {"get_range", "get_range_async", "get_ranges", "get_ranges_async", "get_async"})
    if (has_method(object, name)) return true;
  return has_method(object, "get") && takes_options(checked(PyObject_GetAttrString(object, "get")).get());
}

ObspecVerbs verbs_of(PyObject* object) {
  ObspecVerbs verbs;
  verbs.type = type_name(object);
  verbs.get = find_method(object, "get");
  verbs.get_range = find_method(object, "get_range");
  verbs.get_ranges = find_method(object, "get_ranges");
  verbs.head = find_method(object, "head");
  verbs.put = find_method(object, "put");
  verbs.list = find_method(object, "list");
  verbs.list_with_delimiter = find_method(object, "list_with_delimiter");
  verbs.remove = find_method(object, "delete");
  verbs.copy = find_method(object, "copy");
  verbs.rename = find_method(object, "rename");
  return verbs;
}

constexpr auto ignore = [](PyObject*) {};

// --- put

Ref mode_value(const PutMode& mode) {
  switch (mode.kind) {
    case PutMode::Kind::overwrite: break;
    case PutMode::Kind::create: return from_utf8("create");
    case PutMode::Kind::update: {
      Ref version = checked(PyDict_New());
      if (mode.e_tag) check(PyDict_SetItemString(version.get(), "e_tag", from_utf8(*mode.e_tag).get()));
      if (mode.version) check(PyDict_SetItemString(version.get(), "version", from_utf8(*mode.version).get()));
      return version;
    }
  }
  return {};
}

PythonArguments put_arguments(const PutRequest& request) {
  Ref kwargs = checked(PyDict_New());
  if (request.mode.kind != PutMode::Kind::overwrite)
    check(PyDict_SetItemString(kwargs.get(), "mode", mode_value(request.mode).get()));
  if (!request.attributes.empty())
    check(PyDict_SetItemString(kwargs.get(), "attributes", attributes_to_dict(request.attributes).get()));
  if (!request.tags.empty()) {
    const Ref tags = checked(PyDict_New());
    for (const auto& [name, value] : request.tags)
      check(PyDict_SetItem(tags.get(), from_utf8(name).get(), from_utf8(value).get()));
    check(PyDict_SetItemString(kwargs.get(), "tags", tags.get()));
  }
  return PythonArguments(
      checked(PyTuple_Pack(2, from_utf8(request.path).get(), memoryview_of(request.body).get())),
      std::move(kwargs));
}

PutResult read_put_result(PyObject* result) {
  PutResult put;
  if (result == Py_None) return put;
  if (const Ref e_tag = optional_item(result, "e_tag"))
    put.e_tag = expect_text("'e_tag' of the result of put()", e_tag.get());
  if (const Ref version = optional_item(result, "version"))
    put.version = expect_text("'version' of the result of put()", version.get());
  return put;
}

void check_put(const ObspecVerbs& verbs, const PutMode& mode, const Attributes& attributes,
               const Tags& tags) {
  verbs.require(verbs.put, "put");
  if ((mode.kind == PutMode::Kind::create && !verbs.can.put_create) ||
      (mode.kind == PutMode::Kind::update && !verbs.can.put_update))
    throw Error(ErrorKind::not_implemented, verbs.type + " has no such put mode");
  if (!attributes.empty() && !verbs.can.attributes)
    throw Error(ErrorKind::not_supported, verbs.type + " keeps no attributes");
  if (!tags.empty() && !verbs.can.tags) throw Error(ErrorKind::not_supported, verbs.type + " keeps no tags");
}

Task<PutResult> put_object(Verbs verbs, PutRequest request) {
  try {
    check_put(*verbs, request.mode, request.attributes, request.tags);
    auto prepare = [&request] { return put_arguments(request); };
    PythonFunction function = verbs->put;
    co_return co_await call(std::move(function), std::move(prepare), &read_put_result);
  } catch (const Error& error) {
    throw error.at(verbs->description, request.path);
  }
}

class ObspecUpload final : public MultipartUpload {
 public:
  ObspecUpload(Verbs verbs, MultipartRequest request)
      : verbs_(std::move(verbs)), request_(std::move(request)) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    try {
      parts_.put(index, std::move(part));
    } catch (const Error& error) {
      throw error.at(verbs_->description, request_.path);
    }
    co_return;
  }

  Task<PutResult> complete_async() override {
    Context& context = *co_await current_context();
    PutRequest put(request_.path, Bytes());
    put.attributes = request_.attributes;
    put.tags = request_.tags;
    try {
      put.body = parts_.complete(context);
    } catch (const Error& error) {
      throw error.at(verbs_->description, request_.path);
    }
    co_return co_await put_object(verbs_, std::move(put));
  }

  Task<void> abort_async() override {
    parts_.abort();
    co_return;
  }

 private:
  const Verbs verbs_;
  const MultipartRequest request_;
  CollectedParts parts_;
};

// --- list

// Where to look for what the request asks for.
struct Directory {
  explicit Directory(const ListRequest& request) {
    name = request.raw_prefix ? request.prefix.substr(0, request.prefix.rfind('/') + 1)
                              : segment_prefix(request.prefix);
    exact = !without_closing_slash(name).ends_with('/');
    if (!name.empty()) name.pop_back();
  }
  std::string name;  // a prefix of whole segments, without its closing slash; empty for everything
  bool exact;        // false behind an empty segment, which obspec's prefixes do not know
};

PythonArguments list_arguments(const std::string& directory, const std::string& offset) {
  Ref args = checked(directory.empty() ? PyTuple_New(0) : PyTuple_Pack(1, from_utf8(directory).get()));
  if (offset.empty()) return PythonArguments(std::move(args));
  Ref kwargs = checked(PyDict_New());
  check(PyDict_SetItemString(kwargs.get(), "offset", from_utf8(offset).get()));
  return PythonArguments(std::move(args), std::move(kwargs));
}

void add_objects(ListPageBuilder& page, PyObject* metas) {
  const Ref list = checked(PySequence_List(metas));
  for (Py_ssize_t i = 0, size = PyList_Size(list.get()); i < size; ++i)
    page.add(meta_from_mapping("an object of a listing", PyList_GetItem(list.get(), i)));
}

// From list_with_delimiter(), which gives everything at once.
Task<void> list_directory(Verbs verbs, ListPageBuilder* page, std::string directory) {
  auto prepare = [&directory] { return list_arguments(directory, {}); };
  auto convert = [page](PyObject* result) {
    add_objects(*page, checked(PyMapping_GetItemString(result, "objects")).get());
    const Ref prefixes = checked(PyMapping_GetItemString(result, "common_prefixes"));
    const Ref list = checked(PySequence_List(prefixes.get()));
    for (Py_ssize_t i = 0, size = PyList_Size(list.get()); i < size; ++i)
      page->add_common_prefix(to_key("a common prefix", PyList_GetItem(list.get(), i)));
  };
  PythonFunction function = verbs->list_with_delimiter;
  co_await call(std::move(function), std::move(prepare), std::move(convert));
}

// From list(), which gives an iterator over sequences.
Task<void> list_everything(Verbs verbs, ListPageBuilder* page, std::string directory, std::string offset) {
  auto prepare = [&directory, &offset] { return list_arguments(directory, offset); };
  const bool asynchronous = verbs->list.asynchronous;
  auto iterate = [asynchronous](PyObject* listing) {
    if (!asynchronous) return share(checked(PyObject_GetIter(listing)).get());
    return share(checked(PyObject_CallMethod(listing, "__aiter__", nullptr)).get());
  };
  PythonFunction function = verbs->list;
  const SharedRef iterator = co_await call(std::move(function), std::move(prepare), std::move(iterate));
  auto find_next = [asynchronous] { return builtin_function(asynchronous ? "anext" : "next", asynchronous); };
  const PythonFunction next = co_await in_python(std::move(find_next));
  for (bool more = true; more;) {
    auto next_arguments = [&iterator] {  // next(iterator, None)
      return PythonArguments(checked(PyTuple_Pack(2, iterator.get(), Py_None)));
    };
    auto add = [page](PyObject* chunk) {
      if (chunk == Py_None) return false;
      add_objects(*page, chunk);
      return true;
    };
    PythonFunction again = next;
    more = co_await call(std::move(again), std::move(next_arguments), std::move(add));
  }
}

// --- the store

class ObspecStore final : public ObjectStore {
 public:
  explicit ObspecStore(ObspecVerbs verbs) : verbs_(std::make_shared<const ObspecVerbs>(std::move(verbs))) {}

  Task<GetResult> get_async(GetRequest request) override {
    refuse_headers(request.headers);
    return obspec_get(verbs_, std::move(request));
  }

  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    if (ranges.empty() || !verbs_->get_ranges)
      return ObjectStore::get_ranges_async(std::move(path), std::move(ranges));
    return obspec_get_ranges(verbs_, std::move(path), std::move(ranges));
  }

  Task<PutResult> put_async(PutRequest request) override {
    refuse_headers(request.headers);
    return put_object(verbs_, std::move(request));
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    try {
      check_put(*verbs_, PutMode(), request.attributes, request.tags);
    } catch (const Error& error) {
      throw error.at(verbs_->description, request.path);
    }
    co_return make_shared_upload(std::make_shared<ObspecUpload>(verbs_, std::move(request)));
  }

  Task<void> delete_async(std::string path) override {
    const Verbs verbs = verbs_;
    try {
      verbs->require(verbs->remove, "delete");
      auto prepare = [&path] { return PythonArguments(checked(PyTuple_Pack(1, from_utf8(path).get()))); };
      PythonFunction function = verbs->remove;
      co_await call(std::move(function), std::move(prepare), ignore);
    } catch (const Error& error) {
      throw error.at(verbs->description, path);
    }
  }

  // All at once, and one by one only to find out which of them failed.
  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override {
    const Verbs verbs = verbs_;
    if (verbs->bulk_delete && verbs->remove && paths.size() > 1) {
      auto prepare = [&paths] {
        const Ref list = list_of(paths, from_utf8);
        return PythonArguments(checked(PyTuple_Pack(1, list.get())));
      };
      PythonFunction function = verbs->remove;
      try {
        co_await call(std::move(function), std::move(prepare), ignore);
        co_return std::vector<std::optional<Error>>(paths.size());
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
      }
    }
    co_return co_await ObjectStore::delete_many_async(std::move(paths));
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    const Verbs verbs = verbs_;
    try {
      ListPageBuilder page(request);
      Directory directory(request);
      // An offset may lie inside a common prefix: whether anything in it comes behind, only the keys tell.
      const bool at_once = directory.exact && request.offset.empty();
      if (request.delimiter && verbs->list_with_delimiter && (at_once || !verbs->list)) {
        co_await list_directory(verbs, &page, std::move(directory.name));
      } else {
        verbs->require(verbs->list, "list");
        std::string offset = std::max(request.offset, request.page_token);
        co_await list_everything(verbs, &page, std::move(directory.name), std::move(offset));
      }
      co_return page.finish();
    } catch (const Error& error) {
      throw error.at(verbs->description, request.prefix);
    }
  }

  Task<void> copy_async(CopyRequest request) override {
    const Verbs verbs = verbs_;
    verbs_->require(verbs->copy, "copy");
    PythonFunction function = verbs->copy;
    co_await copy_by(verbs, std::move(function), std::move(request));
  }

  Task<void> rename_async(CopyRequest request) override {
    const Verbs verbs = verbs_;
    if (verbs->rename) {
      PythonFunction function = verbs->rename;
      co_await copy_by(verbs, std::move(function), std::move(request));
    } else {
      co_await ObjectStore::rename_async(std::move(request));
    }
  }

  Capabilities capabilities() const noexcept override { return verbs_->can; }
  std::string describe() const override { return verbs_->description; }

 private:
  static Task<void> copy_by(Verbs verbs, PythonFunction function, CopyRequest request) {
    try {
      if (!request.overwrite && !verbs->can.copy_create)
        throw Error(ErrorKind::not_supported, verbs->type + " cannot copy only where there is no object yet");
      auto prepare = [&request] {
        Ref kwargs;
        if (!request.overwrite) {
          kwargs = checked(PyDict_New());
          check(PyDict_SetItemString(kwargs.get(), "overwrite", Py_False));
        }
        return PythonArguments(
            checked(PyTuple_Pack(2, from_utf8(request.from).get(), from_utf8(request.to).get())),
            std::move(kwargs));
      };
      co_await call(std::move(function), std::move(prepare), ignore);
    } catch (const Error& error) {
      throw error.at(verbs->description,
                     error.kind() == ErrorKind::already_exists ? request.to : request.from);
    }
  }

  const Verbs verbs_;
};

}  // namespace

std::shared_ptr<ObjectStore> obspec_store(PyObject* object) {
  if (!can_be_read(object)) return nullptr;
  ObspecVerbs verbs = verbs_of(object);
  verbs.description = "ObspecStore(" + verbs.type + ")";
  verbs.can.put_create = verbs.can.put_update = static_cast<bool>(verbs.put);
  verbs.can.attributes = verbs.can.tags = verbs.can.multipart = static_cast<bool>(verbs.put);
  verbs.can.copy_create = static_cast<bool>(verbs.copy);
  verbs.can.ordered_list = true;
  return std::make_shared<ObspecStore>(std::move(verbs));
}

std::shared_ptr<ObjectStore> adapted_store(PyObject* object, std::string description, std::string type,
                                           Capabilities can) {
  ObspecVerbs verbs = verbs_of(object);
  verbs.description = std::move(description);
  verbs.type = std::move(type);
  verbs.can = can;
  verbs.can.multipart = static_cast<bool>(verbs.put);
  verbs.bulk_delete = false;
  return std::make_shared<ObspecStore>(std::move(verbs));
}

}  // namespace storelink::python
