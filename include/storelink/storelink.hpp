// All of storelink's C++ interface.
#pragma once

#include "storelink/bytes.hpp"
#include "storelink/delete_stream.hpp"
#include "storelink/error.hpp"
#include "storelink/object_store.hpp"
#include "storelink/path.hpp"
#include "storelink/reader.hpp"
#include "storelink/stores.hpp"
#include "storelink/task.hpp"
#include "storelink/transport.hpp"
#include "storelink/writer.hpp"

#ifdef STORELINK_RUNTIME
#include "storelink/runtime.hpp"
#else
#include "storelink/aws_credentials.hpp"
#include "storelink/wrappers.hpp"
#endif
