package render

// UseStandard makes a theme execute its layouts with html/template alone.
func (t *Theme) UseStandard() { t.exec.standard = true }

// GaveUp returns how many executions html/template had to do over.
func (t *Theme) GaveUp() int64 { return t.exec.gaveUp.Load() }

// Uncompiled returns why a layout is left to html/template, "" if it is not.
func (t *Theme) Uncompiled(p string) string {
	tmpl, err := t.template(p)
	if err != nil {
		return err.Error()
	}
	_, why := t.exec.compile(tmpl, entry(p))
	return why
}

// LayoutNames returns the layouts that are executed by themselves.
func (t *Theme) LayoutNames() []string {
	var out []string
	for p := range t.sources {
		if p != frame {
			out = append(out, p)
		}
	}
	return out
}
