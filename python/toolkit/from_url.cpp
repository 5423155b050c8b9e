// Stores from URLs: from_url of the store classes and of the module.
#include "call_arguments.hpp"
#include "config_keys.hpp"
#include "exceptions.hpp"
#include "store_methods.hpp"
#include "store_object.hpp"
#include "storelink/stores.hpp"

namespace storelink::python {

namespace {

ParsedUrl parse(const std::string& function, PyObject* url) {
  const std::string text = expect_text(function + ": url", url);
  if (text.find(':') == std::string::npos)
    raise(PyExc_ValueError, function + ": '" + text +
                                "' is no URL; accepted are s3://bucket/prefix, gs://bucket/prefix, "
                                "az://container/prefix, https://host/path, file:///directory and memory:///");
  return parse_store_url(text);
}

// The names of the settings that the caller has given, in `config` or as keywords.
class GivenSettings {
 public:
  explicit GivenSettings(const CloudNames& cloud) : cloud_(cloud) {}
  void collect(const std::string& what, PyObject* settings) {
    for_each_item(what, settings, [&](const std::string& key, PyObject*) {
      check(PyDict_SetItem(names_.get(), from_utf8(setting_name(cloud_, key)).get(), Py_None));
    });
  }
  bool has(const std::string& key) const {
    const int found = PyDict_Contains(names_.get(), from_utf8(setting_name(cloud_, key)).get());
    check(found);
    return found != 0;
  }

 private:
  const CloudNames& cloud_;
  Ref names_ = checked(PyDict_New());
};

// Calls the class, so that a subclass is built by its own constructor.
Ref make_cloud(PyObject* cls, const CloudNames& cloud, const ParsedUrl& url, CallArguments& call) {
  const Ref given_config = call.take("config");
  if (given_config && PyDict_Check(given_config.get()) == 0)
    raise_wrong_type(call.function() + ": config", given_config.get(), "dict");
  const Ref config = checked(given_config ? PyDict_Copy(given_config.get()) : PyDict_New());
  const Ref kwargs = Ref::borrow(call.rest());

  const Ref prefix_name = from_utf8("prefix");
  const int has_prefix = PyDict_Contains(kwargs.get(), prefix_name.get());
  check(has_prefix);
  if (has_prefix != 0)
    throw Error(ErrorKind::unknown_config_key,
                call.function() + " takes no 'prefix': it is the path of the URL");

  // What the caller says wins over what the URL says.
  GivenSettings given(cloud);
  given.collect("config", config.get());
  given.collect("the settings", kwargs.get());
  Settings from_url = url.config;
  from_url.emplace_back(cloud.bucket, url.bucket);
  for (const auto& [key, value] : from_url)
    if (!value.empty() && !given.has(key))
      check(PyDict_SetItem(config.get(), from_utf8(setting_name(cloud, key)).get(), from_utf8(value).get()));

  check(PyDict_SetItemString(kwargs.get(), "config", config.get()));
  if (!url.path.empty()) check(PyDict_SetItem(kwargs.get(), prefix_name.get(), from_utf8(url.path).get()));
  const Ref no_args = checked(PyTuple_New(0));
  return checked(PyObject_Call(cls, no_args.get(), kwargs.get()));
}

Ref make_local(PyObject* cls, const ParsedUrl& url, CallArguments& call) {
  const bool automatic_cleanup = call.take_flag("automatic_cleanup");
  const bool mkdir = call.take_flag("mkdir");
  call.finish();
  const Ref directory = from_file_name(url.path.empty() ? "/" : url.path);
  const Ref kwargs =
      checked(Py_BuildValue("{s:O,s:O,s:O}", "prefix", directory.get(), "automatic_cleanup",
                            automatic_cleanup ? Py_True : Py_False, "mkdir", mkdir ? Py_True : Py_False));
  const Ref no_args = checked(PyTuple_New(0));
  return checked(PyObject_Call(cls, no_args.get(), kwargs.get()));
}

// The class of the registration that the module belongs to.
PyObject* class_of(PyObject* module, StoreKind kind) {
  const char* name = PyModule_GetName(module);
  if (name == nullptr) throw ErrorAlreadySet{};
  return reinterpret_cast<PyObject*>(store_type(*find_registration(name), kind));
}

PyObject* cloud_from_url(const CloudNames& cloud, PyObject* cls, PyObject* args, PyObject* kwargs) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    CallArguments call(std::string(cloud.class_name) + ".from_url()", args, kwargs, {"url"});
    const ParsedUrl url = parse(call.function(), call.take_required("url").get());
    if (url.kind != cloud.kind) {
      raise(exception_class(ErrorKind::generic), call.function() + ": the URL names a " + url.kind +
                                                     " store; accepted is " + std::string(cloud.url));
    }
    return make_cloud(cls, cloud, url, call).release();
  });
}

}  // namespace

PyObject* s3_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept {
  return cloud_from_url(s3_names, cls, args, kwargs);
}

PyObject* gcs_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept {
  return cloud_from_url(gcs_names, cls, args, kwargs);
}

PyObject* azure_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept {
  return cloud_from_url(azure_names, cls, args, kwargs);
}

PyObject* http_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept {
  return PyObject_Call(cls, args, kwargs);
}

PyObject* local_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    CallArguments call("LocalStore.from_url()", args, kwargs, {"url"});
    const ParsedUrl url = parse(call.function(), call.take_required("url").get());
    if (url.kind != "local")
      raise(PyExc_ValueError,
            call.function() + ": the URL names a " + url.kind + " store; accepted is file:///directory");
    return make_local(cls, url, call).release();
  });
}

PyObject* any_from_url(PyObject* module, PyObject* args, PyObject* kwargs) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    CallArguments call("from_url()", args, kwargs, {"url"});
    const ParsedUrl url = parse(call.function(), call.take_required("url").get());
    if (url.kind == s3_names.kind)
      return make_cloud(class_of(module, StoreKind::s3), s3_names, url, call).release();
    if (url.kind == gcs_names.kind)
      return make_cloud(class_of(module, StoreKind::gcs), gcs_names, url, call).release();
    if (url.kind == azure_names.kind)
      return make_cloud(class_of(module, StoreKind::azure), azure_names, url, call).release();

    // The others have no configuration; None is none. Options of connections are taken for every URL, so that
    // a program may have one set of them; files and memory have no connections.
    const auto refuse = [&](std::initializer_list<const char*> names) {
      for (const char* name : names)
        if (call.take(name))
          raise(base_error_class(), std::string("from_url(): a ") + url.kind + " store takes no " + name);
    };
    const auto leave_out = [&](std::initializer_list<const char*> names) {
      for (const char* name : names) (void)call.take(name);
    };
    if (url.kind == "local") {
      leave_out({"config", "credential_provider", "client_options", "retry_config"});
      return make_local(class_of(module, StoreKind::local), url, call).release();
    }
    refuse({"config", "credential_provider"});
    if (url.kind == "http") {
      const Ref url_args = checked(Py_BuildValue("(s)", url.config.front().second.c_str()));
      return PyObject_Call(reinterpret_cast<PyObject*>(class_of(module, StoreKind::http)), url_args.get(),
                           call.rest());
    }
    leave_out({"client_options", "retry_config"});
    call.finish();
    return PyObject_CallNoArgs(class_of(module, StoreKind::memory));
  });
}

}  // namespace storelink::python
