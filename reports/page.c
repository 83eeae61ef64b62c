/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/page.h"
#include "base/version.h"
#include "report_css.h"

#include <stdlib.h>
#include <string.h>

void lm_page_source(const void *text, size_t n, char source[LM_PAGE_SOURCE])
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[LM_SHA256_HEX], *p = source;
    unsigned char b[33] = {0};
    lm_hash_sha256_of(text, n, hex);
    for (size_t i = 0; i < 32; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        b[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    p = stpcpy(p, "'sha256-");
    for (size_t i = 0; i < 33; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
        for (int s = 18; s >= 0; s -= 6) *p++ = abc[v >> s & 63];
    }
    memcpy(p - 1, "='", 3); /* 32 bytes: the last digit is padding */
}

void lm_page_begin(lm_html *h, const char *script)
{
    char style[LM_PAGE_SOURCE];
    lm_page_source(report_css, sizeof report_css - 1, style);
    lm_html_put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src ");
    lm_html_raw(h, style, strlen(style));
    if (script) {
        lm_html_put(h, "; script-src ");
        lm_html_raw(h, script, strlen(script));
    }
    lm_html_put(h,
                "\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" "
                "content=\"light dark\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"generator\" "
                "content=\"meshqa %s\"/>\n<title>",
                LM_VERSION);
}

void lm_page_body(lm_html *h)
{
    lm_html_put(h, "</title>\n<style>");
    lm_html_raw(h, report_css, sizeof report_css - 1);
    lm_html_put(h, "</style>\n</head>\n<body>\n<main>\n");
}

void lm_page_end(lm_html *h)
{
    lm_html_put(h, "</main>\n</body>\n</html>\n");
}
