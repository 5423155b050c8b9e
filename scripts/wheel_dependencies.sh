#!/usr/bin/env bash
# Installs what a wheel is built with and old distributions lack, for .github/workflows/wheels.yml: the libraries as
# archives below /usr/local, and cargo and perl for cmake/bundled. On Linux as root, inside the image of a manylinux.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sudo=()
if [[ $(uname) == Linux ]]; then
  dnf install -qy cargo perl-core make git
elif ((EUID != 0)); then
  sudo=(sudo)
fi

fetch() { # <repository of GitHub> <tag>: sets $source
  source=$work/${1#*/}
  git clone --quiet --depth 1 --branch "$2" "https://github.com/$1.git" "$source"
}

install_with_cmake() { # <option>...
  cmake -S "$source" -B "$source/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr/local \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF "$@"
  cmake --build "$source/build" --parallel
  "${sudo[@]}" cmake --install "$source/build"
}

fetch fmtlib/fmt 11.2.0
install_with_cmake -DFMT_TEST=OFF -DFMT_DOC=OFF

fetch zeux/pugixml v1.15
install_with_cmake

fetch nlohmann/json v3.12.0
install_with_cmake -DJSON_BuildTests=OFF

fetch nodejs/http-parser v2.9.4
make -C "$source" package CFLAGS="-O2 -fPIC"
"${sudo[@]}" install -d /usr/local/include /usr/local/lib
"${sudo[@]}" install -m 644 "$source/http_parser.h" /usr/local/include
"${sudo[@]}" install -m 644 "$source/libhttp_parser.a" /usr/local/lib
