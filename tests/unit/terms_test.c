/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/terms.h"
#include "volume/termlist.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void tables_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < lm_termlist_word_count; i++) assert_true(strcmp(lm_termlist_word[i - 1], lm_termlist_word[i]) < 0);
    for (size_t i = 1; i < lm_termlist_link_count; i++) assert_true(strcmp(lm_termlist_link[i - 1], lm_termlist_link[i]) < 0);
    for (size_t i = 0; i < lm_termlist_word_count; i++)
        assert_int_equal(strspn(lm_termlist_word[i], "abcdefghijklmnopqrstuvwxyz"), strlen(lm_termlist_word[i]));
}

/* Names that programs and people give to segments: TotalSegmentator, TG-263, FreeSurfer, dcmqi, Slicer, German wards. */
static void anatomy_is_known(void **state)
{
    (void)state;
    static const char *const good[] = {"Liver",
                                       "LIVER",
                                       "kidney_left",
                                       "LeftKidney",
                                       "vertebrae_L5",
                                       "L4-S1",
                                       "rib_left_12",
                                       "Rib5",
                                       "lung_upper_lobe_right",
                                       "A_Carotid_L",
                                       "Left-Cerebral-White-Matter",
                                       "GTV_Mass_PET",
                                       "Neoplasm, Primary",
                                       "inferior vena cava",
                                       "Musculus psoas major dexter",
                                       "Sch\xc3\xa4"
                                       "delbasis",
                                       "H\xc3\xbc"
                                       "ftkopf links",
                                       "Oberschenkel (rechts)",
                                       "Os ilium",
                                       "BWK 12",
                                       "Liver segment IV",
                                       "Tumor 2",
                                       "head of femur"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!lm_terms_known(good[i])) fail_msg("not known: %s", good[i]);
}

static void people_are_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "-",
                                      "7",
                                      "12 05 61",
                                      "liver 12 05 61",
                                      "liver 1961",
                                      "liver19610512",
                                      "Liver Mueller",
                                      "Smith^John",
                                      "Liver^Head",
                                      "MUELLER",
                                      "C9",
                                      "T13",
                                      "L0",
                                      "L 123456",
                                      "of the left a b v",
                                      "a b",
                                      "J. S. head",
                                      "Dr. Kidney",
                                      "<b>liver</b>",
                                      "liver\n",
                                      "liver;kidney",
                                      "Leber\xff",
                                      "\xe8\x82\x9d\xe8\x87\x93",
                                      "/home/anna/liver",
                                      "liver liver liver liver liver liver liver liver liver liver liver"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (lm_terms_known(bad[i])) fail_msg("known: %s", bad[i]);
}

static void names_as_shown(void **state)
{
    (void)state;
    char out[64], small[16];
    lm_terms_name("Liver", 3, false, out, sizeof out);
    assert_string_equal(out, "Liver");
    lm_terms_name("Smith, John", 3, false, out, sizeof out);
    assert_string_equal(out, "part-3");
    lm_terms_name("Smith,\tJohn\n", 3, true, out, sizeof out);
    assert_string_equal(out, "Smith, John ");
    lm_terms_name(" \n", 4294967295u, true, out, sizeof out);
    assert_string_equal(out, "part-4294967295");
    lm_terms_name("12345678901234\xc3\xa4", 3, true, small, sizeof small); /* the umlaut does not fit */
    assert_string_equal(small, "12345678901234");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sorted),
        cmocka_unit_test(anatomy_is_known),
        cmocka_unit_test(people_are_not),
        cmocka_unit_test(names_as_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
