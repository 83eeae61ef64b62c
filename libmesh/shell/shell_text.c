/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/shell_text.h"

#include <stdarg.h>
#include <stdio.h>

void lm_shell_table(const lm_shell *s, lm_out *out)
{
    const lm_wall_facts *w = &s->wall;
    char ratio[LM_SCALE_TEXT];
    if (s->opt->scale > 0)
        lm_io_printf(out, "%-34s %12s      every length is meant at print size\n", "scale", lm_scale_ratio(s->opt->scale, ratio));
    lm_io_printf(out, "%-34s %12.6g mm\n", "wall asked for", w->wall_mm);
    lm_io_printf(out, "%-34s %12.6g mm   at %.6g %.6g %.6g\n", "least by ball", w->min_ball_mm, w->ball_at[0], w->ball_at[1],
                 w->ball_at[2]);
    lm_io_printf(out, "%-34s %12.6g mm   at %.6g %.6g %.6g\n", "least by ray", w->min_ray_mm, w->ray_at[0], w->ray_at[1],
                 w->ray_at[2]);
    lm_io_printf(out, "%-34s %12.6g mm2  of %.6g\n", "area that is too thin", w->thin_mm2, w->area_mm2);
    lm_io_printf(out, "%-34s %12zu      of %zu\n", "samples that are too thin", w->thin_samples, w->samples);
    for (int i = 0; i < LM_WALL_BINS; i++)
        lm_io_printf(out, "%5.4g to %-5.4g mm %18s %12.6g mm2  by ray %.6g\n", 2 * w->wall_mm / LM_WALL_BINS * i,
                     2 * w->wall_mm / LM_WALL_BINS * (i + 1), i + 1 == LM_WALL_BINS ? "or more" : "", w->ball_mm2[i],
                     w->ray_mm2[i]);
    lm_io_printf(out, "%-34s %12s\n", "thick enough", s->good ? "yes" : "no");
}

typedef void (*shell_say)(const char *text);

LM_PRINTF(2, 3) static void shell_note(shell_say say, const char *fmt, ...)
{
    char text[LM_ERR_TEXT];
    va_list ap;
    if (!say) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    say(text);
}

static lm_status shell_thin(const lm_shell *s, const char *what, lm_err *err)
{
    const lm_wall_facts *w = &s->wall;
    char ratio[LM_SCALE_TEXT], at[LM_SCALE_TEXT + 10] = "";
    if (s->opt->scale > 0) snprintf(at, sizeof at, ", at scale %s", lm_scale_ratio(s->opt->scale, ratio));
    return lm_err_set(err, LM_ENO, NULL, "%s %.6g mm%s: least %.4g mm at (%.6g, %.6g, %.6g), on %.4g of %.4g mm2", what, w->wall_mm,
                      at, w->min_ball_mm, w->ball_at[0], w->ball_at[1], w->ball_at[2], w->thin_mm2, w->area_mm2);
}

static lm_status shell_valid(const lm_shell *s, const char *what, lm_err *err)
{
    char line[LM_ERR_TEXT];
    if (s->after.valid) return LM_OK;
    lm_audit_line(&s->after, line, sizeof line);
    return lm_err_set(err, LM_ENO, NULL, "%s: %.300s", what, line);
}

static void shell_spots(const lm_shell *s, shell_say say)
{
    const lm_wall_facts *w = &s->wall;
    for (size_t i = 0; i < w->spots; i++)
        shell_note(say, "%s thin: %.4g mm at (%.6g, %.6g, %.6g), %.4g mm2", s->opt->min_wall_mm > 0 ? "still" : "too",
                   w->spot[i].least_mm, w->spot[i].at[0], w->spot[i].at[1], w->spot[i].at[2], w->spot[i].area_mm2);
    if (w->spots_over) shell_note(say, "and %zu thin samples elsewhere", w->spots_over);
}

/* Of the holes: where they are, and what stays closed. */
static lm_status shell_drain(const lm_shell *s, shell_say say, lm_err *err)
{
    const lm_drain_facts *d = &s->extras.drain;
    for (size_t i = 0; i < d->n; i++)
        shell_note(say, "drain hole of %.6g mm at (%.6g, %.6g, %.6g), outward (%.3f, %.3f, %.3f)", d->hole[i].diameter_mm,
                   d->hole[i].at[0], d->hole[i].at[1], d->hole[i].at[2], d->hole[i].out[0], d->hole[i].out[1], d->hole[i].out[2]);
    for (size_t i = 0; i < d->cavities; i++)
        if (!d->hollow[i].holes)
            shell_note(say, "stays closed: a hollow of %.4g mm3, lowest at (%.6g, %.6g, %.6g)", d->hollow[i].volume_mm3,
                       d->hollow[i].lowest[0], d->hollow[i].lowest[1], d->hollow[i].lowest[2]);
    if (s->good || !d->closed || s->opt->closed) return LM_OK;
    return lm_err_set(err, LM_ENO, NULL, "not sent on (--allow closed passes it): %zu of %zu hollows have no drain hole", d->closed,
                      d->cavities);
}

static lm_status shell_hollow(const lm_shell *s, bool verbose, shell_say say, lm_err *err)
{
    const lm_hollow_facts *h = &s->hollow;
    lm_status rc;
    if (verbose)
        shell_note(say, "wall %.6g mm (mean %.6g, most %.6g), %zu pockets, %zu left solid, %zu vertices held", h->min_mm,
                   h->mean_mm, h->max_mm, h->pockets, h->too_small, h->held);
    if ((rc = shell_valid(s, "the hollow part is not valid, and not sent on; try a smaller --grid", err)) ||
        (rc = shell_drain(s, say, err)))
        return rc;
    shell_spots(s, say);
    if (s->good) return LM_OK;
    if (h->min_mm >= h->wall_mm - h->tol_mm)
        return shell_thin(s, "not sent on (--allow thin passes it): in places thinner than", err);
    return lm_err_set(
        err, LM_ENO, NULL,
        "the wall is %.6g mm at (%.6g, %.6g, %.6g), less than %.6g by more than %.2g: not sent on; try a smaller --grid", h->min_mm,
        h->min_at[0], h->min_at[1], h->min_at[2], h->wall_mm, h->tol_mm);
}

lm_status lm_shell_answer(const lm_shell *s, bool verbose, shell_say say, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    const lm_thicken_facts *f = &s->thicken;
    lm_status rc;
    if (o->check_mm > 0) return s->good ? LM_OK : shell_thin(s, "thinner than", err);
    if (o->hollow_mm > 0) return shell_hollow(s, verbose, say, err);
    if ((rc = shell_valid(s, "the part is not valid, and not sent on", err))) return rc;
    if (verbose && o->tube_mm > 0)
        shell_note(say, "wall %.6g mm (mean %.6g, most %.6g), %zu flat ends", s->hollow.min_mm, s->hollow.mean_mm, s->hollow.max_mm,
                   s->tube.ends);
    if (verbose && o->min_wall_mm > 0)
        shell_note(say, "%.6g mm3 added on %.6g mm2 in %d passes, largest move %.4g mm, %zu balls without room",
                   f->after_mm3 - f->before_mm3, f->touched_mm2, f->passes, f->max_move_mm, f->tight);
    shell_spots(s, say);
    if (s->good) return LM_OK;
    return shell_thin(s,
                      o->min_wall_mm > 0 ? "not sent on (--allow thin passes it): in places still thinner than"
                                         : "not sent on (--allow thin passes it): in places thinner than",
                      err);
}
