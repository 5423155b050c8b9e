#include "support/foreign_store.hpp"

#include <atomic>

namespace storelink::testing {

namespace {

struct Foreign : sl_store {
  const sl_store* inner = nullptr;
  mutable std::atomic<int> references{1};
};

const Foreign& of(const sl_store* store) {
  return *static_cast<const Foreign*>(store);
}

}  // namespace

const sl_store* make_foreign(std::shared_ptr<ObjectStore> store, std::uint32_t table_size,
                             std::uint32_t version) {
  auto* foreign = new Foreign();
  foreign->inner = export_store(std::move(store));
  foreign->struct_size = table_size;
  foreign->abi_version = version;
  foreign->retain = [](const sl_store* self) { of(self).references.fetch_add(1); };
  foreign->release = [](const sl_store* self) {
    if (of(self).references.fetch_sub(1) != 1) return;
    of(self).inner->release(of(self).inner);
    delete &of(self);
  };
  foreign->capabilities = [](const sl_store* self) { return of(self).inner->capabilities(of(self).inner); };
  foreign->describe = [](const sl_store* self, char* text, std::size_t size) {
    return of(self).inner->describe(of(self).inner, text, size);
  };
  foreign->get = [](const sl_store* self, const sl_get_request* request, sl_get_callback callback,
                    void* user) { return of(self).inner->get(of(self).inner, request, callback, user); };
  foreign->put = [](const sl_store* self, const sl_put_request* request, sl_put_callback callback,
                    void* user) { return of(self).inner->put(of(self).inner, request, callback, user); };
  foreign->list_page = [](const sl_store* self, const sl_list_request* request, sl_list_callback callback,
                          void* user) {
    return of(self).inner->list_page(of(self).inner, request, callback, user);
  };
  foreign->remove = [](const sl_store* self, sl_string path, sl_done_callback callback, void* user) {
    return of(self).inner->remove(of(self).inner, path, callback, user);
  };
  foreign->copy = [](const sl_store* self, const sl_copy_request* request, sl_done_callback callback,
                     void* user) { return of(self).inner->copy(of(self).inner, request, callback, user); };
  foreign->rename = [](const sl_store* self, const sl_copy_request* request, sl_done_callback callback,
                       void* user) {
    return of(self).inner->rename(of(self).inner, request, callback, user);
  };
  foreign->executor = [](const sl_store* self) { return of(self).inner->executor(of(self).inner); };
  foreign->get_ranges = [](const sl_store* self, const sl_get_ranges_request* request,
                           sl_ranges_callback callback, void* user) {
    return of(self).inner->get_ranges(of(self).inner, request, callback, user);
  };
  foreign->start_multipart = [](const sl_store* self, const sl_multipart_request* request,
                                sl_multipart_callback callback, void* user) {
    return of(self).inner->start_multipart(of(self).inner, request, callback, user);
  };
  foreign->remove_many = [](const sl_store* self, const sl_remove_many_request* request,
                            sl_remove_many_callback callback, void* user) {
    return of(self).inner->remove_many(of(self).inner, request, callback, user);
  };
  foreign->sign = [](const sl_store* self, const sl_sign_request* request, sl_sign_callback callback,
                     void* user) { return of(self).inner->sign(of(self).inner, request, callback, user); };
  return foreign;
}

std::shared_ptr<ObjectStore> through_abi(std::shared_ptr<ObjectStore> store) {
  const sl_store* foreign = make_foreign(std::move(store));
  auto imported = import_store(foreign);
  foreign->release(foreign);
  return imported;
}

}  // namespace storelink::testing
