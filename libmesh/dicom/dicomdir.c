/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/dicomdir.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DICOMDIR_RECORDS = 0x00041220, DICOMDIR_IN_USE = 0x00041410, DICOMDIR_FILE = 0x00041500 };

/* A File ID may say who the patient is, as any name. */
static const char *dicomdir_called(const char *id)
{
    return lm_files_plain(id) ? id : "a file";
}

/* The one entry of the open folder that is `name` but for case; false: none, or several. */
static bool dicomdir_other_case(int folder, char *name)
{
    size_t hits = 0, n = strlen(name);
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0) close(fd);
        return false;
    }
    char *found = strdup(name);
    for (struct dirent *e; found && (e = readdir(d));)
        if (strlen(e->d_name) == n && !strcasecmp(e->d_name, name) && !hits++) memcpy(found, e->d_name, n);
    closedir(d);
    if (found && hits == 1) memcpy(name, found, n);
    free(found);
    return hits == 1;
}

/* What `name` in the open folder is, without following links; its case is set right in place. */
static lm_status dicomdir_look(int folder, char *name, const char *id, struct stat *st, lm_err *err)
{
    bool there = !fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) ||
                 (errno == ENOENT && dicomdir_other_case(folder, name) && !fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW));
    if (!there) return lm_err_set(err, LM_EIO, NULL, "it names '%s', which is not there: %s", dicomdir_called(id), strerror(errno));
    if (S_ISLNK(st->st_mode))
        return lm_err_set(err, LM_ERULE, NULL, "it names '%s', which leads through a link: refused", dicomdir_called(id));
    return LM_OK;
}

/* Walk the names of a File ID (parted by '/' by now) below the open folder; *size of the file at its end. */
static lm_status dicomdir_resolve(int root, char *id, size_t *size, lm_err *err)
{
    int folder = dup(root);
    lm_status rc = folder < 0 ? lm_err_set(err, LM_EIO, NULL, "cannot open its folder: %s", strerror(errno)) : LM_OK;
    for (char *name = id, *slash; !rc; name = slash + 1) {
        struct stat st;
        if ((slash = strchr(name, '/'))) *slash = 0;
        rc = dicomdir_look(folder, name, name, &st, err);
        if (!rc && !(slash ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)))
            rc = lm_err_set(err, LM_EIO, NULL, "it names '%s', which is no %s", dicomdir_called(name), slash ? "folder" : "file");
        if (!rc && !slash) {
            *size = (size_t)st.st_size;
            break;
        }
        int next = rc ? -1 : openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (!rc && next < 0)
            rc = lm_err_set(err, LM_EIO, NULL, "cannot read folder '%s': %s", dicomdir_called(name), strerror(errno));
        if (slash) *slash = '/';
        if (folder >= 0) close(folder);
        folder = next;
        if (!slash) break;
    }
    if (folder >= 0) close(folder);
    return rc;
}

/* The File ID of a record as a path; "" when it has none. */
static lm_status dicomdir_id(const lm_tree_item *record, char *id, size_t cap, lm_err *err)
{
    size_t n, at = 0;
    const char *p = lm_tree_bytes(record, DICOMDIR_FILE, &n);
    id[0] = 0;
    if (!p || !n) return LM_OK;
    if (n >= cap) return lm_err_set(err, LM_ERANGE, NULL, "a File ID (0004,1500) of %zu bytes", n);
    for (size_t i = 0, j; i <= n; i = j + 1) {
        for (j = i; j < n && p[j] != '\\';) j++;
        size_t from = i, to = j;
        while (to > from && (p[to - 1] == ' ' || !p[to - 1])) to--;
        while (from < to && p[from] == ' ') from++;
        bool dots = to > from && (to - from == 1 || (to - from == 2 && p[from + 1] == '.')) && p[from] == '.';
        if (from == to || dots || memchr(p + from, '/', to - from) || memchr(p + from, 0, to - from))
            return lm_err_set(err, LM_ERULE, NULL,
                              "a File ID (0004,1500) with a name that is empty, '.', '..' or holds a separator");
        if (at) id[at++] = '/';
        memcpy(id + at, p + from, to - from);
        id[at += to - from] = 0;
    }
    return LM_OK;
}

static int dicomdir_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef struct {
    size_t n, cap;
    char **id;
} dicomdir_ids;

/* File IDs of all records in use, by name, each once. */
static lm_status dicomdir_ids_of(const lm_tree *t, dicomdir_ids *out, lm_err *err)
{
    const lm_tree_item *root = lm_tree_root(t);
    size_t records = lm_tree_items(root, DICOMDIR_RECORDS), kept = 0;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < records && !rc; i++) {
        const lm_tree_item *record = lm_tree_at(root, DICOMDIR_RECORDS, i);
        char id[LM_FILES_PATH];
        int64_t use = 0xffff;
        if (lm_tree_whole(record, DICOMDIR_IN_USE, &use) && use == 0) continue;
        if ((rc = dicomdir_id(record, id, sizeof id, err)) || !id[0]) continue;
        if ((rc = lm_mem_grow(&out->id, &out->cap, out->n + 1, sizeof *out->id, err))) break;
        if (!(out->id[out->n] = strdup(id))) rc = lm_err_nomem(err, sizeof id);
        else out->n++;
    }
    if (rc || !out->n) return rc;
    qsort(out->id, out->n, sizeof *out->id, dicomdir_cmp);
    for (size_t i = 0; i < out->n; i++) {
        if (kept && !strcmp(out->id[i], out->id[kept - 1])) free(out->id[i]);
        else out->id[kept++] = out->id[i];
    }
    out->n = kept;
    return LM_OK;
}

lm_status lm_dicomdir_add(const lm_tree *t, const char *path, lm_files *files, lm_err *err)
{
    dicomdir_ids ids = {.n = 0};
    const char *slash = strrchr(path, '/');
    size_t root = slash ? (size_t)(slash - path) + 1 : 2;
    char full[2 * LM_FILES_PATH];
    snprintf(full, sizeof full, "%.*s", (int)root, slash ? path : "./");
    lm_status rc = dicomdir_ids_of(t, &ids, err);
    int fd = rc ? -1 : open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!rc && fd < 0) rc = lm_err_set(err, LM_EIO, NULL, "cannot open its folder: %s", strerror(errno));
    if (!rc && !ids.n) rc = lm_err_set(err, LM_EFORMAT, NULL, "it names no files");
    for (size_t i = 0; i < ids.n && !rc; i++) {
        size_t size = 0;
        if ((rc = dicomdir_resolve(fd, ids.id[i], &size, err))) break;
        snprintf(full + root, sizeof full - root, "%s", ids.id[i]);
        rc = lm_files_put(files, full, root, false, size, err);
    }
    if (fd >= 0) close(fd);
    for (size_t i = 0; i < ids.n; i++) free(ids.id[i]);
    free(ids.id);
    return rc;
}
