/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stored values to samples. Real files are decoded where the test data are. */
#include "dicom/decode.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
        cmocka_unit_test(bits_are_masked_and_extended),
        cmocka_unit_test(rescale_and_range),
        cmocka_unit_test(padding_is_set_apart),
        cmocka_unit_test(lossless_syntaxes_decode_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
