// Pitfalls
// - A name from the network becomes a path. Names are checked before they come here, and all is opened relative to the
//   folder, without following links: two locks on one door.
// - Writing in place: a crash in the middle leaves half a hash, and a user who cannot log in. So a new file is written
//   beside the old one, brought to the disk (fsync), and takes its place in one step.

#include "apps/common/user_store.h"

#include "apps/common/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NAME_SIZE = 96, OTHERS = 077 };

static bool complain_about(const struct user_store *store, const char *file, const char *why) {
    complain("%s%s%s: %s", store->path, file[0] != '\0' ? "/" : "", file, why);
    return false;
}

bool user_store_open(struct user_store *store, const char *path, bool create) {
    *store = (struct user_store){.path = path, .folder = -1};
    if (create && mkdir(path, 0700) != 0 && errno != EEXIST) {
        return complain_about(store, "", strerror(errno));
    }
    store->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat found;
    if (store->folder < 0 || fstat(store->folder, &found) != 0) {
        complain_about(store, "",
                       errno == ENOENT ? "no such folder; `password-kex adduser NAME` makes it"
                                       : strerror(errno));
        user_store_close(store);
        return false;
    }
    if ((found.st_mode & OTHERS) != 0) {
        complain(
            "%s: others may look into it (mode %04o), and who has a hash can log in with it; chmod 700 it",
            path, (unsigned)(found.st_mode & 07777));
        user_store_close(store);
        return false;
    }
    return true;
}

void user_store_close(struct user_store *store) {
    if (store->folder >= 0) {
        (void)close(store->folder);
    }
    store->folder = -1;
}

static void file_name(char out[static FILE_NAME_SIZE], const char *name, const char *ending) {
    (void)snprintf(out, FILE_NAME_SIZE, "%s.dat%s", name, ending);
}

// Exactly `size` bytes.
static bool read_whole(int file, uint8_t *out, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(file, out + done, size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

bool user_store_find(void *store, const char *name, uint8_t *out, size_t size) {
    const struct user_store *self = store;
    char file[FILE_NAME_SIZE], why[120];
    file_name(file, name, "");
    int opened = openat(self->folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (opened < 0) {
        return errno == ENOENT ? false : complain_about(self, file, strerror(errno));
    }
    struct stat found;
    bool good = false;
    if (fstat(opened, &found) != 0 || !S_ISREG(found.st_mode)) {
        complain_about(self, file, "not an ordinary file");
    } else if ((found.st_mode & OTHERS) != 0) {
        complain_about(self, file, "others may read it: not used; chmod 600 it");
    } else if (found.st_size != (off_t)size) {
        (void)snprintf(why, sizeof why, "has %lld bytes, and this --hash makes %zu", (long long)found.st_size,
                       size);
        complain_about(self, file, why);
    } else {
        good = read_whole(opened, out, size);
    }
    (void)close(opened);
    return good;
}

static bool exists(const struct user_store *store, const char *file) {
    return faccessat(store->folder, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool write_whole(int file, const uint8_t *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t written = write(file, bytes + done, size - done);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        done += (size_t)written;
    }
    return fsync(file) == 0;
}

// Writes a new file beside the final one, then puts it in place: a link does not replace what is there, a rename does.
static bool store_file(const struct user_store *store, const char *name, const uint8_t *bytes, size_t size,
                       bool replace) {
    char file[FILE_NAME_SIZE], temporary[FILE_NAME_SIZE], ending[24];
    file_name(file, name, "");
    (void)snprintf(ending, sizeof ending, ".%ld~", (long)getpid()); // no user's file ends so
    file_name(temporary, name, ending);
    (void)unlinkat(store->folder, temporary, 0);
    int written =
        openat(store->folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = written >= 0 && fchmod(written, 0600) == 0 && write_whole(written, bytes, size);
    if (written >= 0) {
        good = close(written) == 0 && good;
    }
    if (good) {
        good = replace ? renameat(store->folder, temporary, store->folder, file) == 0
                       : linkat(store->folder, temporary, store->folder, file, 0) == 0;
    }
    int why = errno;
    (void)unlinkat(store->folder, temporary, 0);
    (void)fsync(store->folder);
    return good || complain_about(store, file, strerror(why));
}

bool user_store_may_add(const struct user_store *store, const char *name) {
    char file[FILE_NAME_SIZE];
    file_name(file, name, "");
    return !exists(store, file) ||
           complain_about(store, file, "this user is there already; passwd changes the password");
}

bool user_store_may_change(const struct user_store *store, const char *name) {
    char file[FILE_NAME_SIZE];
    file_name(file, name, "");
    return exists(store, file) || complain_about(store, file, "no such user; adduser adds one");
}

bool user_store_add(const struct user_store *store, const char *name, const uint8_t *bytes, size_t size) {
    return user_store_may_add(store, name) && store_file(store, name, bytes, size, false);
}

bool user_store_change(const struct user_store *store, const char *name, const uint8_t *bytes, size_t size) {
    return user_store_may_change(store, name) && store_file(store, name, bytes, size, true);
}

bool user_store_remove(const struct user_store *store, const char *name) {
    char file[FILE_NAME_SIZE];
    file_name(file, name, "");
    if (unlinkat(store->folder, file, 0) != 0) {
        return complain_about(store, file, errno == ENOENT ? "no such user" : strerror(errno));
    }
    (void)fsync(store->folder);
    return true;
}
