#include "engine/questions.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/control.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

enum { TELL_MILLISECONDS = 50 };

struct question {
    char *key;
    json_t *said; /* what does not change of it */
    int64_t id, first, last, count;
    struct question_wait *waits; /* the first to end first */
    size_t waiting;
    bool changed;
    struct question *next;
};

static struct {
    struct question *questions;
    size_t count, waiting;
    int64_t last_id, refused, refused_told;
    uint64_t peers[CONTROL_PEERS];
    unsigned round;
    uv_timer_t telling, looking;
} own;

/* -- who is told -- */

static bool is_attended(void) {
    for (size_t i = 0; i < CONTROL_PEERS; i++)
        if (control_has(own.peers[i]))
            return true;
    return false;
}

/* Takes said over. peer 0: all of them. */
static void say(uint64_t peer, json_t *said) {
    for (size_t i = 0; i < CONTROL_PEERS; i++)
        if (own.peers[i] && (!peer || own.peers[i] == peer) &&
            !control_say(own.peers[i], json_incref(said)))
            own.peers[i] = 0;
    json_decref(said);
}

static json_t *described(const struct question *question) {
    json_t *said = json_copy(question->said);
    json_object_set_new(said, "first", json_integer(question->first));
    json_object_set_new(said, "last", json_integer(question->last));
    json_object_set_new(said, "count", json_integer(question->count));
    json_object_set_new(said, "waiting", json_integer((json_int_t)question->waiting));
    if (question->waits)
        json_object_set_new(said, "wait_until", json_integer(question->waits->until));
    return json_pack("{s:o}", "question", said);
}

static void tell(uv_timer_t *timer) {
    (void)timer;
    for (struct question *one = own.questions; one; one = one->next) {
        if (one->changed)
            say(0, described(one));
        one->changed = false;
    }
    if (own.refused != own.refused_told)
        say(0, json_pack("{s:I}", "refused", (json_int_t)own.refused));
    own.refused_told = own.refused;
}

static void tell_soon(void) {
    if (!uv_is_active((uv_handle_t *)&own.telling))
        uv_timer_start(&own.telling, tell, TELL_MILLISECONDS, 0);
}

static void changed(struct question *question) {
    question->changed = true;
    tell_soon();
}

void questions_subscribe(uint64_t peer) {
    size_t place = 0;
    while (place < CONTROL_PEERS && own.peers[place] != peer && control_has(own.peers[place]))
        place++;
    if (place == CONTROL_PEERS) /* there are no more peers than that */
        die("more subscribers than peers");
    own.peers[place] = peer;
    for (struct question *one = own.questions; one; one = one->next)
        say(peer, described(one));
}

void questions_start(uv_loop_t *loop) {
    uv_timer_init(loop, &own.telling);
    uv_timer_init(loop, &own.looking);
}

/* -- questions -- */

static void drop(struct question **link) {
    struct question *question = *link;
    *link = question->next;
    own.count--;
    say(0, json_pack("{s:I}", "gone", (json_int_t)question->id));
    json_decref(question->said);
    free(question->key);
    free(question);
}

/* Of those that nobody waits for, the one that was asked least lately; or NULL. */
static struct question **oldest(void) {
    struct question **found = NULL;
    for (struct question **link = &own.questions; *link; link = &(*link)->next)
        if (!(*link)->waits && (!found || (*link)->last < (*found)->last))
            found = link;
    return found;
}

static char *key_of(const struct question_place *place) {
    struct buf key = {0};
    buf_printf(&key, "%s%s %s://%s:%d%s", place->websocket ? "a WebSocket at " : "", place->method,
               place->tls ? "https" : "http", place->host, place->port, place->path);
    return key.data;
}

static struct question *new_question(const struct question_place *place, char *key) {
    struct question *question = must_alloc(sizeof *question);
    *question = (struct question){
        .key = key, .id = ++own.last_id, .first = world_now(), .next = own.questions};
    question->said = json_pack(
        "{s:I, s:s, s:s, s:s, s:i, s:s, s:b, s:O}", "id", (json_int_t)question->id, "method",
        place->method, "scheme", place->tls ? "https" : "http", "host", place->host, "port",
        place->port, "path", place->path, "websocket", place->websocket, "missing", place->missing);
    own.count++;
    return own.questions = question;
}

/* NULL: there is no room for it. */
static struct question *question_of(const struct question_place *place) {
    char *key = key_of(place);
    for (struct question *one = own.questions; one; one = one->next)
        if (strcmp(one->key, key) == 0) {
            free(key);
            return one;
        }
    if (own.count == QUESTIONS_MOST) {
        struct question **free_one = oldest();
        if (!free_one) {
            free(key);
            return NULL;
        }
        drop(free_one);
    }
    return new_question(place, key);
}

/* -- those who wait -- */

static void add_wait(struct question *question, struct question_wait *wait) {
    struct question_wait **link = &question->waits;
    while (*link && (*link)->until <= wait->until)
        link = &(*link)->next;
    wait->question = question;
    wait->next = *link;
    wait->link = link;
    if (wait->next)
        wait->next->link = &wait->next;
    *link = wait;
    question->waiting++;
    own.waiting++;
}

const char *questions_ask(const struct question_place *place, struct question_wait *wait,
                          int64_t seconds) {
    if (!is_attended())
        return "nobody is there to be asked";
    struct question *question = own.waiting < QUESTIONS_WAITING ? question_of(place) : NULL;
    if (!question) {
        own.refused++;
        tell_soon();
        return "too many requests wait for an answer already";
    }
    question->last = world_now();
    question->count++;
    wait->until = question->last + seconds;
    wait->looked = own.round;
    add_wait(question, wait);
    changed(question);
    return NULL;
}

void questions_forget(struct question_wait *wait) {
    struct question *question = wait->question;
    if (!question)
        return;
    *wait->link = wait->next;
    if (wait->next)
        wait->next->link = wait->link;
    wait->question = NULL;
    question->waiting--;
    own.waiting--;
    changed(question);
}

static struct question_wait *not_looked(void) {
    for (struct question *one = own.questions; one; one = one->next)
        for (struct question_wait *wait = one->waits; wait; wait = wait->next)
            if (wait->looked != own.round)
                return wait;
    return NULL;
}

/* What one of them does may end others: each time it is begun anew. */
static void look(uv_timer_t *timer) {
    (void)timer;
    own.round++;
    for (struct question_wait *wait; (wait = not_looked());) {
        wait->looked = own.round;
        wait->look(wait->owner);
    }
}

void questions_look(void) {
    if (own.waiting)
        uv_timer_start(&own.looking, look, 0, 0);
}

static struct question_wait *first_over(int64_t now) {
    for (struct question *one = own.questions; one; one = one->next)
        if (one->waits && one->waits->until <= now)
            return one->waits;
    return NULL;
}

void questions_tick(void) {
    int64_t now = world_now();
    for (struct question_wait *wait; (wait = first_over(now));) {
        questions_forget(wait);
        wait->over(wait->owner);
    }
    for (struct question **link = &own.questions; *link;) {
        bool old = !(*link)->waits && now - (*link)->last >= QUESTIONS_KEPT;
        if (old)
            drop(link);
        else
            link = &(*link)->next;
    }
}
