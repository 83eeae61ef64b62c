/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/page.h"
#include "base/version.h"
#include "report_css.h"

void lm_page_begin(lm_html *h)
{
    lm_html_put(
        h,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light "
        "dark\"/>\n"
        "<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"generator\" content=\"meshqa %s\"/>\n<title>",
        LM_VERSION);
}

void lm_page_body(lm_html *h)
{
    lm_html_put(h, "</title>\n<style>\n");
    lm_html_raw(h, report_css, sizeof report_css - 1);
    lm_html_put(h, "</style>\n</head>\n<body>\n<main>\n");
}

void lm_page_end(lm_html *h)
{
    lm_html_put(h, "</main>\n</body>\n</html>\n");
}
