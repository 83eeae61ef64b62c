/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/files.h"
#include "base/mem.h"
#include "dicom/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void lm_files_release(lm_files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->item[i].path);
        free(f->item[i].label);
        free(f->item[i].data);
    }
    free(f->item);
    free(f->folder);
    *f = (lm_files)LM_FILES_INIT;
}

bool lm_files_plain(const char *name)
{
    static const char *const known[] = {"anon",   "cr",    "ct",   "dcm",   "dicom", "dicomdir", "dir",    "dx",  "e",
                                        "file",   "frame", "gz",   "i",     "ima",   "image",    "images", "im",  "img",
                                        "mr",     "nii",   "nrrd", "pet",   "pt",    "s",        "se",     "seg", "ser",
                                        "series", "slice", "st",   "study", "tar",   "tgz",      "us",     "z",   "zip"};
    for (size_t n; *name; name += n) {
        if ((n = strspn(name, "0123456789")) > 5) return false;
        if (n || (n = strspn(name, "./_- "))) continue;
        n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        bool found = false;
        for (size_t i = 0; n && i < sizeof known / sizeof *known && !found; i++)
            found = strlen(known[i]) == n && !strncasecmp(name, known[i], n);
        if (!found) return false;
    }
    return true;
}

/* How a message calls what lies at path; `root` 0: as the user typed it. */
static const char *files_called(const lm_files *f, const char *path, size_t root)
{
    if (f->show || (!root && !f->listed) || lm_files_plain(path + root)) return path + root;
    return f->listed && !root ? "a path in the list" : "what lies in a folder";
}

lm_status lm_files_put(lm_files *s, const char *path, size_t root, bool asked, size_t size, lm_err *err)
{
    if (s->n == LM_FILES_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d files", (int)LM_FILES_MAX);
    lm_status rc = lm_mem_grow(&s->item, &s->cap, s->n + 1, sizeof *s->item, err);
    if (rc) return rc;
    char *p = strdup(path), *label = NULL, text[32];
    bool hide = !s->show && (root || s->listed) && !lm_files_plain(path + root);
    if (hide) {
        snprintf(text, sizeof text, "file %zu", s->n + 1);
        label = strdup(text);
    }
    if (!p || (hide && !label)) {
        free(p);
        free(label);
        return lm_err_nomem(err, strlen(path));
    }
    s->item[s->n++] = (lm_files_item){.path = p, .name = label ? label : p + root, .label = label, .asked = asked, .size = size};
    /* cppcheck-suppress memleak; the list holds them */
    return LM_OK;
}

void lm_files_drop(lm_files *f, size_t i)
{
    free(f->item[i].path);
    free(f->item[i].label);
    free(f->item[i].data);
    memmove(f->item + i, f->item + i + 1, (f->n - i - 1) * sizeof *f->item);
    f->n--;
}

static int files_cmp_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static lm_status files_names(const char *dir, char ***ret, size_t *n, lm_err *err)
{
    size_t cap = 0;
    lm_status rc = LM_OK;
    DIR *d = opendir(dir);
    if (!d) return lm_err_set(err, LM_EIO, NULL, "cannot read the folder: %s", strerror(errno));
    for (struct dirent *e; !rc && (e = readdir(d));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        if ((rc = lm_mem_grow(ret, &cap, *n + 1, sizeof **ret, err))) break;
        if (!((*ret)[*n] = strdup(e->d_name))) rc = lm_err_nomem(err, sizeof e->d_name);
        else ++*n;
    }
    closedir(d);
    if (*n) qsort(*ret, *n, sizeof **ret, files_cmp_name);
    return rc;
}

/* Note that the folder is read; *seen when it was before. */
static lm_status files_enter(lm_files *f, const struct stat *st, bool *seen, lm_err *err)
{
    *seen = false;
    for (size_t i = f->folders; i-- > 0 && !*seen;) *seen = f->folder[i].dev == st->st_dev && f->folder[i].ino == st->st_ino;
    if (*seen) return LM_OK;
    lm_status rc = lm_mem_grow(&f->folder, &f->folders_cap, f->folders + 1, sizeof *f->folder, err);
    if (!rc) f->folder[f->folders++] = (lm_files_folder){st->st_dev, st->st_ino};
    return rc;
}

/* All regular files below path, by name. A link that leads nowhere is an error: it may be a slice. */
static lm_status files_walk(lm_files *s, char *path, size_t root, int depth, lm_err *err)
{
    struct stat st;
    if (stat(path, &st)) return lm_err_set(err, LM_EIO, NULL, "cannot read '%s': %s", files_called(s, path, root), strerror(errno));
    if (S_ISREG(st.st_mode)) return lm_files_put(s, path, root, false, (size_t)st.st_size, err);
    if (!S_ISDIR(st.st_mode)) return LM_OK;
    bool seen;
    lm_status rc = files_enter(s, &st, &seen, err);
    if (rc || seen) return rc;
    if (depth == LM_FILES_DEPTH) return lm_err_set(err, LM_ERANGE, NULL, "folders are nested deeper than %d", (int)LM_FILES_DEPTH);
    char **name = NULL;
    size_t n = 0, len = strlen(path);
    if ((rc = files_names(path, &name, &n, err)) == LM_EIO) lm_err_frame(err, "'%s'", files_called(s, path, depth ? root : 0));
    for (size_t i = 0; i < n && !rc; i++) {
        if (len + strlen(name[i]) + 2 > LM_FILES_PATH) {
            rc = lm_err_set(err, LM_ERANGE, NULL, "a path is longer than %d bytes", (int)LM_FILES_PATH);
            break;
        }
        sprintf(path + len, "%s%s", path[len - 1] == '/' ? "" : "/", name[i]);
        rc = files_walk(s, path, root, depth + 1, err);
        path[len] = 0;
    }
    for (size_t i = 0; i < n; i++) free(name[i]);
    free(name);
    return rc;
}

/* The members of an archive, named by number: their names stay in it. */
static lm_status files_archive(lm_files *s, const char *path, lm_err *err)
{
    lm_in *in = NULL;
    lm_archive a = LM_ARCHIVE_INIT;
    char name[LM_FILES_PATH + 64];
    bool given = s->std_in && !strcmp(path, "-");
    lm_status rc = given ? LM_OK : lm_io_open(path, &in, err);
    if (rc) return rc;
    if (given) in = s->std_in;
    if ((rc = lm_archive_read(in, NULL, &a, err))) lm_err_frame(err, "cannot read '%s'", files_called(s, lm_io_name(in), 0));
    for (size_t i = 0; i < a.n && !rc; i++) {
        const char *archive = files_called(s, lm_io_name(in), 0);
        snprintf(name, sizeof name, "%s: member %zu", archive, a.item[i].number);
        if ((rc = lm_files_put(s, name, 0, false, a.item[i].size, err))) break;
        s->item[s->n - 1].data = a.item[i].data;
        a.item[i].data = NULL;
    }
    lm_archive_release(&a);
    if (!given) lm_io_close(in);
    return rc;
}

static bool files_is_archive(const char *path)
{
    unsigned char b[LM_ARCHIVE_HEAD];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, b, sizeof b, 0);
    if (fd >= 0) close(fd);
    return n > 0 && lm_archive_sniff(b, (size_t)n);
}

lm_status lm_files_add(lm_files *f, const char *path, lm_err *err)
{
    struct stat st;
    char buf[LM_FILES_PATH];
    if (!strcmp(path, "-")) return files_archive(f, "-", err);
    if (strlen(path) + 2 > sizeof buf || !path[0])
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.80s' is no usable path", files_called(f, path, 0));
    if (stat(path, &st)) return lm_err_set(err, LM_EIO, NULL, "cannot read '%s': %s", files_called(f, path, 0), strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        strcpy(buf, path);
        if (buf[strlen(buf) - 1] != '/') strcat(buf, "/");
        return files_walk(f, buf, strlen(buf), 0, err);
    }
    if (!S_ISREG(st.st_mode)) return lm_err_set(err, LM_EIO, NULL, "'%s' is neither a file nor a folder", files_called(f, path, 0));
    return files_is_archive(path) ? files_archive(f, path, err) : lm_files_put(f, path, 0, true, (size_t)st.st_size, err);
}

lm_status lm_files_add_list(lm_files *f, const char *list, lm_err *err)
{
    lm_in *in = NULL;
    char *text = NULL;
    size_t n = 0, paths = 0;
    lm_status rc = lm_io_open(list, &in, err);
    if (rc) return rc;
    if ((rc = lm_io_slurp(in, (size_t)LM_FILES_MAX * 64, &text, &n, err))) goto done;
    f->listed = true;
    bool nul = memchr(text, 0, n) != NULL;
    for (size_t at = 0; at < n && !rc;) {
        char *p = text + at, *end = memchr(p, nul ? 0 : '\n', n - at);
        if (!end) end = text + n; /* a 0 stands behind the text */
        at = (size_t)(end - text) + 1;
        if (!nul && end > p && end[-1] == '\r') end--;
        *end = 0;
        if (end == p) continue;
        if (!strcmp(p, "-"))
            rc = lm_err_set(err, LM_EUSAGE, NULL, "'-' stands in it: an archive on standard input is given as PATH");
        else rc = lm_files_add(f, p, err);
        paths++;
    }
    if (!rc && !paths) rc = lm_err_set(err, LM_EUSAGE, NULL, "there is no path in it");
done:
    f->listed = false;
    if (rc && paths) lm_err_frame(err, "list '%s', path %zu", lm_io_name(in), paths);
    else if (rc) lm_err_frame(err, "list '%s'", lm_io_name(in));
    free(text);
    lm_io_close(in);
    return rc;
}
