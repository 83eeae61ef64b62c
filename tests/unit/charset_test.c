/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names are those of PS3.5, annexes H to K, as printed there; the other texts went through Python's codecs. */
#include "dicom/charset.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* clang-format off */
static const struct {
    const char *set, *raw, *want;
    bool name;
} texts[] = {
    {"ISO 2022 IR 6\134ISO 2022 IR 87", "Yamada^Tarou=\033$B;3ED\033(B^\033$BB@O:\033(B=\033$B$d$^$@\033(B^\033$B$?$m$&\033(B", "Yamada^Tarou=\345\261\261\347\224\260^\345\244\252\351\203\216=\343\202\204\343\201\276\343\201\240^\343\201\237\343\202\215\343\201\206", true},
    {"\134ISO 2022 IR 87", "Yamada^Tarou=\033$B;3ED\033(B^\033$BB@O:\033(B", "Yamada^Tarou=\345\261\261\347\224\260^\345\244\252\351\203\216", true},
    {"ISO 2022 IR 13\134ISO 2022 IR 87", "\324\317\300\336^\300\333\263=\033$B;3ED\033(J^\033$BB@O:\033(J=\033$B$d$^$@\033(J^\033$B$?$m$&\033(J", "\357\276\224\357\276\217\357\276\200\357\276\236^\357\276\200\357\276\233\357\275\263=\345\261\261\347\224\260^\345\244\252\351\203\216=\343\202\204\343\201\276\343\201\240^\343\201\237\343\202\215\343\201\206", true},
    {"\134ISO 2022 IR 149", "Hong^Gildong=\033$)C\373\363^\033$)C\321\316\324\327=\033$)C\310\253^\033$)C\261\346\265\277", "Hong^Gildong=\346\264\252^\345\220\211\346\264\236=\355\231\215^\352\270\270\353\217\231", true},
    {"\134ISO 2022 IR 58", "Zhang^XiaoDong=\033$)A\325\305^\033$)A\320\241\266\253=", "Zhang^XiaoDong=\345\274\240^\345\260\217\344\270\234=", true},
    {"GB18030", "Wang^XiaoDong=\315\365^\320\241\266\253=", "Wang^XiaoDong=\347\216\213^\345\260\217\344\270\234=", true},
    {"ISO_IR 192", "Wang^XiaoDong=\347\216\213^\345\260\217\346\235\261=", "Wang^XiaoDong=\347\216\213^\345\260\217\346\235\261=", true},
    {"ISO_IR 100", "Sch\344del^M\374ller", "Sch\303\244del^M\303\274ller", false},
    {"ISO_IR 101", "Wa\263\352sa \350elist", "Wa\305\202\304\231sa \304\215elist", false},
    {"ISO_IR 109", "\346apelo \261al", "\304\211apelo \304\247al", false},
    {"ISO_IR 110", "\256iema \273", "\305\275iema \304\243", false},
    {"ISO_IR 144", "\273\356\332ce\334\321yp\323", "\320\233\321\216\320\272ce\320\274\320\261yp\320\263", false},
    {"ISO_IR 126", "\304\351\357\355\365\363\351\357\362", "\316\224\316\271\316\277\316\275\317\205\317\203\316\271\316\277\317\202", false},
    {"ISO_IR 127", "\342\310\307\346\352^\344\346\322\307\321", "\331\202\330\250\330\247\331\206\331\212^\331\204\331\206\330\262\330\247\330\261", false},
    {"ISO_IR 138", "\371\370\345\357^\343\341\345\370\344", "\327\251\327\250\327\225\327\237^\327\223\327\221\327\225\327\250\327\224", false},
    {"ISO_IR 148", "\307avu\376o\360lu kemik", "\303\207avu\305\237o\304\237lu kemik", false},
    {"ISO_IR 166", "\241\303\320\264\331\241", "\340\270\201\340\270\243\340\270\260\340\270\224\340\270\271\340\270\201", false},
    {"ISO_IR 203", "\274il \244", "\305\222il \342\202\254", false},
    {"ISO_IR 13", "\315\310 2", "\357\276\215\357\276\210 2", false},
    {"ISO 2022 IR 100\134ISO 2022 IR 144", "K\366rper \033-L\332\336\341\342\354\134K\366rper", "K\303\266rper \320\272\320\276\321\201\321\202\321\214\134K\303\266rper", false},
    {"\134ISO 2022 IR 159", "\033$(D0!\033(B x", "\344\270\202 x", false},
    {"GB18030", "\271\307\134\270\316\2252\2026", "\351\252\250\134\350\202\235\360\240\200\200", false},
    {"\134ISO 2022 IR 87", "\033$B9|\033(B\134bone", "\351\252\250\134bone", false},
    {"\134ISO 2022 IR 87", "\033$B0\1340\134\033(B", "\347\247\273\347\247\273", false},
    {"GBK", "\201\134", "\344\271\227", false},
    {"", "K\366rper", "K\303\266rper", false},
    {"", "K\303\266rper", "K\303\266rper", false},
    {"ISO_IR 999", "K\366rper", "K\303\266rper", false},
    {"ISO_IR 192", "a\366b\355\240\200", "a\357\277\275b\357\277\275\357\277\275\357\277\275", false},
    {"ISO_IR 6", "a\366", "a\357\277\275", false},
    {"\134ISO 2022 IR 149", "\033$)C\261", "\357\277\275", false},
    {"\134ISO 2022 IR 87", "\033$B;", "\357\277\275", false},
    {"GB18030", "\201", "\357\277\275", false},
    {"GB18030", "\2010\201", "\357\277\2750\357\277\275", false},
    {"ISO_IR 100", "a\033b\011c\2331 \000x  ", "a b c 1", false},
};
/* clang-format on */

static void texts_become_utf8(void **state)
{
    (void)state;
    char out[256];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lm_charset_utf8(texts[i].set, strlen(texts[i].set), texts[i].raw, strlen(texts[i].raw), texts[i].name, out, sizeof out);
        if (strcmp(out, texts[i].want)) fail_msg("text %zu in '%s': '%s', not '%s'", i, texts[i].set, out, texts[i].want);
    }
}

/* Cut anywhere, in text or buffer, what comes out is well-formed and fits. */
static void cuts_leave_whole_characters(void **state)
{
    (void)state;
    char out[256];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t n = 0; n <= strlen(texts[i].raw); n++)
            for (size_t cap = 1; cap < 40; cap++) {
                memset(out, 'x', sizeof out);
                lm_charset_utf8(texts[i].set, strlen(texts[i].set), texts[i].raw, n, texts[i].name, out, cap);
                size_t len = strlen(out);
                assert_true(len < cap);
                for (size_t at = 0, k; at < len; at += k)
                    assert_int_not_equal(k = lm_charset_utf8_length((const unsigned char *)out + at, len - at), 0);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_utf8),
        cmocka_unit_test(cuts_leave_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
