# Settings shared by every target of this project: language level, visibility, warnings, faster tools.
include_guard(GLOBAL)
include(CheckLinkerFlag)

# Compiling and linking go through ccache and a fast linker where there is one. Only as the top project:
# a project that includes this one chooses its own tools.
if(PROJECT_IS_TOP_LEVEL)
  find_program(STORELINK_CCACHE ccache)
  if(STORELINK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER "${STORELINK_CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${STORELINK_CCACHE}")
  endif()
  foreach(linker IN ITEMS mold lld)
    check_linker_flag(CXX "-fuse-ld=${linker}" STORELINK_HAS_${linker})
    if(STORELINK_HAS_${linker})
      add_link_options("-fuse-ld=${linker}")
      break()
    endif()
  endforeach()
endif()

# Language level, hidden symbols, position-independent code and the project's warnings.
function(storelink_target_defaults target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow -Wpedantic -Wcast-align -Wformat=2 -Wnull-dereference
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi>
    $<$<BOOL:${STORELINK_WERROR}>:-Werror>
    # Options and requests are aggregates in spirit: naming some members and leaving the rest is intended.
    -Wno-missing-field-initializers
    # GCC 12 at -O2 reports null dereferences inside its own coroutine frames.
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-null-dereference -Wno-maybe-uninitialized>)
endfunction()
