/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functional groups, shared and of each frame: the frame's own comes first, whatever stands in neither is not stated. */
#include "dicom/enhanced.h"
#include "fixtures/gen/dicom_bytes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define ENHANCED_CT "1.2.840.10008.5.1.4.1.1.2.1"
static dicom_bytes b;

static void group(uint32_t sequence, uint32_t tag, const char *value)
{
    db_sequence(&b, sequence);
    db_item(&b, UNDEFINED);
    db_text(&b, tag, "DS", value);
    db_item_end(&b);
    db_sequence_end(&b);
}

/* Frames of one object; slope 2 is shared, the second frame has 5 for itself. */
static lm_tree *object(int frames)
{
    static const char *const at[] = {"0\\0\\7.5 ", "0\\0\\5 ", "0\\0\\2.5 "};
    lm_tree *t;
    lm_err err = LM_ERR_INIT;
    db_begin(&b, ENHANCED_CT, "1.2.840.10008.1.2.1");
    db_text(&b, 0x00080016, "UI", ENHANCED_CT);
    db_sequence(&b, 0x52009229);
    db_item(&b, UNDEFINED);
    group(0x00209116, 0x00200037, "1\\0\\0\\0\\1\\0 ");
    group(0x00289110, 0x00280030, "0.5\\0.25");
    db_sequence(&b, 0x00289145);
    db_item(&b, UNDEFINED);
    db_text(&b, 0x00281052, "DS", "-7");
    db_text(&b, 0x00281053, "DS", "2 ");
    db_item_end(&b);
    db_sequence_end(&b);
    db_item_end(&b);
    db_sequence_end(&b);
    db_sequence(&b, 0x52009230);
    for (int i = 0; i < frames; i++) {
        db_item(&b, UNDEFINED);
        group(0x00209113, 0x00200032, at[i]);
        if (i == 1) {
            db_sequence(&b, 0x00289145);
            db_item(&b, UNDEFINED);
            db_text(&b, 0x00281052, "DS", "1 ");
            db_text(&b, 0x00281053, "DS", "5 ");
            db_item_end(&b);
            db_sequence_end(&b);
        }
        db_item_end(&b);
    }
    db_sequence_end(&b);
    const lm_tree_file f = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    if (lm_tree_read(&f, 1, NULL, &t, &err)) fail_msg("%s", err.text[0]);
    return t;
}

static void a_frame_has_its_own_groups_and_the_shared_ones(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_dicom_file root = {.sop_class = ENHANCED_CT, .frames = 3, .file = 4}, out[3];
    lm_tree *t = object(3);
    assert_true(lm_enhanced_is(&root));
    assert_int_equal(lm_enhanced_frames(t, &root, out, &err), LM_OK);
    for (int i = 0; i < 3; i++) {
        const lm_dicom_file *f = &out[i];
        assert_true(f->kind == LM_DICOM_SLICE && f->frame_at == (unsigned)i && f->file == 4);
        assert_true(f->has_position && f->position[2] == 7.5 - 2.5 * i);
        assert_true(f->has_orientation && f->orientation[4] == 1);
        assert_true(f->has_spacing && f->spacing[0] == 0.5 && f->spacing[1] == 0.25);
        assert_true(f->has_rescale && f->slope == (i == 1 ? 5 : 2) && f->intercept == (i == 1 ? 1 : -7));
        assert_true(!(f->thickness > 0) && !(f->kvp > 0) && !f->kernel[0]); /* nobody said so */
    }
    lm_tree_release(t);
}

static void groups_for_another_number_of_frames_are_refused(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_dicom_file root = {.sop_class = ENHANCED_CT, .frames = 3}, out[3];
    lm_tree *t = object(2);
    assert_int_equal(lm_enhanced_frames(t, &root, out, &err), LM_EFORMAT);
    lm_tree_release(t);
    const lm_dicom_file plain = {.sop_class = "1.2.840.10008.5.1.4.1.1.2", .frames = 1};
    assert_false(lm_enhanced_is(&plain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_has_its_own_groups_and_the_shared_ones),
        cmocka_unit_test(groups_for_another_number_of_frames_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
