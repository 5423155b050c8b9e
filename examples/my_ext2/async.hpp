// Asynchronous functions, for tests of awaitables.
#pragma once

#include <nanobind/nanobind.h>

void add_async_functions(nanobind::module_& module);
