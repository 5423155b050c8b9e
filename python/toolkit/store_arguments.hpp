// What the store classes' constructors take: `config`, `client_options`, `retry_config`,
// `credential_provider` and flat settings, each in two forms: for the core, and as Python's getters and
// __getnewargs_ex__() show it.
#pragma once

#include "storelink/stores.hpp"
#include "support.hpp"

namespace storelink::python {

// Of a cloud's store: S3Options, GcsOptions or AzureOptions.
template <class Options>
struct CloudArguments {
  Options options;          // complete but for options.credential_provider
  Ref prefix;               // str, or empty
  Ref config;               // dict: what was set by the user and by the provider's `config`
  Ref client_options;       // dict, or empty
  Ref retry_config;         // complete dict, or empty
  Ref credential_provider;  // callable, or empty
};

// S3Store(bucket=None, *, prefix, config, client_options, retry_config, credential_provider, **settings), and
// the same for GCSStore and AzureStore. TypeError for wrong types; unknown_config_key and generic (a setting
// given twice) as Error.
CloudArguments<S3Options> parse_s3_arguments(PyObject* args, PyObject* kwargs);
CloudArguments<GcsOptions> parse_gcs_arguments(PyObject* args, PyObject* kwargs);
CloudArguments<AzureOptions> parse_azure_arguments(PyObject* args, PyObject* kwargs);  // container_name, …

struct HttpArguments {
  HttpOptions options;
  Ref url;             // str, as it was given
  Ref client_options;  // dict, or empty
  Ref retry_config;    // complete dict, or empty
};

// HTTPStore(url, *, client_options=None, retry_config=None)
HttpArguments parse_http_arguments(PyObject* args, PyObject* kwargs);

struct LocalArguments {
  LocalOptions options;
  Ref prefix;  // pathlib.Path, or empty
};

// LocalStore(prefix=None, *, automatic_cleanup=False, mkdir=False)
LocalArguments parse_local_arguments(PyObject* args, PyObject* kwargs);

}  // namespace storelink::python
