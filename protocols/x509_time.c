// Times in certificates: RFC 5280, 4.1.2.5. Before: protocols/der.c. After: protocols/x509_parse.c.
//
// A certificate says from when to when it is good, in one of two forms:
//
//   UTCTime           YYMMDDHHMMSSZ     "500101000000Z" is 1950: YY from 50 means 19YY, below 50 means 20YY (4.1.2.5.1)
//   GeneralizedTime   YYYYMMDDHHMMSSZ   for 2050 and later (4.1.2.5.2)
//
// ASN.1 allows more: no seconds, fractions of them, "+0100" in place of Z. DER and RFC 5280 allow none of
// that, and neither does this reader. One thing is left loose, as 4.1.2.5 demands of readers: a date before
// 2050 may come as a GeneralizedTime. Writers must not do so, and ours does not.
//
// Inside the program a time is one number, the seconds since 1970-01-01 00:00:00 UTC, as time(2) counts: then
// "before" is "<". Leap seconds do not exist in that count; a 60th second is refused.
//
//   years since 1 --> days (365 a year, and one for each leap year) --> + days of the months --> * 86400 + time of day
//
// Pitfalls
// - Two digits for the year ran out once; the sliding window of UTCTime runs out in 2050.
// - "20260230120000Z" has the right shape and is not a date: the days of the month are counted.
// - Both ends of the period belong to it (4.1.2.5): a certificate is good at notAfter, and expired a second
//   later.

#include "protocols/x509_parts.h"

#include <stdio.h>

enum { SECONDS_PER_DAY = 86400, YEAR_MAX = 9999, UTC_TIME_FIRST = 1950, UTC_TIME_END = 2050 };

static bool is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Days from 0001-01-01 to the first day of this year: one leap day for each fourth year, but of the
// hundredths only for each fourth.
static int64_t days_before_year(int64_t year) {
    int64_t past = year - 1;
    return 365 * past + past / 4 - past / 100 + past / 400;
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

bool x509_time_from_date(int64_t *seconds, const struct x509_date *date) {
    if (date->year < 1 || date->year > YEAR_MAX || date->month < 1 || date->month > 12 || date->day < 1 ||
        date->day > days_in_month(date->year, date->month) || date->hour < 0 || date->hour > 23 ||
        date->minute < 0 || date->minute > 59 || date->second < 0 || date->second > 59) {
        return false;
    }
    int64_t days = days_before_year(date->year) - days_before_year(1970) + date->day - 1;
    for (int month = 1; month < date->month; month++) {
        days += days_in_month(date->year, month);
    }
    *seconds = days * SECONDS_PER_DAY + date->hour * 3600 + date->minute * 60 + date->second;
    return true;
}

bool x509_time_to_date(struct x509_date *date, int64_t seconds) {
    int64_t first = -days_before_year(1970) * SECONDS_PER_DAY;
    int64_t end = (days_before_year(YEAR_MAX + 1) - days_before_year(1970)) * SECONDS_PER_DAY;
    if (seconds < first || seconds >= end) {
        return false;
    }
    int64_t days = (seconds - first) / SECONDS_PER_DAY; // since 0001-01-01
    int rest = (int)((seconds - first) % SECONDS_PER_DAY);
    // A year has at most 366 days, so this guess is not too late; it is too early by a few years at most.
    int year = (int)(days / 366) + 1;
    while (days_before_year(year + 1) <= days) {
        year++;
    }
    int day = (int)(days - days_before_year(year));
    int month = 1;
    while (day >= days_in_month(year, month)) {
        day -= days_in_month(year, month++);
    }
    *date = (struct x509_date){year, month, day + 1, rest / 3600, rest / 60 % 60, rest % 60};
    return true;
}

void x509_time_text(char out[static X509_TIME_TEXT_SIZE], int64_t seconds) {
    struct x509_date date;
    if (!x509_time_to_date(&date, seconds)) {
        (void)snprintf(out, X509_TIME_TEXT_SIZE, "outside years 1 to 9999");
        return;
    }
    (void)snprintf(out, X509_TIME_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d UTC", date.year, date.month,
                   date.day, date.hour, date.minute, date.second);
}

// Two decimal digits, or -1.
static int two_digits(const uint8_t *text) {
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return -1;
    }
    return 10 * (text[0] - '0') + text[1] - '0';
}

bool x509_read_time(struct der_reader *reader, int64_t *seconds) {
    struct der_reader before = *reader;
    bool utc_time = der_peek(reader) == DER_UTC_TIME;
    const uint8_t *text;
    size_t length;
    if (!der_element(reader, utc_time ? DER_UTC_TIME : DER_GENERALIZED_TIME, &text, &length)) {
        return false;
    }
    size_t year_digits = utc_time ? 2 : 4;
    size_t offset = (size_t)(text - reader->bytes);
    bool shaped = length == year_digits + 11 && text[length - 1] == 'Z';
    int parts[7] = {0}; // century, year, month, day, hour, minute, second
    for (size_t i = utc_time; shaped && i < 7; i++) {
        parts[i] = two_digits(text + 2 * (i - utc_time));
        shaped = parts[i] >= 0;
    }
    int year = 100 * parts[0] + parts[1];
    if (utc_time) {
        year = parts[1] + (parts[1] >= 50 ? 1900 : 2000);
    }
    struct x509_date date = {year, parts[2], parts[3], parts[4], parts[5], parts[6]};
    if (!shaped || !x509_time_from_date(seconds, &date)) {
        *reader = before;
        return der_fail(reader, offset, DER_TIME_VALUE);
    }
    return true;
}

void x509_put_time(struct der_writer *writer, int64_t seconds) {
    struct x509_date date;
    if (!x509_time_to_date(&date, seconds)) {
        writer->overflow = true;
        return;
    }
    char text[32];
    (void)snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", date.year, date.month, date.day, date.hour,
                   date.minute, date.second);
    // UTCTime through 2049, GeneralizedTime from 2050 on (4.1.2.5), and before 1950, where UTCTime does not
    // reach.
    bool utc_time = date.year >= UTC_TIME_FIRST && date.year < UTC_TIME_END;
    der_put_element(writer, utc_time ? DER_UTC_TIME : DER_GENERALIZED_TIME,
                    (const uint8_t *)text + (utc_time ? 2 : 0), utc_time ? 13 : 15);
}
