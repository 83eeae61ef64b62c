/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/phase.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    size_t offset;
    bool text;
} phase_keys[LM_PHASE_KEYS] = {
    {"temporal position", offsetof(lm_dicom_file, temporal), false},
    {"echo", offsetof(lm_dicom_file, echo), false},
    {"cardiac phase", offsetof(lm_dicom_file, phase), false},
    {"b-value", offsetof(lm_dicom_file, b_value), false},
    {"image type", offsetof(lm_dicom_file, image_type3), true},
    {"image type", offsetof(lm_dicom_file, image_type4), true},
    {"acquisition", offsetof(lm_dicom_file, acquisition), false},
    {"kernel", offsetof(lm_dicom_file, kernel), true},
    {"stack", offsetof(lm_dicom_file, stack), true},
    {"trigger time", offsetof(lm_dicom_file, trigger), false},
};

const char *lm_phase_name(int key)
{
    return phase_keys[key].name;
}

int lm_phase_cmp(const lm_dicom_file *a, const lm_dicom_file *b, int key)
{
    const char *p = (const char *)a + phase_keys[key].offset, *q = (const char *)b + phase_keys[key].offset;
    if (phase_keys[key].text) return strcmp(p, q);
    double x, y;
    memcpy(&x, p, sizeof x);
    memcpy(&y, q, sizeof y);
    if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
    return x < y ? -1 : x > y;
}

void lm_phase_text(const lm_dicom_file *f, int key, char *buf, size_t cap)
{
    const char *p = (const char *)f + phase_keys[key].offset;
    double x = 0;
    if (!phase_keys[key].text) memcpy(&x, p, sizeof x);
    if (phase_keys[key].text ? !*p : isnan(x)) snprintf(buf, cap, "no %s", phase_keys[key].name);
    else if (phase_keys[key].text) snprintf(buf, cap, "%s %s", phase_keys[key].name, p);
    else snprintf(buf, cap, "%s %.6g", phase_keys[key].name, x);
}

lm_status lm_phase_parse(const char *text, lm_phase_choice *out, lm_err *err)
{
    *out = (lm_phase_choice){.number = 0};
    if (lm_num_size(text, 1000000, &out->number) && out->number) return LM_OK;
    out->number = 0;
    snprintf(out->text, sizeof out->text, "%s", text);
    char *equals = strchr(out->text, '=');
    if (equals) *equals = ' ';
    if (strlen(text) < sizeof out->text && strchr(out->text, ' ')) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "--phase '%.60s': a number from 1, or a term of --list such as 'echo 2' or b-value=1000", text);
}

bool lm_phase_match(const lm_phase_choice *c, size_t number, const char *differs)
{
    if (c->number) return c->number == number;
    size_t n = strlen(c->text);
    for (const char *p = differs; *p;) {
        size_t k = strcspn(p, ",");
        if (k == n && !strncasecmp(p, c->text, n)) return true;
        p += k + strspn(p + k, ", ");
    }
    return false;
}
