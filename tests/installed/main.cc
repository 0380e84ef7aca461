// Loads the module named on the command line into a program that is not Weft's own.
#include <dlfcn.h>
#include <weft/weft.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: hello <module.so>\n");
    return 2;
  }
  if (dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  std::printf("%s is loaded\n", argv[1]);
  return 0;
}
