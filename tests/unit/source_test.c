/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From files to volumes, with damaged files: whatever stands in them, an answer or one error, never a crash or a hang. */
#include "dicom/source.h"
#include "dicom/source_load.h"
#include "dicom/source_pick.h"
#include "fixtures/gen/dicom_write.h"
#include "tests/lib/sanitizer.h"
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#ifdef LM_SANITIZE
#ifdef __SANITIZE_THREAD__
enum { SLOWER = 60 }; /* a fork of a sanitized program costs tens of milliseconds, and this one copies its shadow */
#else
enum { SLOWER = 10 };
#endif
#else
enum { SLOWER = 1 };
#endif

enum { N = 16, SLICES = 3, BYTES = 1 << 16 };
static char dir[] = "/tmp/meshqa-source-XXXXXX";
static unsigned char bytes[BYTES];
static size_t length;

static void name_of(int k, char path[64])
{
    snprintf(path, 64, "%s/%d.dcm", dir, k);
}

static void put(int k, const void *p, size_t n)
{
    char path[64];
    name_of(k, path);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static void take(int k)
{
    char path[64];
    name_of(k, path);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    length = fread(bytes, 1, BYTES, f);
    fclose(f);
    assert_true(length > 500 && length < BYTES);
}

static void write_slice(int k, double z, double slope)
{
    uint16_t samples[N * N];
    lm_err err = LM_ERR_INIT;
    char path[64];
    for (int i = 0; i < N * N; i++) samples[i] = (uint16_t)(1000 * k + i);
    dicom_write_series s = {.seed = 5,
                            .transfer = DICOM_WRITE_EXPLICIT,
                            .rows = N,
                            .columns = N,
                            .spacing_rows_mm = 0.75,
                            .spacing_columns_mm = 0.5,
                            .orientation = {1, 0, 0, 0, 1, 0},
                            .thickness_mm = 1,
                            .window_width = 100,
                            .description = "test"};
    dicom_write_slice one = {
        .index = (size_t)k, .number = (size_t)k + 1, .position = {1, 2, z}, .slope = slope, .intercept = -1000, .samples = samples};
    name_of(k, path);
    assert_int_equal(dicom_write_file(path, &s, &one, &err), LM_OK);
}

static void write_series(void)
{
    for (int k = 0; k < SLICES; k++) write_slice(k, 2.0 * k, 1);
}

/* Scan, choose and load the folder; on success the volume is whole. One line of text on failure. */
static lm_status load(lm_vol *vol, json_t **facts, lm_err *err)
{
    lm_source *s = NULL;
    lm_source_opt opt = {.threads = 1};
    const char *path = dir;
    size_t series = 0;
    *err = (lm_err)LM_ERR_INIT;
    *facts = NULL;
    lm_status rc = lm_source_scan(&path, 1, &opt, &s, err);
    if (!rc) rc = lm_source_select(s, NULL, false, &series, err);
    if (!rc) rc = lm_source_load(s, series, &opt, vol, facts, err);
    lm_source_release(s);
    if (rc) {
        char line[2000];
        lm_err_line(err, line, sizeof line);
        assert_int_equal(rc, err->code);
        assert_true(line[0] && !strchr(line, '\n'));
        assert_null(vol->data);
    } else assert_non_null(*facts);
    return rc;
}

static void samples_and_geometry_come_through(void **state)
{
    (void)state;
    lm_vol vol = LM_VOL_INIT;
    json_t *facts;
    lm_err err;
    write_series();
    assert_int_equal(load(&vol, &facts, &err), LM_OK);
    assert_true(vol.n[0] == N && vol.n[1] == N && vol.n[2] == SLICES && vol.type == LM_I16);
    for (size_t i = 0; i < N * N * SLICES; i++)
        assert_true(lm_vol_at(&vol, i) == (double)(1000 * (i / (N * N)) + i % (N * N)) - 1000);
    assert_true(vol.dir[0][0] == 0.5 && vol.dir[1][1] == 0.75 && vol.dir[2][2] == 2 && vol.origin[0] == 1 && vol.origin[1] == 2);
    assert_int_equal(json_integer_value(json_object_get(facts, "instances")), SLICES);
    json_decref(facts);
    lm_vol_release(&vol);
    write_slice(1, 2, 0.5); /* another slope on one slice: float, each by its own */
    assert_int_equal(load(&vol, &facts, &err), LM_OK);
    assert_int_equal(vol.type, LM_F32);
    assert_true(lm_vol_at(&vol, N * N) == -500 && lm_vol_at(&vol, N * N + 1) == -499.5 && lm_vol_at(&vol, 1) == -999);
    json_decref(facts);
    lm_vol_release(&vol);
}

static void duplicates_must_be_equal(void **state)
{
    (void)state;
    lm_vol vol = LM_VOL_INIT;
    json_t *facts;
    lm_err err;
    write_series();
    take(1);
    put(7, bytes, length);
    assert_int_equal(load(&vol, &facts, &err), LM_OK);
    assert_int_equal(vol.n[2], SLICES);
    char *text = json_dumps(facts, 0);
    assert_non_null(strstr(text, "1 images are there twice"));
    free(text);
    json_decref(facts);
    lm_vol_release(&vol);
    bytes[length - 5] ^= 1; /* a pixel */
    put(7, bytes, length);
    assert_int_equal(load(&vol, &facts, &err), LM_ERULE);
    assert_string_equal(err.rule, "G-4");
    char path[64];
    name_of(7, path);
    unlink(path);
}

/* A file that ends early is an error wherever the cut is; only the byte that pads may be missing. */
static void cut_files_are_refused(void **state)
{
    (void)state;
    lm_vol vol = LM_VOL_INIT;
    json_t *facts;
    lm_err err;
    write_series();
    take(1);
    for (size_t n = 0; n < length; n += n < 200 ? 13 : 29) {
        put(1, bytes, n);
        if (load(&vol, &facts, &err) == LM_OK) {
            /* too short to be known as DICOM: a series of two slices, 4 mm apart */
            if (vol.n[2] != 2 || n >= 132) fail_msg("cut to %zu of %zu bytes and accepted", n, length);
            json_decref(facts);
            lm_vol_release(&vol);
        }
    }
    put(1, bytes, length - 1);
    assert_int_equal(load(&vol, &facts, &err), LM_EFORMAT);
    write_series();
}

static void mutate(uint32_t *rng)
{
    int hits = 1 + (int)(*rng >> 28);
    for (int i = 0; i < hits; i++) {
        *rng = *rng * 1664525u + 1013904223u;
        size_t at = 128 + (*rng >> 8) % (length - 128), kind = *rng & 7;
        *rng = *rng * 1664525u + 1013904223u;
        if (kind < 5) bytes[at] = (unsigned char)(*rng >> 16);
        else if (kind < 7) bytes[at] ^= (unsigned char)(1u << (*rng >> 29));
        else length = at + 1; /* cut */
    }
}

static void run_mutations(int rounds, uint32_t seed, const unsigned char *whole, size_t n, int slot)
{
    lm_vol vol = LM_VOL_INIT;
    json_t *facts;
    lm_err err;
    uint32_t rng = seed;
    int good = 0;
    rounds /= SLOWER;
    for (int i = 0; i < rounds; i++) {
        memcpy(bytes, whole, n);
        length = n;
        mutate(&rng);
        put(slot, bytes, length);
        if (load(&vol, &facts, &err) == LM_OK) {
            good++;
            json_decref(facts);
            lm_vol_release(&vol);
        }
    }
    print_message("seed %u: %d of %d mutated files were still a volume\n", seed, good, rounds);
}

static void mutated_files_end_in_an_answer(void **state)
{
    (void)state;
    write_series();
    take(1);
    unsigned char *whole = malloc(length);
    size_t n = length;
    memcpy(whole, bytes, n);
    run_mutations(1400, 20240901, whole, n, 1);
    free(whole);
}

/* Compressed files, each alone (the decoders run on them when the rest of a stack is there: same place, other pixels). */
static void mutated_compressed_files_end_in_an_answer(void **state)
{
    static const char *const name[] = {"MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"};
    const char *shared = getenv("SHARED");
    char path[4096];
    (void)state;
    for (int k = 0; k < SLICES; k++) {
        name_of(k, path);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        snprintf(path, sizeof path, "%s/data/mr-transfer-syntaxes-small/%s", shared ? shared : "../shared", name[i]);
        FILE *f = fopen(path, "rb");
        if (!f) skip();
        static unsigned char whole[BYTES];
        size_t n = fread(whole, 1, BYTES, f);
        fclose(f);
        put(0, whole, n);
        /* the same slice one step on: its position is text in the file */
        char *digit = NULL;
        for (size_t k = 0; k + 8 < n && !digit; k++)
            if (!memcmp(whole + k,
                        "\x20\x00\x32\x00"
                        "DS",
                        6))
                digit = memrchr(whole + k + 8, '.', whole[k + 6]);
        assert_non_null(digit);
        digit[-1] = digit[-1] == '9' ? '8' : (char)(digit[-1] + 1);
        lm_vol vol = LM_VOL_INIT;
        json_t *facts;
        lm_err err;
        put(1, whole, n);
        if (load(&vol, &facts, &err)) fail_msg("%s: %s", name[i], err.text[0]);
        json_decref(facts);
        lm_vol_release(&vol);
        run_mutations(200, 77 + (uint32_t)i, whole, n, 1);
    }
}

static void folders_without_dicom(void **state)
{
    (void)state;
    lm_vol vol = LM_VOL_INIT;
    json_t *facts;
    lm_err err;
    char path[128];
    for (int k = 0; k < 8; k++) {
        name_of(k, path);
        unlink(path);
    }
    assert_int_equal(load(&vol, &facts, &err), LM_EFORMAT);
    put(0, "just some text, long enough to be looked at", 40);
    assert_int_equal(load(&vol, &facts, &err), LM_EFORMAT);
    write_slice(1, 0, 1);
    write_slice(2, 1, 1);
    snprintf(path, sizeof path, "%s/link", dir);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(load(&vol, &facts, &err), LM_EIO); /* it may have been a slice */
    unlink(path);
    assert_int_equal(symlink(".", path), 0); /* a loop of folders ends */
    assert_int_equal(load(&vol, &facts, &err), LM_OK);
    json_decref(facts);
    lm_vol_release(&vol);
    unlink(path);
}

static int clean(void **state)
{
    (void)state;
    char path[64];
    for (int k = 0; k < 8; k++) {
        name_of(k, path);
        unlink(path);
    }
    rmdir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_and_geometry_come_through),
        cmocka_unit_test(duplicates_must_be_equal),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(mutated_files_end_in_an_answer),
        cmocka_unit_test(mutated_compressed_files_end_in_an_answer),
        cmocka_unit_test(folders_without_dicom),
    };
    if (!mkdtemp(dir)) return 1;
    return cmocka_run_group_tests(tests, NULL, clean);
}
