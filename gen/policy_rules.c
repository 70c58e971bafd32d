/* Rules and CIDRs: what one set of them lets through and another does not. */
#include "policy_private.h"
#include "types.h"

#include <string.h>

/*
 * One rule, cell by cell: its paths, of each its ports, of each its methods. A cell holds until
 * when the other rules permit it: POLICY_NEVER, a day, or DONE where nothing is to be said.
 *
 * Each cell is looked for in one rule at a time. A request whose path can be read in two ways must
 * pass one rule with both; two rules that permit a reading each count as permitting it here.
 */
enum { DONE = UINT32_MAX };

struct box {
    const struct rule *rule;
    const struct policy_index *less;
    bool websocket;
    size_t pairs; /* of paths that were compared */
    uint32_t *cells;
};

static size_t row(const struct box *box) {
    return box->rule->methods.n;
}

static size_t block(const struct box *box) {
    return box->rule->ports.n * row(box);
}

static size_t all(const struct box *box) {
    return box->rule->paths.n * block(box);
}

/* More cells, or pairs of paths to compare, than any honest rule has: it is told as a whole. */
enum { CELLS_MAX = 4000000, PAIRS_MAX = 20000000 };

static void take_path(struct box *box, const struct rule *other, size_t path) {
    const struct rule *rule = box->rule;
    uint32_t *cell = box->cells + path * block(box), day = policy_day(other->expires);
    for (size_t q = 0; q < rule->ports.n; q++) {
        bool port = policy_has_number(other->ports.v, other->ports.n, rule->ports.v[q]);
        for (size_t m = 0; m < rule->methods.n; m++, cell++)
            if (port && *cell < day &&
                policy_has_name(other->methods.v, other->methods.n, rule->methods.v[m].s))
                *cell = day;
    }
}

/* Whether other, whose host covers the rule's, could permit anything of it on some path. */
static bool meets(const struct rule *rule, const struct rule *other) {
    bool port = false, method = false;
    if (rule->scheme != other->scheme)
        return false;
    for (size_t i = 0; i < rule->ports.n && !port; i++)
        port = policy_has_number(other->ports.v, other->ports.n, rule->ports.v[i]);
    for (size_t i = 0; i < rule->methods.n && port && !method; i++)
        method = policy_has_name(other->methods.v, other->methods.n, rule->methods.v[i].s);
    return method;
}

struct taking {
    struct box *box;
    size_t path;
};

static void take(const struct policy_entry *entry, void *context) {
    const struct taking *taking = context;
    struct box *box = taking->box;
    box->pairs++;
    if (box->pairs <= PAIRS_MAX && meets(box->rule, entry->rule) &&
        (!box->websocket || entry->rule->websocket))
        take_path(box, entry->rule, taking->path);
}

static bool stands_in(const struct rule *rule, const struct policy_index *index) {
    size_t n;
    const struct rule *const *same = policy_same_rules(index, rule, &n);
    for (size_t i = 0; i < n; i++)
        if (policy_day(rule->expires) <= policy_day(same[i]->expires))
            return true;
    return false;
}

/* False: that were too many pairs. */
static bool fill(struct policy_run *run, struct box *box) {
    const struct rule *rule = box->rule;
    box->cells = arena_alloc(run->arena, all(box) * sizeof *box->cells);
    for (size_t p = 0; p < rule->paths.n; p++)
        policy_find_covering(box->less, rule->host, rule->paths.v[p].s, take,
                             &(struct taking){box, p});
    for (size_t i = 0; i < all(box); i++)
        if (box->cells[i] >= policy_day(rule->expires))
            box->cells[i] = DONE;
    return box->pairs <= PAIRS_MAX;
}

/* -- sentences -- */

static bool only_reads(const struct policy_part *part) {
    for (size_t i = 0; i < part->n_methods; i++)
        if (strcmp(part->methods[i].s, "GET") != 0 && strcmp(part->methods[i].s, "HEAD") != 0)
            return false;
    return true;
}

static void write_target(struct buf *b, const struct rule *rule, const struct policy_part *part) {
    int64_t usual = rule->scheme == SCHEME_HTTPS ? 443 : 80;
    bool one = part->n_ports == 1;
    if (rule->scheme == SCHEME_HTTP)
        buf_lit(b, "http://");
    buf_host(b, rule->host);
    if (one && part->ports[0] != usual) {
        buf_lit(b, ":");
        buf_uint(b, (uint64_t)part->ports[0]);
    }
    for (size_t i = 0; i < part->n_paths; i++) {
        policy_comma(b, i, part->n_paths);
        plain_word(b, part->paths[i]);
    }
    if (!one) {
        buf_lit(b, ", ports ");
        policy_numbers(b, part->ports, part->n_ports);
    }
}

static void write_part(struct buf *b, const struct box *box, const struct policy_part *part) {
    if (box->websocket)
        buf_lit(b, "WebSockets (");
    policy_names(b, part->methods, part->n_methods);
    if (box->websocket)
        buf_lit(b, ") to ");
    else if (only_reads(part))
        buf_lit(b, " from ");
    else
        buf_lit(b, " to ");
    write_target(b, box->rule, part);
}

static struct text host_text(struct policy_run *run, struct host_pattern host) {
    BUF_CLEANUP struct buf b = {0};
    buf_host(&b, host);
    return policy_keep(run, &b);
}

static void tell(struct policy_run *run, const struct box *box, const struct policy_part *part) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    const struct rule *rule = box->rule;
    bool longer = part->until != POLICY_NEVER;
    if (longer)
        buf_lit(&sentence, "may ");
    else
        policy_may(run, &sentence);
    if (box->websocket)
        buf_lit(&sentence, "open ");
    write_part(&sentence, box, part);
    write_part(&subject, box, part);
    if (!longer && !box->websocket && rule->websocket)
        buf_lit(&sentence, ", WebSockets too");
    if (!longer && !box->websocket)
        policy_rest_rules(run, part, box->less, &sentence);
    if (longer)
        policy_longer(run, &sentence, part->until, policy_day(rule->expires));
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->about = host_text(run, rule->host);
    policy_answer(change, rule->owner, rule->reason, rule->expires);
    if (longer)
        policy_dates(run, change, &subject, part->until, policy_day(rule->expires));
}

/* The cells of one path and one port: a sentence for each day in them, which ports and paths of the
 * same kind share. */
static void tell_row(struct policy_run *run, const struct box *box, struct policy_part *part,
                     uint32_t *cells) {
    size_t n = row(box);
    part->methods = arena_alloc(run->arena, n * sizeof *part->methods);
    for (size_t m = 0; m < n; m++) {
        if (cells[m] == DONE)
            continue;
        part->until = cells[m];
        part->n_methods = 0;
        for (size_t k = m; k < n; k++)
            if (cells[k] == part->until) {
                part->methods[part->n_methods++] = box->rule->methods.v[k];
                cells[k] = DONE;
            }
        tell(run, box, part);
    }
}

static bool rows_equal(const uint32_t *a, const uint32_t *b, size_t n) {
    return memcmp(a, b, n * sizeof *a) == 0;
}

static void clear(uint32_t *cells, size_t n) {
    for (size_t i = 0; i < n; i++)
        cells[i] = DONE;
}

/* Ports of one path whose cells are the same go together. */
static void tell_block(struct policy_run *run, const struct box *box, struct policy_part *part,
                       uint32_t *cells) {
    const struct rule *rule = box->rule;
    size_t n = row(box);
    part->ports = arena_alloc(run->arena, rule->ports.n * sizeof *part->ports);
    for (size_t q = 0; q < rule->ports.n; q++) {
        part->n_ports = 0;
        for (size_t k = q; k < rule->ports.n; k++)
            if (k == q || rows_equal(cells + q * n, cells + k * n, n)) {
                part->ports[part->n_ports++] = rule->ports.v[k];
                if (k != q)
                    clear(cells + k * n, n);
            }
        tell_row(run, box, part, cells + q * n);
    }
}

/* Paths whose cells are the same go together. */
static void tell_box(struct policy_run *run, struct box *box) {
    const struct rule *rule = box->rule;
    size_t n = block(box);
    struct policy_part part = {
        .rule = rule, .paths = arena_alloc(run->arena, rule->paths.n * sizeof *part.paths)};
    for (size_t p = 0; p < rule->paths.n; p++) {
        part.n_paths = 0;
        for (size_t k = p; k < rule->paths.n; k++)
            if (k == p || rows_equal(box->cells + p * n, box->cells + k * n, n)) {
                part.paths[part.n_paths++] = rule->paths.v[k];
                if (k != p)
                    clear(box->cells + k * n, n);
            }
        tell_block(run, box, &part, box->cells + p * n);
    }
}

/* What the sentences without WebSockets say already: a rule's own are added there. */
static void drop_told(struct box *sockets, const uint32_t *plain) {
    for (size_t i = 0; i < all(sockets); i++)
        if (plain[i] == sockets->cells[i])
            sockets->cells[i] = DONE;
}

static void tell_whole(struct policy_run *run, const struct box *box) {
    const struct rule *rule = box->rule;
    struct policy_part whole = {rule,          rule->methods.v, rule->paths.v,
                                rule->ports.v, rule->methods.n, rule->paths.n,
                                rule->ports.n, POLICY_NEVER};
    tell(run, box, &whole);
}

static void tell_rule(struct policy_run *run, const struct rule *rule,
                      const struct policy_index *less) {
    struct box box = {.rule = rule, .less = less}, sockets = box;
    sockets.websocket = true;
    if (stands_in(rule, less))
        return;
    if (rule->paths.n * rule->ports.n > CELLS_MAX / rule->methods.n || !fill(run, &box) ||
        (rule->websocket && !fill(run, &sockets))) {
        tell_whole(run, &box);
        return;
    }
    if (rule->websocket)
        drop_told(&sockets, box.cells);
    tell_box(run, &box);
    if (rule->websocket)
        tell_box(run, &sockets);
}

void policy_more_rules(struct policy_run *run, const struct spec *less, const struct spec *more) {
    const struct policy_index *index = policy_index_make(run->arena, &less->network);
    for (size_t i = 0; i < more->network.rules.n; i++)
        tell_rule(run, &more->network.rules.v[i], index);
}

/* -- who answers for a rule -- */

/* The rule of the older spec that this one was, but for who answers for it; NULL when one of them
 * has it all. */
static const struct rule *with_another_answer(const struct rule *rule,
                                              const struct policy_index *old) {
    size_t n;
    const struct rule *const *same = policy_same_rules(old, rule, &n);
    for (size_t i = 0; i < n; i++)
        if (policy_same_text(rule->owner, same[i]->owner) &&
            policy_same_text(rule->reason, same[i]->reason))
            return NULL;
    return n ? same[n - 1] : NULL;
}

void policy_other_rules(struct policy_run *run, const struct spec *old, const struct spec *new) {
    const struct policy_index *index = policy_index_make(run->arena, &old->network);
    for (size_t i = 0; i < new->network.rules.n; i++) {
        const struct rule *rule = &new->network.rules.v[i];
        const struct rule *was = with_another_answer(rule, index);
        if (!was)
            continue;
        BUF_CLEANUP struct buf what = {0};
        struct box box = {.rule = rule};
        struct policy_part whole = {rule,          rule->methods.v, rule->paths.v,
                                    rule->ports.v, rule->methods.n, rule->paths.n,
                                    rule->ports.n, POLICY_NEVER};
        write_part(&what, &box, &whole);
        policy_tell_answer(run, &what, policy_answer_text(run, was->owner, was->reason),
                           policy_answer_text(run, rule->owner, rule->reason))
            ->about = host_text(run, rule->host);
    }
}
