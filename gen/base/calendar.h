/* Dates of the Gregorian calendar, in UTC. The only place that knows what day it is. */
#ifndef CALENDAR_H
#define CALENDAR_H

#include "base/values.h"

#include <time.h>

bool calendar_exists(int year, int month, int day);

/* SOURCE_DATE_EPOCH when it is set (reproducible-builds.org), else the clock. */
time_t calendar_now(void);
/* 1970-01-01 for what is before it, or too late for a year of 16 bits. */
struct date calendar_date(time_t seconds);

/* The earlier of two; one without a year is no date. */
struct date calendar_earlier(struct date a, struct date b);

/* Less than, equal to, greater than zero as a is before, the same as, after b. */
int calendar_compare(struct date a, struct date b);

#endif
