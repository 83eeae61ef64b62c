/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a zip or tar archive: an error and nothing else, or members within the limits, numbered upward. */
#include "dicom/archive.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lm_archive_limits limit = {.bytes = 1 << 20, .members = 50};
    lm_archive a;
    lm_in *in;
    lm_err err = LM_ERR_INIT;
    if (lm_io_open_mem(data, size, &in, NULL)) abort();
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0) abort();
    lm_status rc = lm_archive_unpack(in, &limit, fd, &err);
    if (rc && (err.code != rc || !err.n)) abort();
    rc = lm_archive_collect(fd, &limit, &a, &err); /* what came out before an error is whole, too */
    if (rc) abort();
    close(fd);
    size_t bytes = 0, last = 0;
    for (size_t i = 0; i < a.n; i++) {
        if (a.item[i].number <= last || !a.item[i].data) abort();
        last = a.item[i].number;
        bytes += a.item[i].size;
        unsigned sum = 0; /* all of it is there */
        for (size_t k = 0; k < a.item[i].size; k++) sum += a.item[i].data[k];
        if (sum > 255 * a.item[i].size) abort();
    }
    if (last > limit.members || bytes > limit.bytes) abort();
    lm_archive_release(&a);
    lm_io_close(in);
    return 0;
}
