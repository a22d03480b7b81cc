/* Preloaded into genisoimage, which writes what the file system says into Rock Ridge entries.
   - A file's access and change times are its modification time: `touch` cannot set the change
     time, and TF records it (RRIP 4.1.6).
   - A folder has 7 links, as the root of the disc has: genisoimage counts those of all folders
     itself but for the root's "..", where it copies the number of its first argument, and file
     systems differ in what they count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>

#define PIN(name, what)                                                    \
    int name(what from, struct stat64 *to)                                 \
    {                                                                      \
        int (*next)(what, struct stat64 *) = dlsym(RTLD_NEXT, #name);      \
        int result = next(from, to);                                       \
        if (result == 0) {                                                 \
            to->st_atim = to->st_ctim = to->st_mtim;                       \
            if (S_ISDIR(to->st_mode))                                      \
                to->st_nlink = 7;                                          \
        }                                                                  \
        return result;                                                     \
    }

PIN(stat64, const char *)
PIN(lstat64, const char *)
PIN(fstat64, int)
