#pragma once

// Built twice: embedded as my_ext2, and with MY_EXT2 as "my_ext2_runtime" in the runtime way.
#ifndef MY_EXT2
#define MY_EXT2 "my_ext2"
#endif
#define STORELINK_STORE_MODULE MY_EXT2 ".store"
#include <nanobind/nanobind.h>

void bind_verbs(nanobind::module_& m);
