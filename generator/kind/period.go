package kind

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// periods are the lengths of periods.
var periods = [...]string{"week", "month", "quarter", "half", "year"}

// periodOf names the period of a length that a day lies in, so that the names of
// one length sort as the periods follow each other. Weeks are those of ISO 8601.
func periodOf(d time.Time, length string) (any, string) {
	switch length {
	case "week":
		y, w := d.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w), ""
	case "month":
		return fmt.Sprintf("%04d-%02d", d.Year(), d.Month()), ""
	case "quarter":
		return fmt.Sprintf("%04d-Q%d", d.Year(), (int(d.Month())+2)/3), ""
	case "half":
		return fmt.Sprintf("%04d-H%d", d.Year(), (int(d.Month())+5)/6), ""
	case "year":
		return fmt.Sprintf("%04d", d.Year()), ""
	}
	return nil, `a period is a "week", "month", "quarter", "half" or "year", not "` + length + `"`
}

// parsePeriod reads the name of a period: its first day, the first day behind
// it, and its length.
func parsePeriod(s string) (from, to time.Time, length string, ok bool) {
	year, rest, _ := strings.Cut(s, "-")
	y, isNumber := digits(year)
	if !isNumber || len(year) != 4 || y < 1 || y > 9998 {
		return from, to, "", false
	}
	first := func(month int) time.Time { return time.Date(y, time.Month(month), 1, 0, 0, 0, 0, time.UTC) }
	months := func(length string, n, most, each int) (time.Time, time.Time, string, bool) {
		return first((n-1)*each + 1), first(n*each + 1), length, n >= 1 && n <= most
	}
	if rest == "" {
		from, to, length, _ = months("year", 1, 1, 12)
		return from, to, length, len(s) == 4
	}
	n, isNumber := digits(rest[strings.IndexAny(rest[:1], "WQH")+1:])
	if !isNumber {
		return from, to, "", false
	}
	switch {
	case rest[0] == 'W' && len(rest) == 3:
		day := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC) // it lies in the first week
		from = day.AddDate(0, 0, -(int(day.Weekday())+6)%7+(n-1)*7)
		wy, w := from.ISOWeek()
		return from, from.AddDate(0, 0, 7), "week", wy == y && w == n
	case rest[0] == 'Q' && len(rest) == 2:
		return months("quarter", n, 4, 3)
	case rest[0] == 'H' && len(rest) == 2:
		return months("half", n, 2, 6)
	case len(rest) == 2 && rest[0] >= '0' && rest[0] <= '9':
		return months("month", n, 12, 1)
	}
	return from, to, "", false
}

// digits reads a number of digits alone.
func digits(s string) (n int, ok bool) {
	if strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// onPeriod makes a function of a period of one of its name; what names none is
// unknown.
func onPeriod(f func(from, to time.Time, length string) (any, string)) func([]any) (any, string) {
	return func(a []any) (any, string) {
		from, to, length, ok := parsePeriod(a[0].(string))
		if !ok {
			return nil, ""
		}
		return f(from, to, length)
	}
}

// stepPeriod makes the function that goes from a period to one later or earlier.
func stepPeriod(sign int) func([]any) (any, string) {
	return func(a []any) (any, string) {
		from, _, length, ok := parsePeriod(a[0].(string))
		n := 1
		if len(a) > 1 {
			x, _ := number(a[1])
			n = clamp(x)
		}
		if !ok || n < -2000 || n > 2000 {
			return nil, ""
		}
		n *= sign
		switch length {
		case "week":
			from = from.AddDate(0, 0, 7*n)
		case "month":
			from = from.AddDate(0, n, 0)
		case "quarter":
			from = from.AddDate(0, 3*n, 0)
		case "half":
			from = from.AddDate(0, 6*n, 0)
		default:
			from = from.AddDate(n, 0, 0)
		}
		if from.Year() < 1 || from.Year() > 9998 {
			return nil, ""
		}
		return periodOf(from, length)
	}
}
