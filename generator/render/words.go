package render

import "strings"

// words are the interface texts by language; English is complete, others fall
// back to it.
var words = map[string]map[string]string{
	"en": {
		"skip": "Skip to content", "home": "Home", "sections": "Sections", "menu": "Menu", "contents": "On this page", "theme": "Switch between light and dark",
		"search": "Search", "previous": "Previous", "next": "Next", "edit": "Edit this page", "owner": "Owner", "status": "Status", "verified": "Last verified",
		"review": "Review every", "tags": "Tags", "related": "Related", "mentioned": "Mentioned in", "more": "more", "draft": "Draft", "breadcrumbs": "You are here",
		"copy": "Copy", "copied": "Copied", "filter": "Filter", "clear": "Clear", "all": "All", "none": "Nothing here yet", "notfound": "This page is not here",
		"notfound-text": "It may have moved, or the address may be mistyped.", "moved": "This page has moved", "facts": "Facts", "pages": "pages", "page": "page",
		"definition": "Definition", "aliases": "Also called", "updated": "Updated", "due": "Due", "progress": "Progress", "template": "Use this template", "print": "Print",
		"open-term": "Open this term", "used-in": "Used in", "linked-from": "Linked by hand from", "and": "and", "minutes": "minutes", "minute": "minute",
	},
	"de": {
		"skip": "Zum Inhalt", "home": "Start", "sections": "Bereiche", "menu": "Menü", "contents": "Auf dieser Seite", "theme": "Hell oder dunkel",
		"search": "Suchen", "previous": "Zurück", "next": "Weiter", "edit": "Seite bearbeiten", "owner": "Verantwortlich", "status": "Stand", "verified": "Zuletzt geprüft",
		"review": "Prüfen alle", "tags": "Schlagwörter", "related": "Verwandt", "mentioned": "Erwähnt in", "more": "weitere", "draft": "Entwurf", "breadcrumbs": "Sie sind hier",
		"copy": "Kopieren", "copied": "Kopiert", "filter": "Filtern", "clear": "Leeren", "all": "Alle", "none": "Hier ist noch nichts", "notfound": "Diese Seite gibt es nicht",
		"notfound-text": "Sie ist umgezogen, oder die Adresse hat einen Tippfehler.", "moved": "Diese Seite ist umgezogen", "facts": "Angaben", "pages": "Seiten", "page": "Seite",
		"definition": "Bedeutung", "aliases": "Auch genannt", "updated": "Geändert", "due": "Fällig", "progress": "Fortschritt", "template": "Vorlage verwenden", "print": "Drucken",
		"open-term": "Begriff öffnen", "used-in": "Verwendet in", "linked-from": "Von Hand verlinkt von", "and": "und", "minutes": "Minuten", "minute": "Minute",
		"Say instead": "Stattdessen sagen", "What each department says": "Was jede Abteilung sagt", "To be settled by": "Zu klären bis", "overdue": "überfällig",
		"Agreed values": "Vereinbarte Werte", "Not to be confused with": "Nicht zu verwechseln mit", "Still disputed": "Noch strittig", "No word matches": "Kein Wort passt",
		"No page uses this word yet": "Noch keine Seite verwendet dieses Wort",
	},
	"fr": {
		"skip": "Aller au contenu", "home": "Accueil", "sections": "Rubriques", "menu": "Menu", "contents": "Sur cette page", "theme": "Clair ou sombre",
		"search": "Rechercher", "previous": "Précédent", "next": "Suivant", "edit": "Modifier cette page", "owner": "Responsable", "status": "Statut", "verified": "Vérifié le",
		"review": "À revoir tous les", "tags": "Étiquettes", "related": "En rapport", "mentioned": "Cité dans", "more": "de plus", "draft": "Brouillon", "breadcrumbs": "Vous êtes ici",
		"copy": "Copier", "copied": "Copié", "filter": "Filtrer", "clear": "Effacer", "all": "Tout", "none": "Rien ici pour l’instant", "notfound": "Cette page n’existe pas",
		"notfound-text": "Elle a peut-être été déplacée, ou l’adresse est mal écrite.", "moved": "Cette page a été déplacée", "facts": "Fiche", "pages": "pages", "page": "page",
		"definition": "Définition", "aliases": "Aussi appelé", "updated": "Modifié", "due": "Échéance", "progress": "Avancement", "template": "Utiliser ce modèle", "print": "Imprimer",
		"open-term": "Ouvrir ce terme", "used-in": "Employé dans", "linked-from": "Lié à la main depuis", "and": "et", "minutes": "minutes", "minute": "minute",
		"Say instead": "Dire plutôt", "What each department says": "Ce que dit chaque service", "To be settled by": "À trancher avant le", "overdue": "en retard",
		"Agreed values": "Valeurs convenues", "Not to be confused with": "À ne pas confondre avec", "Still disputed": "Encore en débat", "No word matches": "Aucun mot ne correspond",
		"No page uses this word yet": "Aucune page n’emploie encore ce mot",
	},
}

// translate returns the text of key in a language, by its primary subtag; an
// unknown key is returned as it is, so that it can be seen and mended.
func translate(lang, key string) string {
	primary, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if s := words[primary][key]; s != "" {
		return s
	}
	if s := words["en"][key]; s != "" {
		return s
	}
	return key
}
