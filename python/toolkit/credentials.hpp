// Credential providers written in Python.
#pragma once

#include "storelink/stores.hpp"
#include "support.hpp"

namespace storelink::python {

// Makes `provider` the store's: a callable that takes nothing and returns an S3Credential, a GCSCredential
// or an AzureCredential (a mapping), or a coroutine that does. It is called on the thread pool, with the GIL;
// coroutines run on one event loop in a thread of its own. Whatever the provider raises is quoted in an
// Error(unauthenticated) and becomes its cause. Its attribute `refresh_threshold` (a timedelta) says how long
// before a credential's expiry the next one is asked for.
void set_credential_provider(S3Options& options, PyObject* provider);
void set_credential_provider(GcsOptions& options, PyObject* provider);
void set_credential_provider(AzureOptions& options, PyObject* provider);

}  // namespace storelink::python
