/* The version of these headers. CMake and the Python package read it from here. */
#ifndef STORELINK_VERSION_H
#define STORELINK_VERSION_H

#define SL_VERSION "0.1.0"

#endif
