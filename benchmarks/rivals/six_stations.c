/* The network of six_stations.yaml, simulated by a program written for it alone.

   The job is that of onestop's engines: instants are whole microseconds, work stops when the office
   closes and goes on when it opens, queues are first come, first served, the free officer with the
   smallest number begins, and of each visit it is kept which dossier, where, with whom, and when it
   joined, started and ended. Arrivals, ways and work are drawn before the clock runs, as a docket is.

   Usage: six_stations SEED
   It prints the visits that were started, the seconds that the simulation took, and the mean wait
   at each station in seconds of open time. */

#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COUNTER, BACK, TWO, THREE, APPROVAL, GIVEBACK, STATIONS };
enum { DAYS = 365, FIRST_WEEKDAY = 4, INTERVALS = 2 * 261 };  /* 1 January 2021 is a Friday */
enum { DOSSIERS = 200000, ROUNDS = 6, LONGEST = ROUNDS + 5, ALL_OFFICERS = 37 };

static const int OFFICERS[STATIONS] = {8, 12, 6, 4, 3, 4};
static const double MEAN_WORK[STATIONS] = {239.6, 462.1, 641.7, 1711.2, 128.3, 171.1};

typedef int64_t instant;  /* microseconds since 1 January 2021, 00:00 */
static const int64_t MINUTE = 60000000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
static const instant END = DAYS * DAY, NEVER = INT64_MAX;

/* The calendar */

typedef struct { instant opens, closes; int64_t before; } interval;  /* before: open time until it */

static interval calendar[INTERVALS + 1];

static void lay_out_calendar(void) {
    static const int64_t hours[2][2] = {{450, 690}, {810, 1020}};  /* in minutes of the day */
    int count = 0;
    int64_t before = 0;
    for (int day = 0; day < DAYS; day++) {
        for (int half = 0; half < 2 && (FIRST_WEEKDAY + day) % 7 < 5; half++) {
            instant opens = day * DAY + hours[half][0] * MINUTE;
            instant closes = day * DAY + hours[half][1] * MINUTE;
            calendar[count++] = (interval){opens, closes, before};
            before += closes - opens;
        }
    }
    calendar[count] = (interval){NEVER, NEVER, before};
}

/* The instant after some open time from one that lies in interval `at` or at its end. */
static inline instant advance(instant from, int64_t open_time, int at) {
    while (open_time > calendar[at].closes - from) {
        open_time -= calendar[at].closes - from;
        if (++at == INTERVALS) return NEVER;
        from = calendar[at].opens;
    }
    return from + open_time;
}

static int64_t open_time_until(instant now) {
    int low = 0, high = INTERVALS;
    while (low < high) {
        int middle = (low + high) / 2;
        if (calendar[middle].closes < now) low = middle + 1; else high = middle;
    }
    int64_t within = now - calendar[low].opens;
    return calendar[low].before + (within > 0 ? within : 0);
}

/* What is drawn: dossiers by arrival, and of each the visits on its way, one after another */

typedef struct { instant arrives; int32_t first; } dossier;
typedef struct { int64_t work; int32_t dossier, station; } step;
typedef struct { dossier *dossiers; step *steps; int32_t size, visits; } docket;

static uint64_t state;

static double uniform(void) {  /* splitmix64, between 0 and 1 */
    uint64_t bits = state += 0x9e3779b97f4a7c15;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return ((double)((bits ^ bits >> 31) >> 11) + 0.5) * 0x1p-53;
}

static int64_t exponential(double mean_seconds) {
    return llrint(-mean_seconds * log(uniform()) * 1e6);
}

static int draw_way(int way[LONGEST]) {
    int length = 0;
    way[length++] = COUNTER;
    if (uniform() < 0.3) return length;
    do way[length++] = BACK; while (length <= ROUNDS && uniform() < 0.1);
    if (uniform() < 0.4) {
        way[length++] = TWO;
        if (uniform() < 0.25) way[length++] = THREE;
    }
    way[length++] = APPROVAL;
    way[length++] = GIVEBACK;
    return length;
}

static docket draw(uint64_t seed) {
    docket drawn = {
        malloc((2 * DOSSIERS + 1) * sizeof(dossier)),
        malloc((size_t)2 * DOSSIERS * LONGEST * sizeof(step)), 0, 0
    };
    state = seed * 0xd1342543de82ef95;
    const double gap = (double)calendar[INTERVALS].before / 1e6 / DOSSIERS;
    instant now = calendar[0].opens;
    for (int at = 0; drawn.size < 2 * DOSSIERS; drawn.size++) {
        now = advance(now, exponential(gap), at);
        if (now == NEVER) break;
        while (calendar[at].closes < now) at++;
        drawn.dossiers[drawn.size] = (dossier){now, drawn.visits};
        int way[LONGEST], length = draw_way(way);
        for (int place = 0; place < length; place++)
            drawn.steps[drawn.visits++] =
                (step){exponential(MEAN_WORK[way[place]]), drawn.size, way[place]};
    }
    drawn.steps[drawn.visits].dossier = -1;
    return drawn;
}

/* What happens: a record of each visit; 0 is the instant of what has not happened */

typedef struct { instant joined, started, ended; int32_t dossier; int16_t station, officer; } visit;

typedef struct { uint32_t idle; int32_t oldest, youngest; } station;  /* idle: a bit per officer */
typedef struct { instant at; int32_t step; } event;

typedef struct {
    const docket *drawn;
    visit *trace;
    int32_t *behind;  /* of each step in a queue, the next one */
    station stations[STATIONS];
    event ends[ALL_OFFICERS + 1];  /* a heap, from 1 on */
    int pending;
    int at;  /* the interval that opened last, -1 before the first */
} run;

static void push(run *r, event added) {
    int at = ++r->pending;
    for (; at > 1 && r->ends[at / 2].at > added.at; at /= 2) r->ends[at] = r->ends[at / 2];
    r->ends[at] = added;
}

static int32_t pop(run *r) {
    int32_t top = r->ends[1].step;
    event last = r->ends[r->pending--];
    int at = 1;
    for (int below; (below = 2 * at) <= r->pending; at = below) {
        if (below < r->pending && r->ends[below + 1].at < r->ends[below].at) below++;
        if (r->ends[below].at >= last.at) break;
        r->ends[at] = r->ends[below];
    }
    r->ends[at] = last;
    return top;
}

/* Let the idle officers of a station take what is queued, if the office is open. */
static void take(run *r, int number, instant now) {
    station *s = &r->stations[number];
    if (r->at < 0 || now >= calendar[r->at].closes) return;
    while (s->idle && s->oldest >= 0) {
        int32_t taken = s->oldest;
        s->oldest = r->behind[taken];
        r->trace[taken].started = now;
        r->trace[taken].officer = (int16_t)__builtin_ctz(s->idle);
        s->idle &= s->idle - 1;
        instant ends = advance(now, r->drawn->steps[taken].work, r->at);
        if (ends < END) push(r, (event){ends, taken});
    }
}

static void join(run *r, int32_t joining, instant now) {
    const step *own = &r->drawn->steps[joining];
    station *s = &r->stations[own->station];
    r->trace[joining] = (visit){now, 0, 0, own->dossier, (int16_t)own->station, -1};
    r->behind[joining] = -1;
    if (s->oldest < 0) s->oldest = joining; else r->behind[s->youngest] = joining;
    s->youngest = joining;
    take(r, own->station, now);
}

static void end(run *r, int32_t ended, instant now) {
    const step *own = &r->drawn->steps[ended];
    r->trace[ended].ended = now;
    r->stations[own->station].idle |= 1u << r->trace[ended].officer;
    take(r, own->station, now);
    if (own[1].dossier == own->dossier) join(r, ended + 1, now);
}

static visit *simulate(const docket *drawn) {
    run r = {
        .drawn = drawn, .trace = calloc((size_t)drawn->visits, sizeof(visit)),
        .behind = malloc((size_t)drawn->visits * sizeof(int32_t)), .at = -1
    };
    for (int number = 0; number < STATIONS; number++)
        r.stations[number] = (station){(1u << OFFICERS[number]) - 1, -1, -1};
    for (int32_t arriving = 0;;) {
        instant arrives = arriving < drawn->size ? drawn->dossiers[arriving].arrives : NEVER;
        instant ends = r.pending ? r.ends[1].at : NEVER;
        instant opens = calendar[r.at + 1].opens;
        if (opens <= arrives && opens <= ends) {
            if (opens == NEVER) break;
            r.at++;
            for (int number = 0; number < STATIONS; number++) take(&r, number, opens);
        } else if (ends <= arrives) {
            end(&r, pop(&r), ends);
        } else {
            join(&r, drawn->dossiers[arriving++].first, arrives);
        }
    }
    free(r.behind);
    return r.trace;
}

int main(int count, char **words) {
    lay_out_calendar();
    docket drawn = draw(count > 1 ? strtoull(words[1], NULL, 10) : 1);
    struct timespec begun, done;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    visit *trace = simulate(&drawn);
    clock_gettime(CLOCK_MONOTONIC, &done);
    int64_t visits[STATIONS] = {0}, waited[STATIONS] = {0}, all = 0;
    for (int32_t number = 0; number < drawn.visits; number++) {
        const visit *seen = &trace[number];
        if (!seen->started) continue;
        all++;
        visits[seen->station]++;
        waited[seen->station] += open_time_until(seen->started) - open_time_until(seen->joined);
    }
    printf("%lld %.9f", (long long)all,
           (double)(done.tv_sec - begun.tv_sec) + (double)(done.tv_nsec - begun.tv_nsec) / 1e9);
    for (int number = 0; number < STATIONS; number++)
        printf(" %.3f", (double)waited[number] / (double)visits[number] / 1e6);
    putchar('\n');
    free(trace);
    free(drawn.steps);
    free(drawn.dossiers);
    return 0;
}
