/// WEFT_CLONES: a function is compiled for several generations of CPUs, and the loader takes one.
#pragma once

// For loops whose operations round alike in every width, as they do where nothing is contracted or
// reassociated: the clones give the same bits. A clone is not inlined into its callers, and nothing
// may be thrown out of it: g++ takes the call for one that does not throw, and the program ends.
//
// Only g++ on x86-64 Linux, which chooses by indirect functions. Not under sanitizers: they are not
// ready when the loader chooses (ThreadSanitizer crashes). Not without optimization either, where
// clones are but more code.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define WEFT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WEFT_CLONES
#endif
