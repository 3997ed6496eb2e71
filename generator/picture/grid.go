package picture

// grid draws rows by columns with a number in each cell, held against a quota.
//
// Fields of a row: label, url, values (for each column a number, nil, or a dict
// with value, of, url, tone and note), of (the row's quota), status, tone, note.
// Options: columns (their names), of (the quota of all), corner (what the rows
// are), total (true adds a column of sums).
func (c *canvas) grid(data any) error {
	rows, err := c.items(data)
	if err != nil {
		return err
	}
	cols := c.optList("columns")
	for _, r := range rows {
		for len(cols) < len(c.sub(r, "values")) {
			cols = append(cols, c.lang.number(float64(len(cols)+1)))
		}
	}
	if len(rows) == 0 || len(cols) == 0 {
		c.nothing = true
		return nil
	}
	sums := c.opt["total"] == true
	all, hasAll := c.optNum("of")
	c.s(`<div class="scroll pic-scroll" tabindex="0" role="region" aria-label="`).e(c.title).s(`"><table class="pic-table"><thead><tr>`)
	if corner := c.text(c.opt["corner"]); corner != "" {
		c.s(`<th scope="col">`).e(corner).s(`</th>`)
	} else {
		c.s(`<td></td>`)
	}
	for _, name := range cols {
		c.s(`<th scope="col"><bdi>`).e(name).s(`</bdi></th>`)
	}
	if sums {
		c.s(`<th scope="col">`).e(c.word("total")).s(`</th>`)
	}
	c.s(`</tr></thead><tbody>`)
	for _, r := range rows {
		c.s(`<tr><th scope="row">`).label(r, "pic-label")
		c.more(r)
		c.s(`</th>`)
		vs := c.sub(r, "values")
		of, hasOf := c.num(r, "of")
		if !hasOf {
			of, hasOf = all, hasAll
		}
		sum, any := 0.0, false
		for i := range cols {
			if i >= len(vs) {
				c.cell(nil, of, hasOf)
				continue
			}
			c.cell(vs[i], of, hasOf)
			if v, ok := c.num(vs[i], "value"); ok {
				sum, any = sum+v, true
			}
		}
		if sums {
			c.s(`<td class="pic-total">`)
			if any {
				c.e(c.amount(sum))
			} else {
				c.s(`–`)
			}
			c.s(`</td>`)
		}
		c.s(`</tr>`)
	}
	c.s(`</tbody></table></div>`)
	return nil
}

func (c *canvas) cell(it any, of float64, hasOf bool) {
	v, has := c.num(it, "value")
	if own, ok := c.num(it, "of"); ok {
		of, hasOf = own, true
	}
	if !has {
		c.s(`<td class="pic-nil">–</td>`)
		return
	}
	tone := c.tone(it)
	met := hasOf && v >= of
	c.s(`<td><span class="pic-cell">`)
	if u := c.str(it, "url"); safeURL(u) {
		c.s(`<a href="`).e(u).s(`">`).n(v).s(`</a>`)
	} else {
		c.s(`<b>`).n(v).s(`</b>`)
	}
	switch {
	case met:
		c.s(` <span class="pic-met"><span aria-hidden="true">✓</span><span class="sr">`).e(c.word("met")).s(`</span></span>`)
	case hasOf:
		c.s(` <span class="pic-short"><span class="sr">`).e(c.word("short")).s(` </span><span aria-hidden="true">−</span>`).e(c.lang.number(of - v)).s(`</span>`)
	}
	c.s(`</span>`)
	if hasOf {
		c.s(`<svg class="pic-bar" aria-hidden="true"`).toned(tone).s(`><rect class="pic-track" width="100%" height="100%"/>`)
		s := share(v, of)
		if met {
			s = 1
		}
		if s > 0 {
			c.s(`<rect class="pic-fill" width="`).f(100 * s).s(`%" height="100%"/>`)
		}
		c.s(`</svg>`)
	}
	c.smallNote(it)
	c.s(`</td>`)
}
