#pragma once

#define STORELINK_STORE_MODULE "my_ext2.store"
#include <nanobind/nanobind.h>

void bind_verbs(nanobind::module_& m);
