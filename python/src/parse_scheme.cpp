// parse_scheme: which kind of store a URL is for.
#include "call_arguments.hpp"
#include "operations.hpp"
#include "storelink/stores.hpp"
#include "verb.hpp"

namespace storelink::python {

namespace {

PyObject* parse_scheme(PyObject*, PyObject* const* given, Py_ssize_t count, PyObject* names) {
  return guarded_object([&] {
    static const Parameters parameters("parse_scheme", "url");
    const std::string url = expect_text("url", parameters.read(given, count, names)[0]);
    if (url.find(':') == std::string::npos)
      raise(PyExc_ValueError,
            "url is '" + url + "', which has no scheme; accepted are URLs such as s3://bucket");
    return from_utf8(parse_store_url(url).kind).release();
  });
}

}  // namespace

void add_parse_scheme(PyObject* module) {
  static PyMethodDef definition = {
      "parse_scheme", method(parse_scheme), METH_FASTCALL | METH_KEYWORDS,
      "parse_scheme($module, url)\n--\n\n"
      R"doc(Which kind of store `from_url()` makes of this URL: "s3", "gcs", "azure", "http", "local" or "memory".

GenericError for a URL of no store, ValueError for text that is no URL, TypeError for what is no text.)doc"};
  detail::add_function(module, &definition);
}

}  // namespace storelink::python
