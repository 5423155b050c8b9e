// CPython's buffer protocol under the limited API of 3.10.
//
// The buffer protocol belongs to the limited API from 3.11 on only. Its functions, its struct and its slots
// are the same in 3.10, where the headers hide them.
#pragma once

#include <Python.h>

#if defined(Py_LIMITED_API) && Py_LIMITED_API < 0x030B0000
extern "C" {
typedef struct {
  void* buf;
  PyObject* obj;
  Py_ssize_t len;
  Py_ssize_t itemsize;
  int readonly;
  int ndim;
  char* format;
  Py_ssize_t* shape;
  Py_ssize_t* strides;
  Py_ssize_t* suboffsets;
  void* internal;
} Py_buffer;
PyAPI_FUNC(int) PyObject_CheckBuffer(PyObject*);
PyAPI_FUNC(int) PyObject_GetBuffer(PyObject*, Py_buffer*, int);
PyAPI_FUNC(int) PyBuffer_FillInfo(Py_buffer*, PyObject*, void*, Py_ssize_t, int, int);
PyAPI_FUNC(void) PyBuffer_Release(Py_buffer*);
}
#define PyBUF_SIMPLE 0
#define PyBUF_WRITABLE 1
#define PyBUF_ND 8
#define PyBUF_STRIDES (0x10 | PyBUF_ND)
#define PyBUF_C_CONTIGUOUS (0x20 | PyBUF_STRIDES)
#define Py_bf_getbuffer 1
#endif
