/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stored values to samples, and the run of child processes. Real files are decoded where the test data are. */
#include "dicom/child.h"
#include "dicom/decode.h"
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static lm_dicom_file pixel(unsigned allocated, unsigned stored, bool is_signed)
{
    return (lm_dicom_file){
        .bits_allocated = allocated, .bits_stored = stored, .high_bit = stored - 1, .is_signed = is_signed, .slope = 1};
}

static void bits_are_masked_and_extended(void **state)
{
    (void)state;
    int16_t out[4];
    lm_decode_slice r;
    lm_dicom_file f = pixel(16, 12, true);
    lm_decode_samples(&f, (uint16_t[]){0x0fff, 0x07ff, 0xf800, 0xf001}, 4, LM_I16, out, &r); /* overlay bits above */
    assert_memory_equal(out, ((int16_t[]){-1, 2047, -2048, 1}), sizeof out);
    assert_true(r.fits && r.lo == -2048 && r.hi == 2047);
    f.is_signed = false;
    lm_decode_samples(&f, (uint16_t[]){0x0fff, 0x07ff, 0xf800, 0xf001}, 4, LM_I16, out, &r);
    assert_memory_equal(out, ((int16_t[]){4095, 2047, 2048, 1}), sizeof out);
    f = pixel(16, 12, false);
    f.high_bit = 15; /* left-justified */
    lm_decode_samples(&f, (uint16_t[]){0xfff0, 0x0010, 0x0000, 0x800f}, 4, LM_I16, out, &r);
    assert_memory_equal(out, ((int16_t[]){4095, 1, 0, 2048}), sizeof out);
    f = pixel(8, 8, true);
    lm_decode_samples(&f, (uint8_t[]){0xff, 0x80, 0x7f, 0}, 4, LM_I16, out, &r);
    assert_memory_equal(out, ((int16_t[]){-1, -128, 127, 0}), sizeof out);
    float real[2];
    f = pixel(32, 32, true);
    lm_decode_samples(&f, (uint32_t[]){0xffffffff, 0x80000000}, 2, LM_F32, real, &r);
    assert_true(real[0] == -1 && real[1] == -2147483648.0f && !r.fits);
    f = pixel(32, 32, false);
    lm_decode_samples(&f, (uint32_t[]){0xffffffff, 7}, 2, LM_F32, real, &r);
    assert_true(real[0] == 4294967296.0f && real[1] == 7 && r.hi == 4294967295.0);
}

static void rescale_and_range(void **state)
{
    (void)state;
    int16_t out[3];
    float real[3];
    lm_decode_slice r;
    lm_dicom_file f = pixel(16, 16, false);
    f.intercept = -1024;
    lm_decode_samples(&f, (uint16_t[]){0, 1024, 33791}, 3, LM_I16, out, &r);
    assert_memory_equal(out, ((int16_t[]){-1024, 0, 32767}), sizeof out);
    assert_true(r.fits);
    lm_decode_samples(&f, (uint16_t[]){0, 1024, 33792}, 3, LM_I16, out, &r);
    assert_false(r.fits); /* one too many for int16 */
    f.slope = 0.5;
    lm_decode_samples(&f, (uint16_t[]){0, 1, 2}, 3, LM_F32, real, &r);
    assert_true(real[1] == -1023.5f && !r.fits);
}

static void padding_is_set_apart(void **state)
{
    (void)state;
    int16_t out[4];
    float real[4];
    lm_decode_slice r;
    lm_dicom_file f = pixel(16, 16, true);
    f.intercept = -1024;
    f.has_padding = true;
    f.padding[0] = f.padding[1] = -32768; /* rescaled it is beyond int16 */
    lm_decode_samples(&f, (int16_t[]){-32768, 0, 24, 1000}, 4, LM_I16, out, &r);
    assert_true(r.fits && r.padded == 1 && r.lo == -1024 && r.hi == -24);
    assert_int_equal(out[0], lm_decode_padding(&f));
    lm_decode_samples(&f, (int16_t[]){-32768, -31744, 24, 1000}, 4, LM_I16, out, &r);
    assert_false(r.fits); /* a real sample has the value that stands for padding */
    lm_decode_samples(&f, (int16_t[]){-32768, -31744, 24, 1000}, 4, LM_F32, real, &r);
    assert_true(isnan(real[0]) && real[1] == -32768.0f);
    f.padding[0] = -2000;
    f.padding[1] = -1990;
    lm_decode_samples(&f, (int16_t[]){-2000, -1995, -1990, -1989}, 4, LM_I16, out, &r);
    assert_true(r.padded == 3 && r.lo == -3013);
}

/* ---- children ---- */

typedef struct {
    unsigned char *mark; /* shared */
    size_t die, hang, fail;
} crew;

static int crew_work(void *ctx, size_t i)
{
    crew *c = ctx;
    c->mark[i] = 1;
    printf("a child must not reach standard output\n");
    fflush(stdout);
    if (i == c->die) raise(SIGSEGV);
    while (i == c->hang) continue;
    return i >= c->fail ? 7 : 0;
}

static lm_child_end crew_run(crew *c, size_t n, int children, size_t *marked)
{
    size_t bytes;
    lm_err err = LM_ERR_INIT;
    lm_child_end end;
    c->mark = lm_child_map(n, 1, &bytes, &err);
    assert_non_null(c->mark);
    lm_child_job job = {.n = n, .children = children, .seconds = 1, .fn = crew_work, .ctx = c, .what = "test"};
    assert_int_equal(lm_child_run(&job, &end, &err), LM_OK);
    *marked = 0;
    for (size_t i = 0; i < n; i++) *marked += c->mark[i];
    munmap(c->mark, bytes);
    return end;
}

static void children_share_the_work(void **state)
{
    (void)state;
    for (int children = 1; children < 6; children += 2) {
        crew c = {.die = SIZE_MAX, .hang = SIZE_MAX, .fail = SIZE_MAX};
        size_t marked;
        assert_int_equal(crew_run(&c, 1000, children, &marked).why, LM_CHILD_DONE);
        assert_int_equal(marked, 1000);
        signal(SIGCHLD, SIG_IGN); /* as some callers of ours leave it: exit codes are lost then */
        assert_int_equal(crew_run(&c, 10, children, &marked).why, LM_CHILD_DONE);
        signal(SIGCHLD, SIG_DFL);
    }
}

static void a_dead_child_names_its_item(void **state)
{
    (void)state;
    for (int children = 1; children < 5; children++) {
        crew c = {.die = 40, .hang = SIZE_MAX, .fail = SIZE_MAX};
        size_t marked;
        lm_child_end end = crew_run(&c, 100, children, &marked);
        assert_int_equal(end.why, LM_CHILD_DIED);
        assert_int_equal(end.item, 40);
        c = (crew){.die = SIZE_MAX, .hang = SIZE_MAX, .fail = 33};
        end = crew_run(&c, 100, children, &marked);
        assert_int_equal(end.why, LM_CHILD_FAILED);
        assert_int_equal(end.item, 33); /* the lowest, whatever the timing */
        assert_int_equal(end.code, 7);
        assert_true(marked >= 34 && marked < 34 + (size_t)children);
    }
}

static void a_hanging_child_is_stopped(void **state)
{
    (void)state;
    crew c = {.die = SIZE_MAX, .hang = 3, .fail = SIZE_MAX};
    size_t marked;
    lm_child_end end = crew_run(&c, 8, 2, &marked);
    assert_true(end.why == LM_CHILD_DIED || end.why == LM_CHILD_TIME); /* by processor time, or on a busy machine by the clock */
    assert_int_equal(end.item, 3);
}

/* ---- real files: one slice in many transfer syntaxes ---- */

static bool shared_file(const char *name, char *path, size_t cap)
{
    const char *shared = getenv("SHARED");
    snprintf(path, cap, "%s/data/%s", shared ? shared : "../shared", name);
    return access(path, R_OK) == 0;
}

static void lossless_syntaxes_decode_alike(void **state)
{
    static const char *const lossless[] = {"",
                                           "_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm",
                                           "_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm",
                                           "_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm",
                                           "_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm",
                                           "_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm",
                                           "_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm",
                                           "_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm",
                                           "_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm",
                                           "_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm"};
    enum { N = sizeof lossless / sizeof *lossless, PIXELS = 512 * 512 };
    (void)state;
    char path[4096], name[256];
    static int16_t first[PIXELS], out[PIXELS];
    lm_decode_reader keep = {.object = NULL};
    lm_decode_slice a, b;
    for (int i = 0; i < N; i++) {
        lm_dicom_file f;
        snprintf(name, sizeof name, "ct-transfer-syntaxes/CTImage.dcm%s", lossless[i]);
        if (!shared_file(name, path, sizeof path)) skip();
        const lm_gdcm_file from = {.path = path};
        lm_scan_file(&from, &f);
        assert_int_equal(f.state, LM_SCAN_DICOM);
        assert_int_equal(f.kind, LM_DICOM_SLICE);
        assert_false(f.lossy);
        assert_true(f.rows == 512 && f.columns == 512 && f.has_position && f.has_padding && f.padding[0] == -32768 &&
                    f.intercept == -1024);
        int rc = lm_decode_file(&keep, &from, &f, 0, LM_I16, i ? out : first, i ? &b : &a);
        if (rc) fail_msg("%s: status %d", lossless[i], rc);
        if (!i) continue;
        assert_memory_equal(out, first, sizeof out);
        assert_memory_equal(a.sha256, b.sha256, sizeof a.sha256);
    }
    lm_decode_forget(&keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_masked_and_extended),   cmocka_unit_test(rescale_and_range),
        cmocka_unit_test(padding_is_set_apart),           cmocka_unit_test(children_share_the_work),
        cmocka_unit_test(a_dead_child_names_its_item),    cmocka_unit_test(a_hanging_child_is_stopped),
        cmocka_unit_test(lossless_syntaxes_decode_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
