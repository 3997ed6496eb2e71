package document

import "strings"

// phrases are the few words the compiler itself writes into a page, and the
// quotation marks of a language: opening and closing, outer and inner.
type phrases struct {
	heading, table, footnotes, back, task string
	quotes                                [4]string
	callouts                              map[string]string
}

// phrasesFor returns the phrases of a BCP 47 language. Words fall back to
// English, quotes follow their own list because they are known for more.
func phrasesFor(lang string) phrases {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	p := phrases{
		heading: "Link to this section", table: "Table", footnotes: "Footnotes", back: "Back to the text", task: "Task",
		callouts: map[string]string{
			"note": "Note", "abstract": "Summary", "info": "Info", "todo": "To do", "tip": "Tip", "important": "Important",
			"success": "Success", "question": "Question", "warning": "Warning", "caution": "Caution", "failure": "Failure",
			"danger": "Danger", "bug": "Bug", "example": "Example", "quote": "Quote", "details": "Details",
		},
	}
	switch base {
	case "de":
		p.heading, p.table, p.footnotes, p.back, p.task = "Link zu diesem Abschnitt", "Tabelle", "Fußnoten", "Zurück zum Text", "Aufgabe"
		p.callouts = map[string]string{
			"note": "Hinweis", "abstract": "Zusammenfassung", "info": "Info", "todo": "Zu tun", "tip": "Tipp", "important": "Wichtig",
			"success": "Erfolg", "question": "Frage", "warning": "Warnung", "caution": "Vorsicht", "failure": "Fehlschlag",
			"danger": "Gefahr", "bug": "Fehler", "example": "Beispiel", "quote": "Zitat", "details": "Einzelheiten",
		}
	case "fr":
		p.heading, p.table, p.footnotes, p.back, p.task = "Lien vers cette section", "Tableau", "Notes", "Retour au texte", "Tâche"
		p.callouts = map[string]string{
			"note": "Note", "abstract": "Résumé", "info": "Info", "todo": "À faire", "tip": "Conseil", "important": "Important",
			"success": "Réussite", "question": "Question", "warning": "Avertissement", "caution": "Attention", "failure": "Échec",
			"danger": "Danger", "bug": "Bogue", "example": "Exemple", "quote": "Citation", "details": "Détails",
		}
	case "es":
		p.heading, p.table, p.footnotes, p.back, p.task = "Enlace a esta sección", "Tabla", "Notas", "Volver al texto", "Tarea"
		p.callouts = map[string]string{
			"note": "Nota", "abstract": "Resumen", "info": "Información", "todo": "Por hacer", "tip": "Consejo", "important": "Importante",
			"success": "Éxito", "question": "Pregunta", "warning": "Advertencia", "caution": "Precaución", "failure": "Fallo",
			"danger": "Peligro", "bug": "Error", "example": "Ejemplo", "quote": "Cita", "details": "Detalles",
		}
	}
	switch base {
	case "de", "cs", "sk", "bg", "lt", "sl", "hr":
		p.quotes = [4]string{"„", "“", "‚", "‘"}
	case "pl", "ro", "hu":
		p.quotes = [4]string{"„", "”", "‚", "’"}
	case "fr":
		p.quotes = [4]string{"«\u202f", "\u202f»", "“", "”"}
	case "es", "it", "pt", "ca", "el":
		p.quotes = [4]string{"«", "»", "“", "”"}
	case "ru", "uk", "be":
		p.quotes = [4]string{"«", "»", "„", "“"}
	case "no", "nb", "nn":
		p.quotes = [4]string{"«", "»", "‘", "’"}
	case "da":
		p.quotes = [4]string{"»", "«", "›", "‹"}
	case "sv", "fi":
		p.quotes = [4]string{"”", "”", "’", "’"}
	default:
		p.quotes = [4]string{"“", "”", "‘", "’"}
	}
	return p
}
