// Package kind reads what a playbook's documents are: goals, plans, terms, and
// whatever a team invents. A kind is data, the file kinds/<id>/kind.yaml among
// the layouts; no kind has a line of Go.
//
// Load takes the layouts and gives a Set of Kinds. It never fails: what is wrong
// with a kind.yaml is a diagnostic with line and column, and only the part that
// is wrong is left out. A Kind then answers three questions, for any document
// and without knowing where it comes from:
//
//   - Validate: what in this front matter does the kind not allow?
//   - Derived.Eval: what follows from this document and those it is related to?
//   - Check.Eval and Calendar.Eval: what is to be said about it, and when is
//     something due?
//
// The answers depend on the arguments and on nothing else: no clock, no files,
// no other state. Everything a Kind holds is frozen once Load returns, and its
// methods may be called by any number of goroutines.
//
// The rest of this comment is for those who write a kind.yaml.
//
// # A kind.yaml
//
//	name: Goal
//	plural: Goals
//	icon: target
//	section: goals
//	description: What one level wants to reach by when.
//	schema:
//	  type: object
//	  required: [title, level]
//	  properties:
//	    level:    {enum: [company, region, team], description: Whose goal it is.}
//	    supports: {type: array, items: {x-ref: goal}}
//	    target:   {type: number, exclusiveMinimum: 0}
//	    actual:   {type: number}
//	    due:      {type: string, format: date}
//	    actions:
//	      type: array
//	      items:
//	        type: object
//	        required: [what]
//	        additionalProperties: false
//	        properties:
//	          what: {type: string}
//	          due:  {type: string, format: date}
//	          done: {type: boolean}
//	relations:
//	  supports: {inverse: supported_by, label: Supports, inverse_label: Supported by, acyclic: true}
//	derived:
//	  progress: 'target > 0 ? min(actual / target, 1.0) : mean(map(supported_by, .progress))'
//	  overdue: {value: 'due < today', label: Late, description: Its last day has passed.}
//	checks:
//	  - id: goal-unmapped
//	    when: 'level != "company" and len(supports) == 0'
//	    message: 'this {{level}} goal supports no goal above it'
//	    hint: name it under "supports"
//	    at: supports
//	  - id: goal-action-late
//	    for: actions
//	    when: 'not it.done and it.due < today'
//	    level: info
//	    message: 'action {{nth}} is {{days(it.due, today)}} days late'
//	    at: actions.*.due
//	facets: [level]
//	list: {sort: [level, -due], columns: [title, progress, due], group: level}
//	calendar:
//	  - due
//	  - {for: actions, date: due, title: '{{title}}: {{it.what}}'}
//	next: {ends: due, clear: [actual], drop: [{for: actions, when: it.done}]}
//	labels: {due: Last day}
//	review_every: 3 months
//
// The id of a kind is the name of its folder, in small letters, digits and
// hyphens. Anchors and aliases may be used; merge keys and doubled keys are
// refused. All keys but name are optional:
//
//	name          of one document
//	plural        of many; name with an s
//	icon, tint    an icon of the theme, a hue (0 to 360)
//	section       the folder under content in which documents are of this kind
//	description   what it is for, in a sentence
//	schema        what front matter may hold, see below
//	relations     names for both directions of references
//	derived       values worked out from others
//	outline       the sections (H2) that a document should have, in order: a list of titles,
//	              or of {title, also (other titles), id, guidance, optional}; see Outline
//	checks        conditions that deserve a diagnostic
//	facets        names by which a list can be narrowed
//	list          sort and columns are lists of names ("-due" sorts downwards), group is one
//	calendar      dates for the calendar
//	next          how a document is carried over into the period after its own, see below
//	dated         names of dates, beside date and verified_on, whose latest is the day on which a
//	              document last said something new
//	glossary      true: its documents are terms of the vocabulary; or a mapping that says in
//	              which fields they keep {aliases, definition, match, scope, successor} and which status is {retired}
//	search        false keeps its documents out of search
//	review_every  90, 12 weeks, 3 months, 1 year or never
//	labels        what readers see for a name
//
// # Schema
//
// A JSON Schema 2020-12 for the front matter, with the keywords everyone uses;
// a $ref leads to $defs of the same schema only, and propertyNames is not
// offered. Formats are checked: date, date-time, time, duration, email, uri,
// uri-reference, hostname. The description of a property is shown to writers.
//
// Some keys every document may have (title, owner, tags, status, draft, date,
// verified_on, ... see Set.Common). They need not be declared; a kind that does
// declares them anew. Keys that nobody declares are free unless the schema, or
// the mapping inside of it, says additionalProperties: false.
//
// "x-ref: goal" says that the text names a document of that kind, "x-ref: [plan,
// territory]" one of these, "x-ref: any" any document. It may stand at any
// depth.
//
// Writers are met half-way: where a list is wanted, a single value is taken as
// a list of one ("supports: grow-x"), and a key without a value counts as absent.
//
// # Relations
//
// A relation belongs to a reference, named by its path without the places in
// lists ("supports", "objectives.goal"). Its inverse is the name by which the
// documents referred to see those that refer to them; a name alone is short for
// {inverse: name}. Several kinds may use one inverse, which then gathers them
// all. It must be no other name of the kind referred to. "acyclic: true" makes it
// an error if following the reference leads back.
//
// # Expressions
//
// The language is that of github.com/expr-lang/expr:
//
//	1.5  "text"  'text'  true  false  nil  [1, 2]  {a: 1, b: 2}
//	+ - * / % **      == != < <= > >=      and or not (&& || !)
//	a ?? b            a if it is known, else b
//	c ? a : b         if c { a } else { b }      let x = a; b
//	a.b  a["b"]  list[0]  list[-1]  list[1:3]
//	x in list   x not in list   "key" in mapping
//	contains  startsWith  endsWith  matches "pattern"
//
// Names are: the fields of the schema and the common keys; where the schema says
// x-ref, at any depth, the document itself; the inverses of relations (lists of
// documents); the derived values; and of every document
//
//	id title kind url words tasks_done tasks_total
//	sections      a list of {id, title, level, words, tasks_done, tasks_total}
//	outline       for each section that the kind's outline names {id, title, guidance, optional,
//	              present, words, tasks_done, tasks_total, complete}; see Outline
//	today         the day, as text: "2026-03-31"
//	self          the document itself, for self["a-name-with-hyphens"]
//	it, nth       in checks and calendars with "for": the element, and its place from 1
//
// Any name of a related document can be asked for in the same way, derived
// values included: any(supports, .at_risk). They are worked out when they are
// asked for. A derived value may rest on the same value of other documents; if
// that leads back to where it began, it is an error that names the way.
//
// What is written is checked when the kind is loaded, as far as schemas tell:
// names, the types of operands and arguments, and that a text compared with a
// choice is one of the choices.
//
// # What is unknown
//
// A value that is absent is nil, "unknown". Three rules say what becomes of it:
//
//  1. Unknown in, unknown out: arithmetic, order (< <= > >=), contains,
//     startsWith, endsWith, matches and functions of numbers, texts and dates
//     give nil if an operand is nil. The members of nil are nil. Division by
//     zero, and dates that are none, are nil.
//  2. Where yes or no is asked, unknown is no: in and, or, not, ?:, when, and the
//     conditions of any, all, none, one, filter, find, count. So "not (a < b)" is
//     true if a is unknown.
//  3. An absent list is empty; sum, mean, median, min and max skip what is
//     unknown inside of a list, but not as an argument: min(actual / target, 1) is
//     unknown if actual is. sum of nothing is 0, the others of nothing are nil.
//
// Equality is never unknown: nil equals nil only, a document equals itself and
// its id, 2 equals 2.0, and values of different types differ.
//
// Whole numbers stay whole under + - * %; "/" gives a number with decimals. The
// value of a derived name has one form for all documents: where it can be a number
// with decimals it always is one.
//
// # Functions
//
// With a condition or a value for each element, in which ".x" is a member of the
// element, "#" the element and "#index" its place from 0:
//
//	any(list, c)  all(list, c)  none(list, c)  one(list, c)
//	filter(list, c)  find(list, c)  count(list, c)  count(list)
//	map(list, v)  sum(list, v)  sum(list)  sortBy(list, v)  sortBy(list, v, "desc")
//	groupBy(list, v)              a list of {key, items}, by key, what has none last
//
// Of lists and mappings:
//
//	len(x)                        also of a text
//	first(l) last(l) take(l, n) reverse(l) sort(l) sort(l, "desc")
//	unique(l) concat(l, m) flatten(l) join(l) join(l, ", ") keys(m) values(m)
//	min(l) max(l) mean(l) median(l)   or of several arguments: min(a, b)
//	coalesce(a, b, c)             the first that is known
//	evenness(l)                   how evenly the values of l are spread over those that occur: 1
//	                              is as even as can be, 0 all the same (Pielou's index)
//
// Of the site:
//
//	documents("goal")             all documents of a kind, by id
//
// Of numbers, texts and dates:
//
//	abs(x) round(x) round(x, 2) floor(x) ceil(x) int(x) number("1.5") percent(0.25)
//	lower(s) upper(s) trim(s) replace(s, "a", "b") split(s, ",") text(x)
//	days(a, b)                    from a to b
//	add_days(d, n) add_months(d, n) year(d) month(d) quarter(d)
//
//	period(d, "quarter")          "2026-Q1"; also "week" (2026-W05, ISO 8601), "month", "half", "year"
//	period_start(p) period_end(p) its first and its last day
//	period_next(p) period_prev(p) the one after and before; period_prev(p, 2) two before
//
// month gives "2026-03", quarter "2026-Q1". add_months keeps to the month: one
// after January 31 is the last day of February.
//
// # Outline
//
//	outline:
//	  - {title: Situation, also: [Where we stand]}
//	  - {title: What we ask for, id: ask, guidance: One sentence. Who should do what by when?}
//	  - {title: Sources, optional: true}
//
// A section of the document is the one meant if its heading makes the same anchor
// as the title ("situation") or as one of those in also, or is given the id ("## Our
// request {#ask}"). In
// expressions "outline" tells of each part whether it is present, its words and
// tasks, and complete, a number from 0 to 1: the share of its tasks that are done;
// without tasks 1 if anything stands there, else 0. So
//
//	derived:
//	  completeness: 'mean(map(filter(outline, not .optional), .complete))'
//	checks:
//	  - id: brief-section-empty
//	    for: 'filter(outline, not .optional and .complete == 0)'
//	    when: 'status == "active"'
//	    message: 'the section "{{it.title}}" is still to be written'
//	    hint: '{{it.guidance}}'
//
// Layouts have it as .Outline, and the archetype should have these headings.
//
// # The next period
//
// "playbook new plan b --from a" writes b as a is, moved into the period after
// it. next says what that means:
//
//	period        the field that names the period: 2026, 2026-H2, 2026-Q4, 2026-11, 2026-W47
//	starts, ends  the fields with its first and its last day
//	follows       the reference to the document that was carried over
//	set           values to begin with; below the top only where there is a value already
//	clear         fields to take out, also of the elements of lists: actions.done_on
//	drop          a list of {for, when}: elements of lists that stay behind
//
// All dates that the schema knows move by the length of the period: that which
// its name tells, else from the first day to the last. See Kind.Carry.
//
// # Derived values, checks, calendar
//
// A derived value is an expression, or a mapping of value, label, description,
// about and example.
//
// A check gives a diagnostic with its id as the rule when "when" holds: level
// (warning; or info, error, off), message and hint (with {{expressions}}), at the
// front matter key it points at. With "for: list" it looks at each element as
// "it", and the star in at: list.*.key is the element's place. "for" may be an
// expression too.
//
// "about" says why there is such a rule or value, "example" shows one in words;
// "playbook kinds NAME" prints both.
//
// A check with "once: true" is not about a document but about the kind as a
// whole: it is looked at once, knows "all" (the documents of the kind), today and
// documents("..."), and stands at the document of the kind's section
// (visits/index.md), at the section's folder where that has none, and at the
// kind's first document where it has no section. It is how a quota or a cadence is
// checked that a document cannot check of itself:
//
//	checks:
//	  - id: visit-quota
//	    once: true
//	    for: 'filter(documents("role"), .department == "marketing")'
//	    when: 'count(all, .who == it and period(.on, "quarter") == period(today, "quarter")) < 6'
//	    message: '{{it.title}} has {{count(all, .who == it and period(.on, "quarter") == period(today, "quarter"))}} of 6 visits'
//
//	  - id: visit-cadence
//	    about: A territory that nobody has seen for half a year is a guess.
//	    once: true
//	    for: 'documents("territory")'
//	    when: 'let last = max(map(filter(all, .territory == it), .on)); last == nil or add_months(last, 6) < today'
//	    message: 'nobody has been to {{it.title}} since {{max(map(filter(all, .territory == it), .on)) ?? "the beginning"}}'
//
//	  - id: visit-lopsided
//	    once: true
//	    for: 'groupBy(all, period(.on, "quarter"))'
//	    when: 'len(it.items) >= 3 and evenness(map(it.items, .territory)) < 0.5'
//	    message: 'most visits of {{it.key}} were to one territory'
//
//	  - id: visit-alone
//	    for: '["sales", "marketing"]'
//	    when: 'none(present, .department == it)'
//	    message: 'nobody of {{it}} was there'
//
// (The last is a mix, and about a single document.) What counts for one document
// is best said there, through an inverse: visits: 'count(visited_on, ...)' on the
// territory reads its own visits, where filter(all, ...) goes through all of them.
//
// Whoever reads documents("goal") rests on all of them: for each of a thousand
// documents that is a million looks, where once is a thousand.
//
// A calendar entry is a field with a date, "list.*.field" for one in each element
// of a list, or a mapping of date, title (with {{expressions}}), for, done (an
// expression: nothing is left to do) and who (one that gives whose it is: a
// document or text).
//
// # Words
//
// What a kind's layouts say to readers they give to .T, as English text:
// {{.T "Next visit"}}. Other languages stand in words.yaml beside kind.yaml,
//
//	de: {Next visit: Nächster Besuch}
//	fr: {Next visit: Prochaine visite}
//
// or, for words of all layouts, in layouts/words/de.yaml ("Next visit: Nächster
// Besuch"). In its own layouts a kind's words count for more than those. What is
// missing is shown in English. See LoadWords.
package kind
