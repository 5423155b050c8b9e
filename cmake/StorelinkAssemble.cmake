# For work inside this repository: put extension <target> and links to the Python files of <source_dir> together in
# build/<preset>/<root>/<package>, so that PYTHONPATH=build/<preset>/<root> is all it takes to import the package.
include_guard(GLOBAL)

function(storelink_assemble_package target root package source_dir)
  set(out "${storelink_BINARY_DIR}/${root}/${package}")
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${out}")
  file(GLOB_RECURSE stale LIST_DIRECTORIES false "${out}/*.py" "${out}/*.pyi" "${out}/*.in")
  foreach(link IN LISTS stale)
    if(NOT EXISTS "${link}")  # its file was removed or renamed
      file(REMOVE "${link}")
    endif()
  endforeach()
  file(GLOB_RECURSE files RELATIVE "${source_dir}" CONFIGURE_DEPENDS
       "${source_dir}/*.py" "${source_dir}/*.pyi" "${source_dir}/*.in" "${source_dir}/py.typed")
  foreach(file IN LISTS files)
    cmake_path(GET file PARENT_PATH subdir)
    file(MAKE_DIRECTORY "${out}/${subdir}")
    file(CREATE_LINK "${source_dir}/${file}" "${out}/${file}" SYMBOLIC)
  endforeach()
endfunction()
